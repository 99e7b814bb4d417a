"""`./run bench [NAME ...] [--scale small|full]`: runs benchmarks, prints ratios, writes JSON to benchmarks/results/."""

from __future__ import annotations

import argparse
import importlib
import json
import platform
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent
NAMES = sorted(file.stem for file in HERE.glob("[a-z]*.py"))
console = Console(highlight=False)


def flat(value: dict[str, Any], before: str = "") -> dict[str, Any]:
    """Nested figures as one level with dotted names."""
    figures: dict[str, Any] = {}
    for key, item in value.items():
        if isinstance(item, dict):
            figures |= flat(item, f"{before}{key}.")
        else:
            figures[before + key] = item
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--scale", choices=["small", "full"], default="full")
    asked = parser.parse_args()
    unknown = set(asked.names) - set(NAMES)
    if unknown:
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}; there are: {', '.join(NAMES)}")
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    for name in asked.names or NAMES:
        module = importlib.import_module(f"benchmarks.{name}")
        console.print(f"[bold]{name}[/] {module.DESCRIPTION}")
        figures = module.run(asked.scale)
        table = Table("figure", "value")
        for key, value in flat(figures).items():
            table.add_row(key, f"{value:,.4g}" if isinstance(value, float) else str(value))
        console.print(table)
        document = {"benchmark": name, "scale": asked.scale, "python": platform.python_version(), "figures": figures}
        (results / f"{name}.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    sys.exit(0)


if __name__ == "__main__":
    main()
