"""In a real browser: pages open without complaint, the map is drawn, all of it works by keyboard, small, and dark."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from dataferry.server.jobs import actions as job_actions
from dataferry.server.workshop import actions, queue
from dataferry.server.workshop.models import Release
from server.barriers import opened, violations
from server.releases import words

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LANGUAGES = {"en": "en", "zh-hant": "zh-Hant-HK", "zh-hans": "zh-Hans-CN"}
RELEASE = "products/two-city-chargers/"
PATHS = ("", "products/", RELEASE, "nowhere/")
# The driver's own advice on speed; nothing of ours.
DRIVER_ADVICE = "GL Driver Message"


@pytest.fixture
def site(transactional_db: None, home: Path, release_folder: Path, live_server: Any) -> str:
    """A running site with one release."""
    actions.register_release(release_folder)
    return str(live_server.url)


@pytest.fixture
def quiet_page(page: Page) -> Iterator[Page]:
    """A page that must not complain: no error, no warning, no refusal by the policy, no failed or outside request."""
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request", lambda r: complaints.append(r.url) if "//localhost" not in r.url and r.url[:4] == "http" else None
    )
    yield page
    assert [text for text in complaints if DRIVER_ADVICE not in text] == []


def open_map(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("[data-map].live")).to_be_visible(timeout=30_000)


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_open_in_three_languages_without_complaint(quiet_page: Page, site: str, language: str) -> None:
    for path in PATHS[:3]:
        quiet_page.goto(f"{site}/{language}/{path}")
        expect(quiet_page.locator("html")).to_have_attribute("lang", LANGUAGES[language])
        expect(quiet_page.locator("h1")).to_be_visible()
    expect(quiet_page.locator("[data-map].live")).to_be_visible(timeout=30_000)


def colours(page: Page, selector: str) -> set[tuple[int, int, int]]:
    """The colours that fill a good part of an element, as the screen shows them."""
    import io

    from PIL import Image

    image = Image.open(io.BytesIO(page.locator(selector).first.screenshot())).convert("RGB")
    counted = image.getcolors(maxcolors=1_000_000) or []
    return {colour for count, colour in counted if count > 200}


def rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_map_is_drawn_in_the_inks_of_its_city(page: Page, site: str, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    open_map(page, f"{site}/en/{RELEASE}")
    for frame, own, other in ((0, "hk", "sh"), (1, "sh", "hk")):
        seen = colours(page, f'[data-frame="{frame}"] canvas')
        inks = {
            name: {
                rgb(page.evaluate(f"getComputedStyle(document.documentElement).getPropertyValue('--{name}-{level}')"))
                for level in range(5)
            }
            for name in (own, other)
        }
        assert len(seen & inks[own]) >= 4, seen
        assert not seen & inks[other]


def metres_per_pixel(page: Page) -> list[float]:
    """Of each frame, by its scale bar."""
    found = []
    for bar in page.locator(".maplibregl-ctrl-scale").all():
        length, unit = bar.inner_text().split()
        width = bar.evaluate("bar => parseFloat(bar.style.width)")
        found.append(float(length) * {"km": 1000, "m": 1}[unit] / width)
    return found


def test_both_frames_keep_one_scale_and_a_place_tells_its_figure(page: Page, site: str) -> None:
    open_map(page, f"{site}/en/{RELEASE}")
    before = metres_per_pixel(page)
    assert before[0] == pytest.approx(before[1], rel=0.03)
    page.locator(".maplibregl-ctrl-zoom-in").first.click()
    label = page.locator('[data-frame="1"] .live-labels span').first
    expect(label).not_to_have_attribute("style", str(label.get_attribute("style")), timeout=30_000)
    page.locator("[data-map]:not([data-moving])").wait_for()
    after = metres_per_pixel(page)
    assert after[0] == pytest.approx(after[1], rel=0.03)
    assert after[0] == pytest.approx(before[0] / 2, rel=0.05)
    page.locator('[data-frame="0"] canvas').hover()
    expect(page.locator(".told")).to_contain_text("hong-kong")


def test_the_map_moves_by_keyboard(page: Page, site: str) -> None:
    open_map(page, f"{site}/en/{RELEASE}")
    label = page.locator('[data-frame="1"] .live-labels span:visible').first
    before = label.evaluate("element => element.style.transform")
    page.locator('[data-frame="1"] canvas').focus()
    page.keyboard.press("ArrowRight")
    expect(label).not_to_have_attribute("style", f"transform: {before};")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("language", ["en", "zh-hant"])
def test_nothing_runs_off_a_small_screen(page: Page, site: str, language: str, path: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{site}/{language}/{path}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PATHS)
def test_no_barrier_is_found(page: Page, site: str, path: str, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{site}/zh-hant/{path}")
    opened(page)
    assert violations(page) == []


def test_the_keyboard_goes_through_in_reading_order(page: Page, site: str) -> None:
    page.goto(f"{site}/en/products/")
    reached = []
    for _press in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.innerText || document.activeElement.name"))
    short = [text.splitlines()[0] for text in reached]
    assert short == [
        "Skip to the content",
        "Dataferry",
        "Datasets",
        "Data products",
        "Challenge",
        "Exchange",
        "Sign in",
        "English",
        "繁體中文",
        "简体中文",
        "q",
        "Search",
    ]
    page.goto(f"{site}/en/products/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_chip_opens_its_evidence(page: Page, site: str) -> None:
    page.goto(f"{site}/en/products/")
    page.locator(".chip", has_text="Licence").first.click()
    expect(page).to_have_url(f"{site}/en/{RELEASE}#evidence-licence")
    expect(page.locator("#evidence-licence")).to_be_in_viewport()


def test_everything_can_be_read_without_script(browser: Any, site: str) -> None:
    context: BrowserContext = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/en/{RELEASE}")
    assert page.locator(".static-map .place").count() == 34
    expect(page.locator(".static-map").first).to_be_visible()
    assert page.locator("table.bars tr").count() >= 34
    assert page.locator("table.data tbody tr").count() == 34
    expect(page.locator(".lineage")).to_be_visible()
    expect(page.locator("[data-copy]").first).to_be_hidden()
    context.close()


def test_on_paper_the_drawing_stands_for_the_live_map(page: Page, site: str) -> None:
    open_map(page, f"{site}/en/{RELEASE}")
    page.emulate_media(media="print")
    expect(page.locator(".static-map").first).to_have_css("visibility", "visible")
    expect(page.locator(".live-map").first).to_be_hidden()
    expect(page.locator(".contents")).to_be_hidden()


def test_the_page_follows_a_build_to_its_end(quiet_page: Page, site: str, release_folder: Path) -> None:
    build = queue.request_build("coming", "1.0.0", release_folder, words("Coming", "即將", "即将"))
    assert build is not None
    quiet_page.goto(f"{site}/en/products/")
    expect(quiet_page.locator(".build")).to_contain_text("Waiting for its turn")
    running = job_actions.start(build.job_id)
    assert running is not None
    step = {"code": "server.workshop.step_reading", "data": {"input": "stations"}}
    job_actions.report(running.pk, running.attempts, step, 0.5)
    expect(quiet_page.locator(".build")).to_contain_text("Reading the input stations", timeout=10_000)
    assert job_actions.finish(running.pk, running.attempts)
    expect(quiet_page.locator(".build")).to_have_count(0, timeout=10_000)


def test_the_code_that_is_shown_to_load_the_data_is_true(page: Page, site: str, tmp_path: Path) -> None:
    page.goto(f"{site}/en/{RELEASE}")
    shown = {box.locator("h3").inner_text(): box.locator("code").inner_text() for box in page.locator(".loader").all()}
    assert shown.keys() == {"pandas", "R", "QGIS", "curl"}
    program = shown["pandas"] + "\nprint(len(table), table['chargers'].sum())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["34", str(sum(range(18)) * 3 + sum(range(16)) * 3)]
    done = subprocess.run(["sh", "-ec", shown["curl"]], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.strip() == "data.parquet: OK"
    assert page.request.get(shown["QGIS"]).json()["type"] == "FeatureCollection"
    assert f'st_read("{shown["QGIS"]}")' in shown["R"]
    assert Release.objects.count() == 1
