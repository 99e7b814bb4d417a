"""Shared by all tests: where the real files of both cities are, and who runs what when several processes share them."""

import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# No timed tests: a busy machine is not a fault.
settings.register_profile("dataferry", deadline=None)
settings.load_profile("dataferry")


HOUSES = ("tests/server/test_up.py", "tests/server/test_acceptance.py")
"""Whole houses, several processes each: one at a time."""
MADE_FOR_A_MODULE = ('scope="module"', "for all tests of this module")
"""Words of a module that makes something costly once for its tests: all of them go to one process."""
ROOT = Path(__file__).parents[1]
DATABASE = {"db", "transactional_db", "live_server"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow tests begin first: the one that begins last decides when all are done.

    Those with a database stay in the order of pytest-django, which has tests that empty it after those that do not.
    """

    def late(item: pytest.Item) -> bool:
        with_database = item.get_closest_marker("django_db") or DATABASE & set(getattr(item, "fixturenames", ()))
        return bool(with_database) or item.get_closest_marker("slow") is None

    items.sort(key=late)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Each test to whoever is free, but houses to one process, and tests that share what is made for them to one.

    (xdist's own groups know nothing of pytest 9.2.)
    """
    from xdist.scheduler import LoadScopeScheduling

    class OneHouseAtATime(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            if nodeid.startswith(HOUSES):
                return "house"
            module = nodeid.partition("::")[0]
            return module if shares(module) else nodeid

    return OneHouseAtATime(config, log)


@cache
def shares(module: str) -> bool:
    """Whether tests of the module share something that is made once."""
    text = (ROOT / module).read_text(encoding="utf-8")
    return any(words in text for words in MADE_FOR_A_MODULE)


@pytest.fixture(scope="session")
def real() -> Path:
    """The folder of real files beside the checkout; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("DATAFERRY_REAL", Path(__file__).parents[2] / "shared" / "real"))
    if not folder.is_dir():
        pytest.skip("the real files of both cities are not beside this checkout")
    return folder
