"""Writes docs/reference/openapi.json from the API itself: `python tools/make_openapi.py`. A test compares."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs/reference/openapi.json"


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "dataferry.server.portal.settings"
    with tempfile.TemporaryDirectory() as home:
        os.environ["DATAFERRY_HOME"] = home
        import django

        django.setup()
        from dataferry.server.portal.api import api

        document = json.loads(json.dumps(api.get_openapi_schema(path_prefix="api/v1/"), default=str))
    # The version of the program is no part of the agreement.
    document["info"]["version"] = ""
    PAGE.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
