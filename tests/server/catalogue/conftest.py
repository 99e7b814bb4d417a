"""Shared by the catalogue's tests: people, and a dataset of one of them."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from server.persons import make_person

TITLE = {"title": {"en": "Museums"}}
CSV = "名稱,類別,數目\n灣仔,博物館,3\n中西區,圖書館,5\n".encode("big5")


@pytest.fixture
def holder(db: None) -> Any:
    """A data holder of Hong Kong."""
    return make_person("holder@example.org", "data-holder", city="hong-kong")


@pytest.fixture
def member(db: None) -> Any:
    return make_person("member@example.org")


@pytest.fixture
def upload(store: Path) -> Callable[..., Any]:
    """`receive_upload` of bytes."""
    from dataferry.server.catalogue.actions import receive_upload

    def give(user: Any, content: bytes = CSV, name: str = "facilities.csv", dataset: Any = None, **more: Any) -> Any:
        if dataset is None:
            more.setdefault("metadata", {**TITLE, "city": "hong-kong", "licence": "CC-BY-4.0"})
        return receive_upload(user, dataset, io.BytesIO(content), name, **more)

    return give


@pytest.fixture
def dataset(upload: Callable[..., Any], work: Callable[[], list[str]], holder: Any) -> Any:
    """A private dataset of the data holder with one snapshot."""
    from dataferry.server.catalogue.models import Dataset

    upload(holder)
    work()
    return Dataset.objects.get()
