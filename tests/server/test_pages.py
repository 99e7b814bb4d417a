"""Every page opens in three languages under the strict policy, says what is true, and lets no text become code."""

import html
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.test import Client, RequestFactory

from dataferry.messages import RefusedError
from dataferry.server.jobs import actions as job_actions
from dataferry.server.portal import pages as portal_pages
from dataferry.server.workshop import actions, queue
from dataferry.server.workshop.models import Build, Release
from server.releases import EVIDENCE, hexagons, make_release, same, words

LANGUAGES = {"en": "en", "zh-hant": "zh-Hant-HK", "zh-hans": "zh-Hans-CN"}
PAGES = ("", "products/", "products/?q=chargers", "products/two-city-chargers/", "products/two-city-chargers/1.0.0/")
POLICY = {
    "default-src 'self'",
    "img-src 'self' data: blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
}
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&{{ 7 }}\u202e"


class Audit(HTMLParser):
    """Collects what a strict policy would refuse, ids, and where links inside the page lead."""

    def __init__(self) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.ids: list[str] = []
        self.anchors: list[str] = []
        self.elements: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.elements.append(tag)
        if tag == "style" or (tag == "script" and not given.get("src")):
            self.inline.append(tag)
        self.inline += [f"{tag} {name}" for name in given if name == "style" or name.startswith("on")]
        self.inline += [f"{tag} {v}" for v in given.values() if v and v.lower().startswith("javascript:")]
        if given.get("id"):
            self.ids.append(str(given["id"]))
        href = given.get("href") or ""
        if href.startswith("#"):
            self.anchors.append(href[1:])


def audit(text: str) -> Audit:
    found = Audit()
    found.feed(text)
    return found


def policy_of(response: Any) -> set[str]:
    return {part.strip() for part in response["Content-Security-Policy"].split(";")}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PAGES)
def test_pages_open_under_the_strict_policy(registered: Release, client: Client, language: str, path: str) -> None:
    response = client.get(f"/{language}/{path}")
    text = response.content.decode()
    found = audit(text)
    assert response.status_code == 200
    assert policy_of(response) == POLICY
    assert response["X-Content-Type-Options"] == "nosniff"
    assert f'<html lang="{LANGUAGES[language]}">' in text
    assert found.inline == []
    assert len(found.ids) == len(set(found.ids))
    assert set(found.anchors) <= set(found.ids)
    assert found.elements.count("h1") == 1


@pytest.mark.parametrize(
    ("language", "title"), [("en", "Chargers in two cities"), ("zh-hant", "兩城充電站"), ("zh-hans", "两城充电站")]
)
def test_a_release_speaks_the_page_s_language(registered: Release, client: Client, language: str, title: str) -> None:
    text = client.get(f"/{language}/products/two-city-chargers/").content.decode()
    assert f"<h1>{title}</h1>" in text
    assert registered.digest in text


def test_a_release_shows_its_evidence_files_and_figures(registered: Release, client: Client) -> None:
    text = client.get("/en/products/two-city-chargers/").content.decode()
    for name, state in EVIDENCE.items():
        assert f'class="chip state-{state}" href="#evidence-{name}"' in text
    for file in registered.document["files"]:
        assert f'href="/files/two-city-chargers/1.0.0/{file["name"]}"' in text
        assert file["sha256"] in text
    assert "Contains synthetic sample data." in text
    assert re.search(r"may not be listed on the exchange:\s*<strong>sh_districts table</strong>", text)
    assert "2.890" in text
    assert 'class="bar" width="76.0%"' in text


def test_what_is_not_in_the_page_s_language_says_so(db: None, home: Path, client: Client, tmp_path: Path) -> None:
    title = {"en": "Only English", "zh-Hant": "", "zh-Hans": ""}
    actions.register_release(make_release(tmp_path / "r", changes={"title": title}))
    text = client.get("/zh-hant/products/two-city-chargers/").content.decode()
    assert '<h1><span lang="en">Only English</span></h1>' in text


