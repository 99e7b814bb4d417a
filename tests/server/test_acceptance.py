"""The whole trip, by two members, in real browsers on a real house: a Big5 file becomes a product others rebuild.

Sign up, verify, upload, map, product, build, publish, pull with the command line, rebuild to the same digest. All the
while a second member without rights is refused everywhere.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from server.houses import PATIENCE, House, running

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PASSWORD = "harbour-ferry-77"
NAME = "hong-kong-districts"
WAIT = PATIENCE * 1000


@pytest.fixture
def big5_shapefile(real: Path, tmp_path: Path) -> Path:
    """Districts of Hong Kong: names in Big5-HKSCS, coordinates of the HK 1980 grid, no .prj to say so."""
    folder, file = real / "hk-geohk-2001", tmp_path / "districts.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for source, name in (("dc.shp", "dc.shp"), ("dc.shx", "dc.shx"), ("dc_land.dbf", "dc.dbf")):
            archive.write(folder / source, name)
    return file


class Member:
    """A person at a browser of their own, and at a command line."""

    def __init__(self, browser: Browser, house: House, name: str) -> None:
        self.house, self.mail = house, f"{name}@example.org"
        self.site = f"http://127.0.0.1:{house.port}"
        self.complaints: list[str] = []
        self.page: Page = browser.new_context(locale="en-GB").new_page()
        self.page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.config = house.home.parent / f"config-{name}"

    def sign_up(self) -> None:
        page = self.page
        page.goto(f"{self.site}/en/account/signup/")
        page.fill("input[name=email]", self.mail)
        page.fill("input[name=password1]", PASSWORD)
        page.locator("main form button").click()
        page.goto(self.link_in_mail())
        page.locator("main form button").click()
        page.wait_for_url(re.compile("/account/login/"))
        page.fill("input[name=login]", self.mail)
        page.fill("input[name=password]", PASSWORD)
        page.locator("main form button").first.click()
        page.wait_for_url(re.compile("/account/$"))

    def link_in_mail(self) -> str:
        for file in sorted((self.house.home / "mail").iterdir(), reverse=True):
            letter = message_from_bytes(file.read_bytes(), policy=policy.default)
            if letter["To"] == self.mail:
                found = re.search(r"http\S+/confirm-email/\S+", letter.get_content())
                assert found
                return found[0]
        raise AssertionError("no letter came")

    def token(self) -> str:
        page = self.page
        page.goto(f"{self.site}/en/account/tokens/")
        page.fill("input[name=name]", "laptop")
        page.check("input[name=scopes][value=read]")
        page.locator("form:has(input[name=scopes]) button").click()
        found = re.search(r"dfy_\S+", page.locator("main").inner_text())
        assert found
        return found[0]

    def command(self, *arguments: str, told: str = "") -> subprocess.CompletedProcess[str]:
        """`dataferry ...` as this person's account of the machine would run it."""
        program = "from dataferry.cli import main; main()"
        clean = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("DATAFERRY_", "DATABASE_", "COVERAGE_"))
        }
        environment = {**clean, "XDG_CONFIG_HOME": str(self.config), "DATAFERRY_HOME": str(self.house.home)}
        command = [sys.executable, "-c", program, *arguments]
        return subprocess.run(command, env=environment, input=told, capture_output=True, text=True, check=False)

    def status_of(self, path: str) -> int:
        return int(self.page.request.get(f"{self.site}{path}").status)


@pytest.fixture
def house(tmp_path: Path) -> Any:
    (tmp_path / "no-examples").mkdir()
    with running(tmp_path / "home", tmp_path / "no-examples", measured=False) as started:
        started.until("/readyz", holds="true")
        yield started


def upload(member: Member, file: Path) -> str:
    """Hand the file in by the form, wait for its reading: the address of its snapshot."""
    page = member.page
    page.goto(f"{member.site}/en/datasets/new/")
    page.set_input_files("input[name=file]", file)
    page.fill("input[name=title_en]", "Hong Kong districts")
    page.fill("input[name=title_zh_hant]", "香港分區")
    page.select_option("select[name=city]", "hong-kong")
    page.locator("main details summary").click()
    page.fill("input[name=crs]", "EPSG:2326")
    page.get_by_role("button", name="Hand it in").click()
    page.wait_for_url(re.compile(rf"/datasets/{NAME}/[0-9a-f]{{12}}/"), timeout=WAIT)
    return page.url.removeprefix(member.site)


def test_the_whole_trip(browser: Browser, house: House, big5_shapefile: Path, tmp_path: Path) -> None:
    mei, stranger = Member(browser, house, "mei"), Member(browser, house, "stranger")
    mei.sign_up()
    stranger.sign_up()
    dataset = upload(mei, big5_shapefile)

    page = mei.page
    expect(page.locator("#preview")).to_contain_text("灣仔區")
    expect(page.locator("#map-section svg .place.area").first).to_be_visible()
    assert page.locator("#map-section svg .place.area").count() == 18
    page.get_by_role("button", name="Start a product from this dataset").first.click()
    page.wait_for_url(re.compile(f"/workshop/drafts/{NAME}/"))
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("main")).to_contain_text("深水埗區", timeout=WAIT)
    page.get_by_role("button", name="Build a release").click()
    page.wait_for_url(re.compile(f"/products/{NAME}/0.1.0/"), timeout=WAIT)

    private = [
        dataset,
        f"/en/workshop/drafts/{NAME}/",
        f"/en/workshop/drafts/{NAME}/sharing/",
        f"/en/products/{NAME}/0.1.0/",
        f"/en/products/{NAME}/0.1.0/publish/",
        f"/files/{NAME}/0.1.0/data.parquet",
        f"/api/v1/datasets/{NAME}",
        f"/api/v1/drafts/{NAME}",
        f"/api/v1/products/{NAME}",
    ]
    assert {path: mei.status_of(path) for path in private} == dict.fromkeys(private, 200)
    assert {path: stranger.status_of(path) for path in private} == dict.fromkeys(private, 404)

    page.goto(f"{mei.site}/en/products/{NAME}/0.1.0/publish/")
    page.check("input[name=sure]")
    page.get_by_role("button", name="Publish").click()
    page.wait_for_url(re.compile(f"/products/{NAME}/0.1.0/$"))
    shown = set(private[3:4] + private[5:6] + private[8:])
    after = {path: stranger.status_of(path) for path in private if not path.endswith("publish/")}
    assert after == {path: 200 if path in shown else 404 for path in after}

    release = page.request.get(f"{mei.site}/api/v1/releases/{NAME}/0.1.0").json()
    pulled = tmp_path / "pulled"
    logged_in = mei.command("login", mei.site, "--token-file", "-", told=mei.token())
    assert logged_in.returncode == 0, logged_in.stderr
    answer = mei.command("pull", NAME, "--to", str(pulled))
    assert answer.returncode == 0, answer.stderr
    built = mei.command("build", str(pulled), "--out", str(tmp_path / "rebuilt"), "--json")
    assert built.returncode == 0, built.stderr
    rebuilt = json.loads((tmp_path / "rebuilt/release.json").read_text(encoding="utf-8"))
    assert rebuilt["digest"] == release["digest"]

    stranger.command("login", stranger.site, "--token-file", "-", told=stranger.token())
    refused = stranger.command("pull", NAME, "--to", str(tmp_path / "stolen"))
    assert refused.returncode != 0, "the published recipe's input is still private"
    assert not (tmp_path / "stolen").exists()
    verified = mei.command("journal", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert mei.complaints == stranger.complaints == []
