"""Over the API a product is pushed, built, published and pulled to the same digest; a second member is refused all."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dataferry.products import build
from dataferry.products.places import place_inputs
from dataferry.server.workshop import actions
from dataferry.server.workshop.models import Draft, Release

pytestmark = pytest.mark.django_db
API = "/api/v1"
Work = Callable[[], list[str]]


class Caller:
    """A signed-in person's calls, as JSON."""

    def __init__(self, user: Any) -> None:
        self.client = Client()
        if user is not None:
            self.client.force_login(user)

    def __call__(self, method: str, path: str, body: Any = None, status: int = 200, **headers: str) -> Any:
        content = json.dumps(body) if body is not None else ""
        answer = self.client.generic(method, API + path, content, "application/json", headers=headers)
        assert answer.status_code == status, (answer.status_code, answer.getvalue()[:2000])
        self.last = answer
        kind = answer.headers.get("Content-Type", "")
        return answer.json() if "json" in kind and answer.getvalue() else answer.getvalue()


def districts_2001(real: Path) -> bytes:
    """The real shapefile of Hong Kong's districts, names in Big5-HKSCS, no .prj, as one archive."""
    folder, packed = real / "hk-geohk-2001", io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, inner in (("dc.shp", "d.shp"), ("dc.shx", "d.shx"), ("dc_land.dbf", "d.dbf")):
            archive.writestr(zipfile.ZipInfo(inner), (folder / name).read_bytes())
    return packed.getvalue()


def test_a_real_big5_file_becomes_a_release_that_is_built_again_elsewhere_to_the_same_digest(
    ann: Any, upload: Callable[..., Any], work: Work, real: Path, tmp_path: Path
) -> None:
    content = districts_2001(real)
    about = {"metadata": {"title": {"en": "Districts 2001"}}, "options": {"crs": "EPSG:2326"}}
    snapshot = upload(ann, content, "districts.zip", **about)
    call = Caller(ann)
    named = {"dataset": snapshot.distribution.dataset.slug, "snapshot": snapshot.id_text}
    draft = call("POST", "/drafts", {"slug": "districts", "title": "Districts", "snapshots": [named]}, 201)
    assert draft["inputs"][0]["file_name"] == "districts.zip"
    assert call("GET", "/drafts/districts/check") == []
    made = call("POST", "/drafts/districts/builds", status=202)
    assert made["state"] == "queued"
    assert work() == ["done"]
    done = call("GET", f"/builds/{made['id']}")
    assert (done["state"], done["version"]) == ("done", "0.1.0")
    call("POST", "/releases/districts/0.1.0/publish")
    visitor = Caller(None)
    assert "深水埗" in visitor("GET", "/releases/districts/0.1.0/files/data.csv").decode()
    assert visitor("GET", "/releases/districts/0.1.0")["document"]["output"]["crs"] == "EPSG:2326"
    source = visitor("GET", "/releases/districts/0.1.0/source")
    assert source["digest"] == done["digest"]
    (given,) = source["inputs"]
    assert (given["snapshot"], given["file_name"]) == (snapshot.id_text, "districts.zip")
    folder = tmp_path / "pulled"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "input.zip").write_bytes(content)
    places = {given["name"]: {"file": "data/input.zip"}}
    (folder / "product.yaml").write_text(place_inputs(source["manifest"], places), encoding="utf-8")
    (folder / "recipe.sql").write_text(source["recipe"], encoding="utf-8")
    again = build(folder)
    assert (again.digest, again.output.rows) == (done["digest"], 18)


def test_a_draft_is_saved_against_the_revision_that_was_seen(ann: Any, draft: Draft) -> None:
    call = Caller(ann)
    seen = call("GET", "/drafts/my-stops")
    tag = call.last["ETag"]
    texts = {"manifest": seen["manifest"], "recipe": "SELECT 1"}
    call("PUT", "/drafts/my-stops", texts, 428)
    assert call("PUT", "/drafts/my-stops", texts, **{"If-Match": tag})["revision"] == 2
    call("PUT", "/drafts/my-stops", texts, 412, **{"If-Match": tag})


def test_mistakes_and_trials_over_the_api(ann: Any, draft: Draft) -> None:
    call = Caller(ann)
    trial = call("POST", "/drafts/my-stops/preview", {"recipe": "SELECT count(*) AS n FROM stops"})
    assert trial["rows"] == [[4]]
    trial = call(
        "POST", "/drafts/my-stops/preview", {"recipe": "SELECT\n  nix FROM stops"}, **{"Accept-Language": "zh-Hant"}
    )
    assert [(each["line"], each["column"], each["code"]) for each in trial["problems"]] == [
        (2, 3, "products.unknown_column")
    ]
    assert "欄" in trial["problems"][0]["message"]
    assert call("POST", "/drafts/my-stops/explain", {})["tables"][0]["rows"] == 4