def test_hostile_text_stays_text(db: None, home: Path, client: Client, tmp_path: Path) -> None:
    rows = [{**row, "district": f"{HOSTILE}{index}"} for index, row in enumerate(hexagons())]
    changes: dict[str, Any] = {key: words(HOSTILE, HOSTILE, HOSTILE) for key in ("title", "description", "summary")}
    template = make_release(tmp_path / "plain")
    inputs = json.loads((template / "release.json").read_text())["inputs"]
    for each in inputs:
        each.update(title=same(HOSTILE), publisher=HOSTILE, source=HOSTILE, attribution=HOSTILE, file=HOSTILE)
    changes |= {"inputs": inputs, "licence": HOSTILE, "run": {"dataferry": HOSTILE}}
    actions.register_release(make_release(tmp_path / "hostile", rows=rows, changes=changes))
    for path in ("/en/", "/en/products/", "/en/products/two-city-chargers/"):
        text = client.get(path).content.decode()
        assert "alert(1)" in text
        assert audit(text).inline == []
        assert "<script>alert" not in text
        assert "<img" not in text


@pytest.mark.django_db
def test_a_search_is_shown_as_text(home: Path, client: Client) -> None:
    text = client.get("/en/products/", {"q": "<b>&\"'"}).content.decode()
    assert "No data product speaks of “&lt;b&gt;&amp;&quot;&#x27;”." in text


def test_search_finds_in_every_language(registered: Release, client: Client) -> None:
    for query, found in (("兩城", True), ("CHARGING district", True), ("nothing-like-it", False)):
        text = client.get("/en/products/", {"q": query}).content.decode()
        assert ("<article" in text) is found


@pytest.mark.parametrize(("asks", "goes"), [("zh-HK,zh;q=0.9", "zh-hant"), ("zh-CN", "zh-hans"), ("fr", "en")])
@pytest.mark.django_db
def test_the_first_page_is_in_the_browser_s_language(client: Client, asks: str, goes: str) -> None:
    assert client.get("/", headers={"Accept-Language": asks})["Location"] == f"/{goes}/"


def test_switching_the_language_keeps_the_page(registered: Release, client: Client) -> None:
    text = client.get("/en/products/two-city-chargers/1.0.0/?a=1&b=2").content.decode()
    for language in LANGUAGES:
        assert html.escape(f"/{language}/products/two-city-chargers/1.0.0/?a=1&b=2", quote=False) in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.django_db
def test_nothing_at_an_address_is_a_designed_page(client: Client, language: str) -> None:
    for path in ("nowhere/", "products/none/", "products/none/1.0.0/"):
        response = client.get(f"/{language}/{path}")
        assert response.status_code == 404
        assert policy_of(response) == POLICY
        assert f'href="/{language}/products/"' in response.content.decode()


def test_errors_are_designed_pages() -> None:
    request = RequestFactory().get("/en/")
    answers = (
        (portal_pages.bad_request(request, SuspiciousOperation()), 400),
        (portal_pages.forbidden(request, PermissionDenied()), 403),
        (portal_pages.form_refused(request, "no token"), 403),
        (portal_pages.server_error(request), 500),
    )
    for response, status in answers:
        text = response.content.decode()
        assert response.status_code == status
        assert audit(text).inline == []
        assert 'role="button"' in text


@pytest.mark.django_db
def test_a_fault_shows_the_page_and_not_the_fault(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portal_pages, "gallery_context", lambda *_a, **_k: 1 / 0)
    response = Client(raise_request_exception=False).get("/en/")
    text = response.content.decode()
    assert response.status_code == 500
    assert policy_of(response) == POLICY
    assert "ZeroDivisionError" not in text
    assert "Something went wrong on our side" in text


@pytest.mark.django_db
def test_a_form_without_its_token_is_refused(client: Client) -> None:
    response = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "a"})
    assert response.status_code == 403
    assert "This form is no longer valid" in response.content.decode()


@pytest.mark.django_db
def test_while_a_product_is_built_its_pages_say_so(home: Path, client: Client, tmp_path: Path) -> None:
    build = queue.request_build("air", "1.0.0", tmp_path, words("Air", "空氣", "空气"))
    assert build is not None
    waiting = client.get("/zh-hant/products/air/").content.decode()
    assert "正在輪候建置。" in waiting
    running = job_actions.start(build.job_id)
    assert running is not None
    step = {"code": "server.workshop.step_reading", "data": {"input": "stations"}}
    job_actions.report(running.pk, running.attempts, step, 0.25)
    for path in ("/en/", "/en/products/", "/en/products/air/"):
        text = client.get(path).content.decode()
        assert "Reading the input stations" in text
        assert 'value="25"' in text
        assert 'hx-trigger="every 2s"' in text
        assert audit(text).inline == []
    part = client.get("/en/products/", headers={"HX-Request": "true"}).content.decode()
    assert part.startswith('<div id="cards"')
    error = RefusedError("server.workshop.no_source", name="air", version="1.0.0")
    job_actions.fail(running.pk, running.attempts, error)
    text = client.get("/en/products/air/").content.decode()
    assert "The build did not succeed." in text
    assert "The source of air 1.0.0" in text
    assert "hx-trigger" not in text


