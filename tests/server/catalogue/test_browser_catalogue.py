"""Promise: in a real browser a file in Big5 comes in through the form, is seen on its map, and is asked by keyboard."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dataferry.server.catalogue.models import Snapshot
from server.barriers import opened, violations
from server.persons import make_person
from server.test_browser import DRIVER_ADVICE

pytestmark = [
    pytest.mark.browser,
    pytest.mark.real,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def signed_in(page: Page, transactional_db: None, store: Path, live_server: Any, client: Any) -> Iterator[Page]:
    """The page of a data holder, which must not complain: no error, no refusal by the policy, no outside request."""
    person = make_person("holder@example.org", "data-holder", city="hong-kong")
    client.force_login(person)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": str(live_server.url)}
    page.context.add_cookies([cookie])
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request", lambda r: complaints.append(r.url) if "//localhost" not in r.url and r.url[:4] == "http" else None
    )
    yield page
    assert [text for text in complaints if DRIVER_ADVICE not in text] == []


def barriers(page: Page) -> list[Any]:
    opened(page)
    return violations(page)


RUNS_OFF = """() => document.documentElement.scrollWidth <= 360 ? [] : [...document.querySelectorAll("main *")]
  .filter((each) => each.getBoundingClientRect().right > 360 && !each.closest(".scroller, svg, .sr-only"))
  .map((each) => each.outerHTML.slice(0, 150))"""


def sideways(page: Page) -> list[str]:
    """What runs off a small screen."""
    page.set_viewport_size({"width": 360, "height": 740})
    found: list[str] = page.evaluate(RUNS_OFF)
    page.set_viewport_size({"width": 1280, "height": 800})
    return found


def test_a_big5_file_is_handed_in_seen_and_asked(
    signed_in: Page, live_server: Any, real: Path, work: Callable[[], list[str]], tmp_path: Path
) -> None:
    page = signed_in
    page.goto(f"{live_server.url}/en/datasets/new/")
    assert barriers(page) == []
    assert sideways(page) == []
    page.get_by_label("File", exact=True).set_input_files(str(big5_file(real, tmp_path)))
    page.get_by_label("Title (English)").fill("Places of Hong Kong")
    page.get_by_label("City").select_option("hong-kong")
    page.get_by_label("Datum of its coordinates").fill("EPSG:2326")
    page.get_by_role("button", name="Hand it in").click()
    expect(page.locator("[data-state=queued]")).to_be_visible(timeout=20_000)
    assert barriers(page) == []
    # Whoever uploads may leave the page and come back; the test's database is one that two threads cannot share.
    waiting = page.url
    page.goto("about:blank")
    assert work() == ["done"]
    page.goto(waiting)
    expect(page.locator("#preview")).to_be_visible(timeout=20_000)
    snapshot = Snapshot.objects.get()
    assert snapshot.read_report["encoding"]["value"].startswith("big5")
    assert snapshot.short in page.url
    expect(page.locator(".static-map .place").first).to_be_visible()
    assert barriers(page) == []
    assert sideways(page) == []
    ask_by_keyboard(page, snapshot)
    move_the_map(page)


def ask_by_keyboard(page: Page, snapshot: Snapshot) -> None:
    sorter = page.locator("#sort-1")
    sorter.focus()
    page.keyboard.press("Enter")
    expect(page.locator("th[aria-sort=ascending]")).to_be_visible()
    assert page.evaluate("document.activeElement.id") == "sort-1"
    expect(page.locator("#rows-told")).to_contain_text("rows.")
    before = page.locator(".preview-table tbody th").first.inner_text()
    page.keyboard.press("Enter")
    expect(page.locator("th[aria-sort=descending]")).to_be_visible()
    assert page.locator(".preview-table tbody th").first.inner_text() != before
    name = snapshot.columns.filter(type="string").first().name
    page.locator("#filter-column").select_option(name)
    page.locator("#filter-value").focus()
    page.keyboard.type("no such value anywhere")
    page.keyboard.press("Enter")
    expect(page.locator("#preview .empty")).to_contain_text("No row meets these conditions.")
    assert "c=" in page.url
    assert page.evaluate("document.activeElement.id") == "filter-value"
    page.go_back()
    expect(page.locator("th[aria-sort=descending]")).to_be_visible()


def move_the_map(page: Page) -> None:
    canvas = page.locator("[data-still-map] .canvas").first
    canvas.focus()
    page.keyboard.press("+")
    expect(canvas).to_have_attribute("data-scale", "1.5")
    box = canvas.locator("svg").get_attribute("viewBox")
    page.keyboard.press("ArrowRight")
    assert canvas.locator("svg").get_attribute("viewBox") != box


def big5_file(real: Path, folder: Path) -> Path:
    """The districts of Hong Kong as they were once handed out: attributes in Big5 with the Hong Kong supplement.

    The two parts came under different names; as one ZIP they are read as one table.
    """
    target = folder / "districts.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for source, name in (("dc.shp", "dc.shp"), ("dc.shx", "dc.shx"), ("dc_land.dbf", "dc.dbf")):
            packed.write(real / "hk-geohk-2001" / source, name)
    return target
