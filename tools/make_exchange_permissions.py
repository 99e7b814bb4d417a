"""Writes docs/reference/exchange-permissions.md by trying: `python tools/make_exchange_permissions.py [--check]`.

Every role tries every page, operation and door of the exchange (tests/server/exchange/matrix.py) on a database of its
own. Look at what changed before you commit it: the table is what people may do.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEST = "tests/server/exchange/test_matrix.py::test_the_page_of_the_documentation_is_what_was_tried"


def main() -> int:
    environment = dict(os.environ)
    if "--check" not in sys.argv:
        environment["DATAFERRY_WRITE_PERMISSIONS"] = "1"
    return subprocess.call(  # noqa: S603  our own test
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", TEST], cwd=ROOT, env=environment
    )


if __name__ == "__main__":
    sys.exit(main())