@pytest.mark.django_db
def test_an_empty_house_says_what_to_do(home: Path, client: Client) -> None:
    text = client.get("/en/products/").content.decode()
    assert "There is no data product here yet." in text
    assert "<code>dataferry build</code>" in text


def test_an_older_release_points_to_the_newest(registered: Release, client: Client, tmp_path: Path) -> None:
    actions.register_release(make_release(tmp_path / "second", version="1.1.0"))
    old = client.get("/en/products/two-city-chargers/1.0.0/").content.decode()
    assert "There is a newer version of this product." in old
    newest = client.get("/en/products/two-city-chargers/").content.decode()
    assert "Version 1.1.0" in newest
    assert "There is a newer version" not in newest


@pytest.mark.django_db
def test_a_release_without_rows_map_chart_or_lineage_still_opens(home: Path, client: Client, tmp_path: Path) -> None:
    folder = make_release(tmp_path / "r")
    value = json.loads((folder / "release.json").read_text())
    output = {**value["output"], "geometry": None, "rows": 0}
    bare = {"output": output, "map": None, "chart": None, "lineage": {}, "quality": {}, "licence_verdict": {}}
    kept = value | {key: {} for key in ("datum", "run", "profile")} | bare
    kept["files"] = [file for file in kept["files"] if file["name"] == "data.csv"]
    (folder / "release.json").write_text(json.dumps(kept))
    actions.register_release(folder)
    text = client.get("/en/products/two-city-chargers/").content.decode()
    assert "This release has no rows." in text
    assert "data-map" not in text


def test_download_serves_listed_files_only(registered: Release, client: Client, release_folder: Path) -> None:
    base = "/files/two-city-chargers/1.0.0/"
    for file in registered.document["files"]:
        response = client.get(base + file["name"])
        assert b"".join(response.streaming_content) == (release_folder / file["name"]).read_bytes()
        assert response["ETag"] == f'"{file["sha256"]}"'
        assert response["Content-Type"].startswith(file["media_type"])
        assert response["X-Content-Type-Options"] == "nosniff"
    for name in ("release.json", "nothing", "../../../secret_key", "%2e%2e/secret_key", "product/", "product"):
        assert client.get(base + name).status_code == 404
    assert client.post(base + "data.csv").status_code == 405


def test_a_report_may_show_itself_and_nothing_else(registered: Release, client: Client) -> None:
    response = client.get("/files/two-city-chargers/1.0.0/report.html")
    assert response["Content-Security-Policy"].startswith("sandbox;")
    assert response["Content-Disposition"].startswith("inline")
    csv = client.get("/files/two-city-chargers/1.0.0/data.csv")
    assert csv["Content-Disposition"] == 'attachment; filename="two-city-chargers-1.0.0-data.csv"'


@pytest.mark.django_db
def test_a_name_in_chinese_arrives_in_the_download(home: Path, client: Client, tmp_path: Path) -> None:
    folder = make_release(tmp_path / "r")
    value = json.loads((folder / "release.json").read_text())
    (folder / "data.csv").rename(folder / "數據 (一).csv")
    next(file for file in value["files"] if file["name"] == "data.csv")["name"] = "數據 (一).csv"
    (folder / "release.json").write_text(json.dumps(value))
    actions.register_release(folder)
    response = client.get("/files/two-city-chargers/1.0.0/數據 (一).csv")
    assert response.status_code == 200
    assert "filename*=utf-8''" in response["Content-Disposition"]


@pytest.mark.django_db
def test_health(client: Client) -> None:
    assert client.get("/healthz").json() == {"alive": True}
    assert client.get("/readyz").json() == {"ready": True}


def test_the_desk_needs_an_account_and_changes_no_release(registered: Release, admin_client: Client) -> None:
    assert Client().get("/admin/workshop/release/").status_code == 302
    address = f"/admin/workshop/release/{registered.pk}/change/"
    response = admin_client.get(address)
    assert response.status_code == 200
    assert policy_of(response) == POLICY
    assert admin_client.post(address, {"version": "9"}).status_code == 403
    assert admin_client.post(f"/admin/workshop/release/{registered.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Build.objects.count() == 0
