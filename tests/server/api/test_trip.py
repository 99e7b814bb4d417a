"""Promise: what is pushed, built and published on a server comes back by pull and builds to the same digest.

The real application answers on a real socket; the jobs of the server are done while the client waits.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dataferry.client import Client, pull, push, standing
from dataferry.messages import DataferryError, InputError, RefusedError
from dataferry.products import build, load_product, new_product
from server.persons import make_person

pytestmark = pytest.mark.django_db(transaction=True)

STOPS = "stop,名稱,district,lines\nA1,中環,Central,3\nB2,灣仔,Wan Chai,2\nC3,北角,Eastern,2\nD4,西環,Central,1\n"


@pytest.fixture(autouse=True)
def _house(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "home"
    settings.HOME.mkdir()
    settings.STORE = str(settings.HOME / "snapshots")


def work_off(_seconds: float = 0.0) -> None:
    """Do all open jobs, as a worker would."""
    from dataferry.server import jobs

    while job := jobs.Job.objects.filter(state="queued").order_by("pk").first():
        jobs.run(job.pk)


def token_of(person: Any, *scopes: str) -> str:
    from dataferry.server.people.actions import issue_token

    return str(issue_token(person, "laptop", scopes or ("read", "write", "publish"), 30)[1])


@pytest.fixture
def connect(live_server: Any) -> Iterator[Callable[..., Client]]:
    """A client of the running application, which works off the server's jobs whenever it waits."""
    opened: list[Client] = []

    def make(token: str | None) -> Client:
        opened.append(Client(live_server.url, token, retries=0, sleep=work_off))
        return opened[-1]

    yield make
    for client in opened:
        client.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A product on one Big5 file."""
    file = tmp_path / "stops.csv"
    file.write_bytes(STOPS.encode("big5"))
    return new_product(tmp_path / "mine" / "harbour-stops", [file])


def test_push_build_publish_pull_and_build_again_give_one_digest(
    connect: Callable[..., Client], folder: Path, tmp_path: Path
) -> None:
    client = connect(token_of(make_person("ann@example.org")))
    assert standing(client, folder).draft == "none"
    told: list[str] = []
    pushed = push(client, folder, build=True, wait=True, told=lambda what, _share: told.append(what))
    assert pushed.build is not None
    assert (pushed.build.state, len(pushed.sent), pushed.known) == ("done", 1, ())
    here = build(folder, folder / "release")
    assert pushed.build.digest == here.digest
    found = standing(client, folder)
    assert (found.draft, found.same_release, found.changed) == ("same", True, ())

    # Nothing is sent twice: the server knows the bytes, and the texts are the same.
    again = push(client, folder)
    assert (again.changed, again.sent, len(again.known)) == (False, (), 1)

    version = load_product(folder).manifest.version
    stranger = connect(token_of(make_person("bob@example.org")))
    with pytest.raises(DataferryError) as raised:
        pull(stranger, "harbour-stops", version, tmp_path / "stolen")
    assert raised.value.http_status == 404
    assert not (tmp_path / "stolen").exists()

    pulled = pull(client, "harbour-stops", to=tmp_path / "again")
    assert pulled.digest == here.digest
    assert build(pulled.folder, tmp_path / "rebuilt").digest == here.digest
    drawn = pull(client, "harbour-stops", "draft", tmp_path / "draft")
    assert build(drawn.folder, tmp_path / "rebuilt-draft").digest == here.digest


def test_a_release_comes_whole_and_verifies(connect: Callable[..., Client], folder: Path, tmp_path: Path) -> None:
    from dataferry.products import Release

    client = connect(token_of(make_person("ann@example.org")))
    push(client, folder, build=True, wait=True)
    version = load_product(folder).manifest.version
    client.download_release("harbour-stops", version, tmp_path / "release")
    release = Release.load(tmp_path / "release", check=True)
    assert release.recompute_digest() == release.digest
    assert [each.version for each in client.releases("harbour-stops")] == [version]
    assert client.release("harbour-stops").digest == release.digest


def test_a_change_on_the_server_is_not_overwritten(connect: Callable[..., Client], folder: Path) -> None:
    client = connect(token_of(make_person("ann@example.org")))
    push(client, folder)
    there = client.draft("harbour-stops")
    client.save_draft("harbour-stops", there.manifest, there.recipe + "\n-- in the browser\n", there.etag)
    recipe = folder / "recipe.sql"
    recipe.write_text(recipe.read_text() + "\n-- on the laptop\n")
    with pytest.raises(RefusedError) as raised:
        push(client, folder)
    assert raised.value.code == "client.draft_moved_on"
    assert "in the browser" in client.draft("harbour-stops").recipe
    with pytest.raises(DataferryError) as stale:
        client.save_draft("harbour-stops", there.manifest, there.recipe, there.etag)
    assert stale.value.status in {409, 412}  # type: ignore[attr-defined]


def test_wrong_and_weak_tokens_are_refused(connect: Callable[..., Client], folder: Path) -> None:
    with pytest.raises(RefusedError) as wrong:
        connect("dfy_wrong").me()
    assert wrong.value.code == "server.people.bad_token"
    reader = connect(token_of(make_person("ann@example.org"), "read"))
    assert reader.me().email == "ann@example.org"
    with pytest.raises(RefusedError) as weak:
        push(reader, folder)
    assert weak.value.code == "server.people.scope_missing"
    with pytest.raises(RefusedError):
        connect(None).me()


def test_a_file_that_cannot_be_read_is_told_with_the_reason(
    connect: Callable[..., Client], folder: Path, tmp_path: Path
) -> None:
    client = connect(token_of(make_person("ann@example.org")))
    bad = tmp_path / "bad.xlsx"
    bad.write_bytes(b"PK\x03\x04 no workbook")
    upload = client.upload(bad, about={"title": {"en": "Bad"}})
    with pytest.raises(InputError) as raised:
        client.wait_for_upload(upload)
    assert raised.value.code == "client.upload_failed"
    assert len(raised.value.data["why"]) > 10


def test_the_commands_walk_the_same_way(
    live_server: Any,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`login`, `status`, `push --build --wait`, `pull`, `logout` as a person types them."""
    from dataferry.cli import main

    monkeypatch.setenv("DATAFERRY_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("DATAFERRY_LANG", "en")
    monkeypatch.delenv("DATAFERRY_TOKEN", raising=False)
    monkeypatch.delenv("DATAFERRY_SERVER", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(Client.__init__.__kwdefaults__, "sleep", work_off)

    def run(*words: object) -> tuple[int, Any]:
        monkeypatch.setattr(sys, "argv", ["dataferry", *map(str, words), "--json"])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        return code, json.loads(capsys.readouterr().out)

    assert run("status", folder)[0] == 6
    secret = tmp_path / "token"
    secret.write_text("not a token\n")
    assert run("login", live_server.url, "--token-file", secret)[0] == 3
    secret.write_text("dfy_" + "x" * 43)
    code, told = run("login", live_server.url, "--token-file", secret)
    assert (code, told["error"]["code"]) == (4, "server.people.bad_token")
    assert not (tmp_path / "config" / "logins.json").exists()
    secret.write_text(token_of(make_person("ann@example.org")) + "\n")
    code, told = run("login", live_server.url, "--token-file", secret)
    assert (code, told["server"]) == (0, live_server.url)

    code, told = run("push", folder, "--build", "--wait")
    assert (code, told["build"]["state"]) == (0, "done")
    code, told = run("pull", "harbour-stops", "--to", tmp_path / "again")
    assert code == 0
    code, rebuilt = run("build", tmp_path / "again")
    assert (code, rebuilt["digest"]) == (0, told["digest"])
    code, told = run("status", tmp_path / "again")
    assert (code, told["product"]["same_release"]) == (0, True)
    code, told = run("pull", "harbour-stops@../../x", "--to", tmp_path / "x")
    assert (code, told["error"]["code"]) == (3, "client.hostile_name")
    assert run("push", folder, "--wait")[0] == 2
    assert run("logout")[0] == 0
    assert run("status", folder)[0] == 6
