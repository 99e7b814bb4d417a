"""Examples built as they ship, once a session."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from building import EXAMPLES, Built


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Built]:
    """Build an example as it ships, once a session."""
    built: dict[str, Built] = {}

    def get(name: str) -> Built:
        from dataferry.products import build

        if name not in built:
            out = tmp_path_factory.mktemp("shipped") / name
            build(EXAMPLES / name, out=out)
            built[name] = Built(out)
        return built[name]

    return get
