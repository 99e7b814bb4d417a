"""Shared by the workshop's tests: people, a dataset of one of them, a draft that builds."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from server.persons import make_person

STOPS = "stop,名稱,district,lines\nA1,中環,Central,3\nB2,灣仔,Wan Chai,2\nC3,北角,Eastern,2\nD4,西環,Central,1\n"


@pytest.fixture
def ann(db: None) -> Any:
    """The member whose drafts these are."""
    return make_person("ann@example.org")


@pytest.fixture
def bob(db: None) -> Any:
    """Another member, without any right."""
    return make_person("bob@example.org")


@pytest.fixture
def upload(store: Path, work: Callable[[], list[str]]) -> Callable[..., Any]:
    """A snapshot in a dataset of a person's own, as an upload leaves it."""
    from dataferry.server.catalogue.actions import receive_upload

    def give(user: Any, content: bytes = STOPS.encode("big5"), name: str = "stops.csv", **more: Any) -> Any:
        more.setdefault("metadata", {"title": {"en": "Stops"}, "city": "hong-kong", "licence": "CC-BY-4.0"})
        taken = receive_upload(user, more.pop("dataset", None), io.BytesIO(content), name, **more)
        work()
        taken.refresh_from_db()
        assert taken.snapshot is not None, taken.error
        return taken.snapshot

    return give


@pytest.fixture
def snapshot(upload: Callable[..., Any], ann: Any) -> Any:
    """A Big5 file of Ann's, read."""
    return upload(ann)


@pytest.fixture
def draft(snapshot: Any, ann: Any) -> Any:
    """Ann's draft on her dataset, as the workshop starts it."""
    from dataferry.server.workshop.actions import open_draft

    return open_draft(ann, [snapshot], "my-stops", "My stops")


@pytest.fixture
def built(draft: Any, ann: Any, work: Callable[[], list[str]]) -> Any:
    """The release that Ann's draft becomes; not published."""
    from dataferry.server.workshop.actions import request_build

    build = request_build(ann, draft)
    assert work() == ["done"]
    build.refresh_from_db()
    return build.release
