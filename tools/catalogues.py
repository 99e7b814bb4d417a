"""Bring the pages' catalogues of words up to date (needs GNU gettext): collect what is to be said, then compile.

python tools/catalogues.py            collect new strings into the .po files
python tools/catalogues.py --compile  compile the .po files into .mo files
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

SERVER = Path(__file__).parents[1] / "src/dataferry/server"
LOCALES = ("zh_Hant", "zh_Hans")
# A date would change the file at every run, a tool's version on every machine.
NOISE = re.compile(
    r'^"(?:POT-Creation-Date|PO-Revision-Date|X-Generator|Last-Translator|Language-Team).*\n', re.MULTILINE
)


def collect() -> None:
    from django.core.management import call_command

    options = {"no_location": True, "no_obsolete": True, "no_wrap": True, "verbosity": 0}
    call_command("makemessages", locale=list(LOCALES), extensions=["py", "html"], **options)
    for locale in LOCALES:
        file = SERVER / "portal/locale" / locale / "LC_MESSAGES/django.po"
        file.write_text(NOISE.sub("", file.read_text(encoding="utf-8")), encoding="utf-8")


def compile_all() -> None:
    from django.core.management import call_command

    call_command("compilemessages", locale=list(LOCALES), verbosity=0)


if __name__ == "__main__":
    os.chdir(SERVER)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dataferry.server.portal.settings")
    import django

    django.setup()
    if "--compile" not in sys.argv:
        collect()
    compile_all()
