"""The pages speak three languages: every string is collected, translated, not fuzzy, and compiled."""

import gettext
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dataferry.server.portal import settings as portal_settings

SERVER = Path(portal_settings.__file__).parents[1]
LOCALES = ("zh_Hant", "zh_Hans")
PLACEHOLDER = re.compile(r"%\(\w+\)\w|%%")
ENTRY = re.compile(
    r'^msgid "(?P<id>.*)"\n(?:msgid_plural "(?P<plural>.*)"\n)?msgstr(?:\[0\])? "(?P<said>.*)"$', re.MULTILINE
)


def catalogue(locale: str) -> str:
    return (SERVER / "portal/locale" / locale / "LC_MESSAGES/django.po").read_text(encoding="utf-8")


@pytest.mark.parametrize("locale", LOCALES)
def test_everything_is_translated(locale: str) -> None:
    text = catalogue(locale)
    assert "#, fuzzy" not in text
    assert "#~" not in text
    entries = [match for match in ENTRY.finditer(text) if match["id"]]
    assert len(entries) == text.count("\nmsgid ") - 1
    for entry in entries:
        assert entry["said"], entry["id"]
        wanted = set(PLACEHOLDER.findall(entry["plural"] or entry["id"]))
        assert set(PLACEHOLDER.findall(entry["said"])) >= wanted - {"%(count)s"}, entry["id"]


@pytest.mark.parametrize("locale", LOCALES)
def test_the_compiled_catalogue_is_of_this_text(locale: str) -> None:
    file = SERVER / "portal/locale" / locale / "LC_MESSAGES/django.mo"
    with file.open("rb") as opened:
        compiled = gettext.GNUTranslations(opened)
    for entry in ENTRY.finditer(catalogue(locale)):
        if entry["id"]:
            original = entry["id"].replace('\\"', '"')
            said = compiled.ngettext(original, original, 1) if entry["plural"] else compiled.gettext(original)
            assert said == entry["said"].replace('\\"', '"')


def test_the_two_scripts_are_not_mixed() -> None:
    assert not set("这国为个数据产时实现让从") & set(catalogue("zh_Hant"))
    assert not set("這國為個數據產時實現讓從") & set(catalogue("zh_Hans"))


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="GNU gettext is not installed")
def test_every_string_of_the_pages_is_in_the_catalogue(tmp_path: Path) -> None:
    copy = tmp_path / "server"
    shutil.copytree(SERVER, copy, ignore=shutil.ignore_patterns("static", "__pycache__"))
    # The catalogue's place is a setting: point it at the copy, or the collection would land in the source.
    settings = f"from dataferry.server.portal.settings import *\nLOCALE_PATHS = [{str(copy / 'portal/locale')!r}]\n"
    (tmp_path / "collecting.py").write_text(settings, encoding="utf-8")
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "collecting", "PYTHONPATH": str(tmp_path)}
    options = ["-l", LOCALES[0], "-e", "py,html", "--no-location", "--no-wrap"]
    program = [sys.executable, "-m", "django", "makemessages", *options]
    subprocess.run(program, cwd=copy, env=environment, check=True, capture_output=True)
    collected = (copy / "portal/locale" / LOCALES[0] / "LC_MESSAGES/django.po").read_text(encoding="utf-8")
    ids = {match["id"] for match in ENTRY.finditer(collected)}
    assert ids - {match["id"] for match in ENTRY.finditer(catalogue(LOCALES[0]))} == set()
    assert "#~" not in collected, "the catalogue holds strings that no page says any more"
