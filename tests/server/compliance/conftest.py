"""Shared by the tests of compliance: an exporter in Shanghai, a buyer in Hong Kong, an officer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from server.market import Party, make_merchant
from server.persons import make_person


@pytest.fixture
def shanghai(db: None, home: Path) -> Party:
    return make_merchant("shanghai", "supplier")


@pytest.fixture
def hong_kong(db: None, home: Path) -> Party:
    return make_merchant("hong-kong", "buyer")


@pytest.fixture
def officer(db: None) -> Any:
    return make_person("officer@example.org", "compliance-officer", city="shanghai")
