"""Promise: `status`, `push` and `pull` say in words what they did and what comes next, whatever a server answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dataferry import client
from dataferry.cli import sync
from dataferry.client.comparing import Standing
from dataferry.client.pulling import Pulled
from dataferry.client.pushing import Pushed
from dataferry.client.records import Build, Person
from dataferry.messages import UnavailableError

SERVER = "https://ferry.example"
MEI = Person(raw={}, id=7, display_name="Mei [bold]", email="mei@example.org")


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the client finds, instead of a server."""

    @contextmanager
    def nobody(_server: str | None) -> Iterator[None]:
        yield

    def answer(name: str, value: object) -> None:
        monkeypatch.setattr(sync, "client_of", nobody)
        monkeypatch.setattr(client, name, lambda *_words, **_options: value)

    return answer


def test_a_server_that_cannot_be_reached_is_told_and_ends_otherwise(command: Any, answered: Any) -> None:
    problem = UnavailableError("client.unreachable", server=SERVER, why="refused")
    answered("standing", Standing(SERVER, None, problem))
    ended = command("status")
    assert ended.code == problem.exit_code != 0
    assert SERVER in ended.out
    assert problem.text() in ended.out.replace("\n", "")


def test_a_folder_without_a_product_leads_on(command: Any, answered: Any) -> None:
    answered("standing", Standing(SERVER, MEI, None))
    ended = command("status")
    assert ended.code == 0
    assert f"Mei [bold] at {SERVER}" in ended.out, "a name is text, not markup"
    assert "dataferry new NAME" in ended.out


@pytest.mark.parametrize(
    ("draft", "built", "released", "told"),
    [
        ("none", None, None, ("no draft of it", "Built here: not yet", "no release of this version")),
        ("same", "sha256:1", "sha256:1", ("this folder last saw", "Built here: sha256:1", "same content")),
        ("moved", "sha256:1", "sha256:2", ("changed since", "On the server: sha256:2", "needs a new version")),
        ("a word of a later server", None, None, ("does not come from",)),
    ],
)
def test_how_a_folder_stands_is_said_in_words(
    command: Any, answered: Any, draft: str, built: str | None, released: str | None, told: tuple[str, ...]
) -> None:
    names = {"name": "stops", "version": "1.2.0", "changed": ("recipe.sql", "[red]product.yaml")}
    answered("standing", Standing(SERVER, MEI, None, **names, draft=draft, built_digest=built, release_digest=released))
    ended = command("status")
    assert ended.code == 0
    for words in ("stops 1.2.0", "recipe.sql was changed here", "[red]product.yaml was changed", *told):
        assert words in ended.out


def test_what_was_pushed_is_told(command: Any, answered: Any) -> None:
    answered("push", Pushed("stops", SERVER, 3, True, ("stops.csv",), ("districts.shp",)))
    ended = command("push")
    assert ended.code == 0
    for words in ("now at revision 3", "Inputs sent: stops.csv", "the server had: districts.shp"):
        assert words in ended.out
    answered("push", Pushed("stops", SERVER, 3, False, (), (), Build(raw={}, id=9, state="queued")))
    ended = command("push", "--build")
    assert "was this already (revision 3)" in ended.out
    assert "Build 9: queued" in ended.out
    answered("push", Pushed("stops", SERVER, 3, False, (), (), Build(raw={}, id=9, state="done", digest="sha256:1")))
    assert "Build 9: done, sha256:1" in command("push", "--build", "--wait").out


def test_to_wait_for_no_build_is_a_mistake(command: Any) -> None:
    ended = command("push", "--wait")
    assert ended.code != 0
    assert "--build" in ended.err


def test_what_was_pulled_is_told_with_what_comes_next(command: Any, answered: Any) -> None:
    answered("pull", Pulled(Path("there"), "stops", "1.2.0", "sha256:1", ("recipe.sql",), ("old.csv",)))
    ended = command("pull", "stops@1.2.0")
    assert ended.code == 0
    for words in ("stops 1.2.0 is in there", "recipe.sql", "old.csv was removed", "sha256:1", "dataferry build there"):
        assert words in ended.out
