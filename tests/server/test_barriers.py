"""Promise: what the tests ask axe would be told, if there were something to tell."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from server.barriers import RULES, opened, violations

pytestmark = pytest.mark.browser
PAGE = """<!doctype html><html lang="en"><title>Page</title><main><h1>Page</h1>
<details><summary>More</summary><p style="color: #ccc; background: #fff">Pale</p></details></main></html>"""


def test_a_barrier_is_found_also_in_what_must_be_opened_first(page: Page) -> None:
    page.set_content(PAGE)
    assert violations(page) == []
    opened(page)
    ((name, parts),) = violations(page)
    assert (name, parts) == ("color-contrast", ['<p style="color: #ccc; background: #fff">Pale</p>'])
    page.set_content(PAGE.replace("</h1>", "</h1><img src='data:,'>"))
    assert [name for name, _parts in violations(page, ())] == ["image-alt"]
    assert "image-alt" not in [name for name, _parts in violations(page, ["best-practice"])]
    assert "best-practice" in RULES
