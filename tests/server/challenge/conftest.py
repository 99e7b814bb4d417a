"""Fixtures of the challenge's tests: its clock, its synthetic edition, organisers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from server.challenge.editions import Clock, make_edition, make_organiser


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The challenge's clock. It stands in the registration phase until a test sets it."""
    standing = Clock()
    monkeypatch.setattr("dataferry.server.challenge.clock.now", standing)
    return standing


@pytest.fixture
def edition(db: None, home: Path, clock: Clock) -> Any:
    """The small edition, open for entries; Hong Kong chooses 2, Shanghai 3."""
    return make_edition()


@pytest.fixture
def organiser(edition: Any) -> Any:
    """An organiser of both cities."""
    return make_organiser()


@pytest.fixture
def hk_organiser(edition: Any) -> Any:
    return make_organiser("hong-kong")


@pytest.fixture
def sh_organiser(edition: Any) -> Any:
    return make_organiser("shanghai")
