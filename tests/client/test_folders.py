"""Promise: what a server names never leaves the folder, no work of a person is overwritten, nothing half stays."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from dataferry.client import Client, Login, Logins, pull
from dataferry.client.comparing import standing
from dataferry.client.hostile import inner_path, product_name, suffix, table_name
from dataferry.client.origin import FILE, Origin, origin_of
from dataferry.client.pushing import push
from dataferry.client.records import Draft, Person, ReleaseRecord, SnapshotRecord, Source
from dataferry.messages import InputError, MissingError, RefusedError
from dataferry.products import load_product, new_product

CSV = b"district,people\nWan Chai,3\nCentral,5\n"
SHA256 = hashlib.sha256(CSV).hexdigest()
DIGEST = "sha256:" + "0" * 64


class Told(Client):
    """A client whose server is this test."""

    def __init__(self, source: dict[str, Any], content: bytes = CSV) -> None:
        super().__init__("https://data.example.org", "dfy_x")
        self.given = source
        self.content = content
        self.drafts_kept: dict[str, Draft] = {}

    def me(self) -> Person:
        return Person.of({"id": 1, "display_name": "Wai"})

    def release(self, name: str, version: str | None = None) -> ReleaseRecord:
        return ReleaseRecord.of({"name": name, "version": self.given["version"], "digest": DIGEST})

    def releases(self, name: str) -> Any:
        return iter([self.release(name)])

    def source(self, name: str, version: str) -> Source:
        return Source.of(self.given)

    def find_snapshot(self, sha256: str) -> SnapshotRecord | None:
        return SnapshotRecord.of({"sha256": sha256, "dataset": "census", "bytes": 1}) if sha256 == SHA256 else None

    def download_snapshot(self, dataset: str, sha256: str, to: Path, **_more: Any) -> Path:
        if hashlib.sha256(self.content).hexdigest() != sha256.removeprefix("sha256:"):
            raise InputError("client.bytes_differ", server=self.server, path=dataset, sha256=sha256)
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(self.content)
        return to

    def draft(self, slug: str) -> Draft:
        if slug not in self.drafts_kept:
            raise MissingError("client.no_release", name=slug)
        return self.drafts_kept[slug]

    def open_draft(self, slug: str, manifest: str, recipe: str) -> Draft:
        return self.save_draft(slug, manifest, recipe, "")

    def save_draft(self, slug: str, manifest: str, recipe: str, etag: str) -> Draft:
        before = self.drafts_kept.get(slug)
        if before and before.etag != etag:
            from dataferry.client.errors import ServerRefusedError

            raise ServerRefusedError("server.web.changed_meanwhile", "changed", 412)
        revision = before.revision + 1 if before else 1
        texts = {"manifest": manifest, "recipe": recipe}
        made = Draft.of({"slug": slug, "revision": revision, **texts, "inputs": [], "etag": f'"r{revision}"'})
        self.drafts_kept[slug] = made
        return made


@pytest.fixture
def product(tmp_path: Path) -> Path:
    """A product folder on one CSV file."""
    file = tmp_path / "census.csv"
    file.write_bytes(CSV)
    return new_product(tmp_path / "made" / "people-here", [file])


@pytest.fixture
def source(product: Path) -> dict[str, Any]:
    loaded = load_product(product)
    (table,) = loaded.manifest.inputs
    return {
        "name": "people-here",
        "version": "1.0.0",
        "digest": DIGEST,
        "manifest": loaded.yaml.decode(),
        "recipe": loaded.sql,
        "inputs": [
            {
                "name": table,
                "dataset": "census",
                "snapshot": f"sha256:{SHA256}",
                "bytes": len(CSV),
                "file_name": "../../census.csv",
                "product": None,
            }
        ],
    }


def listed(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_pulled_folder_is_a_product_with_its_inputs(source: dict[str, Any], tmp_path: Path) -> None:
    found = pull(Told(source), "people-here", to=tmp_path / "here")
    table = source["inputs"][0]["name"]
    assert listed(found.folder) == [FILE, f"data/{table}.csv", "product.yaml", "recipe.sql"]
    assert load_product(found.folder).manifest.inputs[table].file == f"data/{table}.csv"
    origin = origin_of(found.folder)
    assert origin is not None
    assert (origin.server, origin.name, origin.version) == ("https://data.example.org", "people-here", "1.0.0")


@pytest.mark.parametrize("how", ["name", "table", "recipe", "version", "digest", "upstream"])
def test_hostile_names_from_a_server_write_nothing(source: dict[str, Any], tmp_path: Path, how: str) -> None:
    given = source["inputs"][0]
    if how == "name":
        source["name"] = "../elsewhere"
    elif how == "table":
        given["name"] = "../../evil"
    elif how == "recipe":
        source["manifest"] = "recipe: ../../evil.sql\n" + source["manifest"]
    elif how == "version":
        source["version"] = "1.0.0/../../evil"
    elif how == "digest":
        given["snapshot"] = "sha256:../../evil"
    else:
        given["product"] = {"name": "../evil", "version": "1.0.0"}
    place = tmp_path / "deep" / "down" / "here"
    with pytest.raises((InputError, KeyError)) as raised:
        pull(Told(source), "people-here", "1.0.0" if how != "version" else None, place)
    assert isinstance(raised.value, InputError)
    assert not place.exists()
    assert list(place.parent.iterdir()) == []
    assert not list(tmp_path.rglob("evil*"))


@pytest.mark.parametrize(
    "name",
    ["../x", "/x", "a/../b", "a//b", "", ".", "a\\b", "c:x", "a\x00b", "CON", "a/nul.txt", "x.", ".hidden", "文件"],
)
def test_paths_that_could_leave_the_folder_are_refused(name: str) -> None:
    with pytest.raises(InputError):
        inner_path(name)


@pytest.mark.parametrize("name", ["Upper", "a_b", "-a", "a--b", "con", "x" * 100])
def test_names_of_products_are_plain(name: str) -> None:
    with pytest.raises(InputError):
        product_name(name)


def test_of_a_file_name_only_its_ending_is_believed() -> None:
    assert suffix("../../etc/passwd") == ""
    assert suffix("stops.tar.GZ") == ".tar.gz"
    assert suffix("a.csv/../../b.xlsx") == ".xlsx"
    assert table_name("bus_stops") == "bus_stops"


def test_wrong_bytes_leave_nothing(source: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(InputError):
        pull(Told(source, CSV + b"x"), "people-here", to=tmp_path / "here")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith((".", "here"))] == []


def test_work_of_the_person_is_not_overwritten(source: dict[str, Any], tmp_path: Path) -> None:
    place = tmp_path / "here"
    pull(Told(source), "people-here", to=place)
    (place / "notes.txt").write_text("mine")
    (place / "recipe.sql").write_text("SELECT 1 AS mine")
    source["recipe"] += "\n-- newer"
    with pytest.raises(RefusedError) as raised:
        pull(Told(source), "people-here", to=place)
    assert raised.value.data["files"] == ["recipe.sql"]
    assert (place / "recipe.sql").read_text() == "SELECT 1 AS mine"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".here")] == []
    # Given up, the newer one comes; what the pull does not know of stays.
    (place / "recipe.sql").unlink()
    pull(Told(source), "people-here", to=place)
    assert (place / "recipe.sql").read_text().endswith("-- newer")
    assert (place / "notes.txt").read_text() == "mine"


def test_a_folder_that_was_never_pulled_is_work(source: dict[str, Any], tmp_path: Path) -> None:
    place = tmp_path / "here"
    place.mkdir()
    (place / "product.yaml").write_text("name: mine\n")
    with pytest.raises(RefusedError):
        pull(Told(source), "people-here", to=place)
    assert listed(place) == ["product.yaml"]


def test_a_link_in_the_folder_is_not_written_through(source: dict[str, Any], tmp_path: Path) -> None:
    place, outside = tmp_path / "here", tmp_path / "outside.sql"
    outside.write_text("precious")
    place.mkdir()
    (place / "recipe.sql").symlink_to(outside)
    with pytest.raises(RefusedError):
        pull(Told(source), "people-here", to=place)
    assert outside.read_text() == "precious"


def test_a_forged_memory_of_the_folder_removes_nothing_outside(source: dict[str, Any], tmp_path: Path) -> None:
    place, outside = tmp_path / "here", tmp_path / "precious.txt"
    outside.write_text("precious")
    place.mkdir()
    forged = {"../precious.txt": hashlib.sha256(b"precious").hexdigest()}
    Origin("https://data.example.org", "people-here", files=forged).write(place)
    pull(Told(source), "people-here", to=place)
    assert outside.read_text() == "precious"


def test_an_input_that_is_not_handed_out_is_told(source: dict[str, Any], tmp_path: Path) -> None:
    source["inputs"][0]["dataset"] = None
    with pytest.raises(MissingError) as raised:
        pull(Told(source), "people-here", to=tmp_path / "here")
    assert raised.value.code == "client.inputs_missing"
    assert not (tmp_path / "here").exists()


def test_push_goes_on_only_from_what_the_folder_saw(product: Path, source: dict[str, Any]) -> None:
    server = Told(source)
    first = push(server, product)
    assert (first.changed, first.revision, first.sent) == (True, 1, ())
    assert "dataset: census" in server.drafts_kept["people-here"].manifest
    assert not push(server, product).changed
    recipe = product / "recipe.sql"
    recipe.write_text(recipe.read_text() + "\n-- mine\n")
    assert push(server, product).revision == 2
    there = server.drafts_kept["people-here"]
    server.save_draft("people-here", there.manifest, "-- theirs", there.etag)
    recipe.write_text(recipe.read_text() + "\n-- mine again\n")
    with pytest.raises(RefusedError) as raised:
        push(server, product)
    assert raised.value.code == "client.draft_moved_on"
    assert server.drafts_kept["people-here"].recipe == "-- theirs"
    assert push(server, product, replace=True).revision == 4


def test_push_does_not_take_over_a_draft_it_does_not_come_from(product: Path, source: dict[str, Any]) -> None:
    server = Told(source)
    server.open_draft("people-here", "name: other", "SELECT 1")
    with pytest.raises(RefusedError) as raised:
        push(server, product)
    assert raised.value.code == "client.draft_there"


def test_standing_tells_draft_release_and_changes(product: Path, source: dict[str, Any]) -> None:
    server = Told(source)
    assert standing(server, None).person is not None
    assert standing(server, product).draft == "none"
    push(server, product)
    assert (standing(server, product).draft, standing(server, product).changed) == ("same", ())
    recipe = product / "recipe.sql"
    recipe.write_text(recipe.read_text() + "\n-- changed\n")
    found = standing(server, product)
    assert found.changed == ("recipe.sql",)
    there = server.drafts_kept["people-here"]
    server.save_draft("people-here", there.manifest, "-- theirs", there.etag)
    assert standing(server, product).draft == "moved"
    (product / FILE).unlink()
    assert standing(server, product).draft == "other"
    assert json.dumps(found.to_json())


def test_tokens_are_kept_for_their_owner_only(tmp_path: Path) -> None:
    logins = Logins(tmp_path / "config")
    logins.keep(Login("https://a.example", "dfy_a"))
    logins.keep(Login("https://b.example", "dfy_b"))
    assert logins.file.stat().st_mode & 0o777 == 0o600
    assert logins.file.parent.stat().st_mode & 0o777 == 0o700
    assert "dfy_" not in repr(logins.all())
    assert logins.of(environment={}).token == "dfy_b"
    assert logins.of("a.example", {}).token == "dfy_a"
    assert logins.of(environment={"DATAFERRY_SERVER": "a.example"}).token == "dfy_a"
    assert logins.of(environment={"DATAFERRY_SERVER": "c.example", "DATAFERRY_TOKEN": "dfy_c"}).token == "dfy_c"
    with pytest.raises(MissingError):
        logins.of("c.example", {})
    assert logins.drop("https://b.example")
    assert [login.server for login in logins.all()] == ["https://a.example"]
    logins.file.chmod(0o644)
    with pytest.raises(RefusedError) as raised:
        logins.all()
    assert raised.value.code == "client.logins_open"


@pytest.mark.parametrize("text", ["", "{", "[1]", '[{"server": 1}]', "null"])
def test_a_damaged_file_of_logins_is_told(tmp_path: Path, text: str) -> None:
    logins = Logins(tmp_path)
    logins.file.write_text(text)
    logins.file.chmod(0o600)
    with pytest.raises(RefusedError) as raised:
        logins.all()
    assert raised.value.code == "client.logins_damaged"
