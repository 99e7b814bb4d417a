"""Everything `./run test` checks, in order, fastest first. Stops at the first thing that fails.

./run test              all of it
./run test tests/geo    only these tests (no coverage, no other checks)
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
COVERAGE_FLOOR = 95
BIN = Path(sys.executable).parent


def say(text: str) -> None:
    sys.stdout.write(f"\n\033[1m{text}\033[0m\n")
    sys.stdout.flush()


def step(name: str, *command: str, **environment: str) -> None:
    say(f"== {name}")
    began = time.monotonic()
    result = subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=False)  # noqa: S603
    if result.returncode:
        say(f"== {name}: failed")
        sys.exit(result.returncode)
    sys.stdout.write(f"   {time.monotonic() - began:.1f} s\n")


def tell_what_is_missing() -> None:
    """Browser tests need Chromium and a Chinese font; say so, since a skipped test looks like a passed one."""
    missing = []
    if not any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")):
        missing.append("Chromium (Debian: apt-get install chromium)")
    fonts = shutil.which("fc-list")
    if not fonts or not subprocess.run([fonts, ":lang=zh"], capture_output=True, check=False).stdout:  # noqa: S603
        missing.append("a Chinese font (Debian: apt-get install fonts-wqy-microhei fontconfig)")
    if not shutil.which("bwrap"):
        missing.append("bubblewrap (Debian: apt-get install bubblewrap)")
    for what in missing:
        say(f"This machine has no {what}: the tests that need it are skipped.")


def main(arguments: list[str]) -> None:
    if arguments:
        step("tests", sys.executable, "-m", "pytest", *arguments)
        return
    tell_what_is_missing()
    step("ruff", str(BIN / "ruff"), "check", ".")
    step("ruff format", str(BIN / "ruff"), "format", "--check", ".")
    step("floors of the house", str(BIN / "lint-imports"))
    step("mypy", str(BIN / "mypy"))
    step("pip check", sys.executable, "-m", "pip", "check") if shutil.which("pip", path=str(BIN)) else None
    workers = str(min(4, os.cpu_count() or 1))
    step("tests", sys.executable, "-m", "coverage", "erase")
    step(
        "tests",
        *(sys.executable, "-m", "coverage", "run", "-m", "pytest", "-n", workers, "--dist", "loadgroup", "-q"),
        COVERAGE_FILE=str(ROOT / ".coverage"),
    )
    step("coverage", sys.executable, "-m", "coverage", "combine", "--quiet")
    step("coverage", sys.executable, "-m", "coverage", "report", f"--fail-under={COVERAGE_FLOOR}")


if __name__ == "__main__":
    main(sys.argv[1:])
