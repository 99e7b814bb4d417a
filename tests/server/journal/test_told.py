"""Promise: whatever a room journals, it can tell in three languages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import dataferry.server
from dataferry.messages import LANGUAGES, say
from dataferry.server import journal
from dataferry.server.journal.guard import checked_act

SERVER = Path(dataferry.server.__file__).parent


def acts_in_source() -> Iterator[str]:
    """The acts that stand in calls of `journal.append` or of a life, or in what is called `act` or told by `_tell`."""
    for file in SERVER.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        if not any(call in text for call in ("journal.append(", ".begin(", ".move(")):
            continue
        for node in ast.walk(ast.parse(text)):
            if (
                isinstance(node, ast.Call)
                and len(node.args) > 1
                and ast.unparse(node.func) in {"journal.append", "_tell"}
            ):
                yield from _texts(node.args[1])
            elif isinstance(node, ast.Call) and _is_life(node):
                for argument in node.args[1:]:
                    yield from _acts(argument)
            elif isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["act"]:
                yield from _texts(node.value)


def _is_life(call: ast.Call) -> bool:
    """Calls like `LISTING.move(...)` and `LISTING.begin(...)`."""
    called = call.func
    return (
        isinstance(called, ast.Attribute)
        and called.attr in {"begin", "move"}
        and isinstance(called.value, ast.Name)
        and called.value.id.isupper()
    )


def _acts(node: ast.expr) -> Iterator[str]:
    """Texts such as `exchange.listing_listed`, not those inside the payload."""
    if not isinstance(node, ast.Dict):
        yield from _texts(node)


def _texts(node: ast.expr) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and "." in part.value:
            yield part.value


def test_every_act_is_told_by_its_room() -> None:
    acts = set(acts_in_source())
    assert {"catalogue.dataset_published", "people.role_granted", "people.organisation_verified"} <= acts
    assert [act for act in sorted(acts) if journal.told(checked_act(act)) == "server.journal.told_by_code"] == []
    for act in acts:
        said = {say(journal.told(act), {"actor": "[who]", "object": "[what]"}, language) for language in LANGUAGES}
        assert len(said) > 1, act
        assert all("[who]" in text for text in said), act
