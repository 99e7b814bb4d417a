"""Shared by all tests: where the real files of both cities are."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# No timed tests: a busy machine is not a fault.
settings.register_profile("dataferry", deadline=None)
settings.load_profile("dataferry")


@pytest.fixture(scope="session")
def real() -> Path:
    """The folder of real files beside the checkout; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("DATAFERRY_REAL", Path(__file__).parents[2] / "shared" / "real"))
    if not folder.is_dir():
        pytest.skip("the real files of both cities are not beside this checkout")
    return folder