REFUSED = [
    ("GET", "/drafts/my-stops", None),
    ("PUT", "/drafts/my-stops", {"manifest": "a", "recipe": "b"}),
    ("DELETE", "/drafts/my-stops", None),
    ("GET", "/drafts/my-stops/check", None),
    ("POST", "/drafts/my-stops/preview", {}),
    ("POST", "/drafts/my-stops/explain", {}),
    ("GET", "/drafts/my-stops/shares", None),
    ("POST", "/drafts/my-stops/shares", {"email": "bob@example.org"}),
    ("GET", "/drafts/my-stops/builds", None),
    ("POST", "/drafts/my-stops/builds", None),
    ("GET", "/products/my-stops", None),
    ("GET", "/products/my-stops/releases", None),
    ("GET", "/releases/my-stops/0.1.0", None),
    ("GET", "/releases/my-stops/0.1.0/source", None),
    ("GET", "/releases/my-stops/0.1.0/files/data.csv", None),
    ("GET", "/releases/my-stops/0.1.0/compare/0.1.0", None),
    ("POST", "/releases/my-stops/0.1.0/publish", None),
]


def test_a_second_member_without_rights_is_refused_everywhere(ann: Any, bob: Any, draft: Draft, built: Release) -> None:
    owner, other, nobody = Caller(ann), Caller(bob), Caller(None)
    number = built.builds.get().pk
    for method, path, body in [
        *REFUSED,
        ("GET", f"/builds/{number}", None),
        ("POST", f"/builds/{number}/cancel", None),
    ]:
        other(method, path, body, 404)
        wanted = 404 if path.startswith(("/products", "/releases", "/builds")) and method == "GET" else 401
        nobody(method, path, body, wanted)
    assert other("GET", "/drafts")["items"] == []
    assert other("GET", "/products")["items"] == []
    for page in ("/en/products/my-stops/", "/en/products/my-stops/0.1.0/", "/files/my-stops/0.1.0/data.csv"):
        assert other.client.get(page).status_code == 404
        assert owner.client.get(page).status_code == 200
    owner("GET", "/releases/my-stops/0.1.0/files/data.csv")
    assert owner.last["Cache-Control"] == "private, no-cache"
    assert Draft.objects.get().shares.count() == 0
    assert not hasattr(Release.objects.get(), "publication")


def test_a_person_the_draft_is_shared_with_sees_and_does_not_publish(
    ann: Any, bob: Any, draft: Draft, built: Release
) -> None:
    owner, other = Caller(ann), Caller(bob)
    share = owner("POST", "/drafts/my-stops/shares", {"email": "bob@example.org"}, 201)
    assert other("GET", "/releases/my-stops/0.1.0")["published"] is False
    assert other("GET", "/drafts/my-stops")["mine"] is False
    for method, path, body in (
        ("PUT", "/drafts/my-stops", {"manifest": "a", "recipe": "b"}),
        ("POST", "/drafts/my-stops/builds", None),
        ("GET", "/drafts/my-stops/shares", None),
        ("DELETE", "/drafts/my-stops", None),
        ("POST", "/releases/my-stops/0.1.0/publish", None),
    ):
        other(method, path, body, 403)
    other("DELETE", f"/drafts/my-stops/shares/{share['id']}", None, 204)
    other("GET", "/drafts/my-stops", None, 404)


def test_a_conflict_and_a_draft_that_is_not_ready_have_their_statuses(ann: Any, bob: Any, draft: Draft) -> None:
    assert Caller(bob)("POST", "/drafts", {"slug": "my-stops"}, 409)["code"] == "server.workshop.slug_taken"
    call = Caller(ann)
    call("PUT", "/drafts/my-stops", {"manifest": "a: 1", "recipe": "SELECT"}, **{"If-Match": '"r1"'})
    assert call("POST", "/drafts/my-stops/builds", None, 422)["code"] == "server.workshop.not_ready"


def test_lists_cost_the_same_however_long_they_are(ann: Any, draft: Draft, work: Work) -> None:
    call = Caller(ann)
    call("GET", "/drafts")
    costs = []
    for round_ in range(2):
        for number in range(3):
            other = actions.start_draft(
                ann,
                f"copy-{round_}-{number}",
                draft.manifest.replace("my-stops", f"copy-{round_}-{number}"),
                draft.recipe,
            )
            actions.request_build(ann, other)
        work()
        cost = []
        for path in ("/drafts", "/products", "/products/copy-0-0/releases", "/drafts/copy-0-0/builds"):
            with CaptureQueriesContext(connection) as captured:
                call("GET", path)
            cost.append(len(captured))
        costs.append(cost)
    assert costs[0] == costs[1]


def test_comparing_over_the_api(ann: Any, draft: Draft, built: Release, work: Work) -> None:
    manifest = draft.manifest.replace("version: 0.1.0", "version: 0.2.0")
    actions.save_draft(ann, draft, manifest, draft.recipe.rstrip() + "\nWHERE lines > 1\n", draft.revision)
    actions.request_build(ann, draft)
    assert work() == ["done"]
    told = Caller(ann)("GET", "/releases/my-stops/0.1.0/compare/0.2.0")
    assert (told["before"]["rows"], told["after"]["rows"], told["row_changes"]["removed"]) == (4, 3, 1)
    assert told["row_changes"]["examples"]["removed"] == [{"key": {"stop": "D4"}}]
