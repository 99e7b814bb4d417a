"""Everything `./run test` checks, in order, fastest first. Stops at the first thing that fails.

A test that fails among all the others on a busy machine gets a second try, alone: it is named loudly at the end, and
one that fails again fails the run. When more than ten failed, none is tried again.

./run test              all of it
./run test --coverage   the same, and how much of the code the tests reach; takes half as long again
./run test tests/geo    only these tests (no other checks)
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parents[1]
COVERAGE_FLOOR = 95
MOST_SECOND_TRIES = 10
SOME_TESTS_FAILED = 1
"""The answer of pytest for failed tests; others mean that it could not do its work."""
# What the two databases could do differently: order, locks, triggers, search, migrations. Pages and files are the same.
ON_POSTGRESQL = tuple(
    f"tests/server/{place}"
    for place in (
        "journal",
        "jobs",
        "web/test_limits.py",
        "web/test_paging.py",
        "people",
        "catalogue/test_search.py",
        "catalogue/test_actions.py",
        "workshop/test_actions.py",
        "letters/test_killed.py",
        "letters/test_letters.py",
        "uploads/test_safety.py",
        "challenge/test_entries.py",
        "challenge/test_results.py",
        "challenge/test_scoring.py",
        "challenge/test_scoring_racing.py",
        "challenge/test_sessions.py",
        "challenge/test_teams.py",
        "challenge/test_teams_racing.py",
        "compliance/test_border.py",
        "compliance/test_cases.py",
        "exchange/test_money.py",
        "exchange/test_registers_racing.py",
        "exchange/test_registrations.py",
        "exchange/test_trade.py",
        "exchange/test_trade_racing.py",
        "delivery/test_gate.py",
        "delivery/test_life.py",
        "delivery/test_racing.py",
        "test_exchange_trip.py",
        "portal/test_backup.py",
        "test_upgrade.py",
    )
)
BIN = Path(sys.executable).parent


def say(text: str) -> None:
    sys.stdout.write(f"\n\033[1m{text}\033[0m\n")
    sys.stdout.flush()


def step(name: str, *command: str, **environment: str) -> None:
    code = attempt(name, *command, **environment)
    if code:
        fail(name, code)


def attempt(name: str, *command: str, **environment: str) -> int:
    say(f"== {name}")
    began = time.monotonic()
    code = subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=False).returncode  # noqa: S603
    sys.stdout.write(f"   {time.monotonic() - began:.1f} s\n")
    return code


def fail(name: str, code: int = 1) -> NoReturn:
    say(f"== {name}: failed")
    sys.exit(code)


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
    if not postgresql_is_here():
        missing.append("PostgreSQL (Debian: apt-get install postgresql)")
    for what in missing:
        say(f"This machine has no {what}: the tests that need it are skipped.")


def postgresql_is_here() -> bool:
    return any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of a PostgreSQL that lives as long as the block."""
    script = [str(ROOT / "tools/postgresql.sh")]
    with subprocess.Popen(script, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603
        address = server.stdout.readline().strip() if server.stdout else ""
        if not address:
            say("== PostgreSQL did not start")
            sys.exit(1)
        yield address


def tests(*arguments: str, measured: bool, **environment: str) -> list[str]:
    """Run tests on all processors; what failed, once more and alone. Which needed the second try."""
    environment["COVERAGE_FILE"] = str(ROOT / ".coverage")
    tracer = ("-m", "coverage", "run") if measured else ()
    with tempfile.TemporaryDirectory() as memory:
        pytest = (sys.executable, *tracer, "-m", "pytest", "-q", "-o", f"cache_dir={memory}")
        code = attempt("tests", *pytest, "-n", str(workers()), *arguments, **environment)
        if code == 0:
            return []
        failed = failed_tests(Path(memory))
        if code != SOME_TESTS_FAILED or not 0 < len(failed) <= MOST_SECOND_TRIES:
            fail("tests", code)
        step(f"tests that failed ({len(failed)}), once more and alone", *pytest, *failed, **environment)
    return failed


def workers() -> int:
    """One more than processors: browsers, other processes and disks are waited for a quarter of the time."""
    return min(4, (os.cpu_count() or 1) + 1)


def failed_tests(memory: Path) -> list[str]:
    """The tests that pytest remembers as failed."""
    kept = memory / "v/cache/lastfailed"
    return list(json.loads(kept.read_text(encoding="utf-8"))) if kept.is_file() else []


def tell_second_tries(names: list[str]) -> None:
    for name in names:
        say(f"!! NEEDED A SECOND TRY: {name}")
    if names:
        say(f"!! {len(names)} passed only when tried again, alone: each waits too short or races. Mend it.")


def known_weaknesses() -> None:
    """Ask the index for known weaknesses of what is installed. An index that does not offer this is not a fault."""
    say("== known weaknesses (pip-audit)")
    lock = ["--requirement", "requirements.lock", "--require-hashes", "--disable-pip", "--progress-spinner", "off"]
    command = [sys.executable, "-m", "pip_audit", *lock, "--timeout", "10"]
    result = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)  # noqa: S603
    if unknown := result.stdout.count("could not be audited"):
        sys.stdout.write(f"   {unknown} packages are not known to the service\n")
    if result.returncode and "known vulnerabilit" in result.stderr + result.stdout:
        sys.stdout.write(result.stdout + result.stderr)
        fail("known weaknesses")
    if result.returncode:
        sys.stdout.write("   not checked: no service of known weaknesses can be reached from here\n")


def main(arguments: list[str]) -> None:
    measured = "--coverage" in arguments
    arguments = [argument for argument in arguments if argument != "--coverage"]
    if arguments:
        step("tests", sys.executable, "-m", "pytest", *arguments)
        return
    tell_what_is_missing()
    step("ruff", str(BIN / "ruff"), "check", ".")
    step("ruff format", str(BIN / "ruff"), "format", "--check", ".")
    step("floors of the house", str(BIN / "lint-imports"))
    step("mypy", str(BIN / "mypy"))
    step("pip check", sys.executable, "-m", "pip", "check") if shutil.which("pip", path=str(BIN)) else None
    step("coverage", sys.executable, "-m", "coverage", "erase")
    if attempt("the real Delta Sharing clients", sys.executable, str(ROOT / "tools/delta_clients.py")):
        say("Not every client could be installed: the tests that need it are skipped.")
    again = tests(measured=measured)
    if postgresql_is_here():
        say("== the server's rooms once more, on PostgreSQL")
        with postgresql() as address:
            again += tests(*ON_POSTGRESQL, "-m", "not browser", measured=measured, DATABASE_URL=address)
    known_weaknesses()
    try:
        if measured:
            tell_coverage()
    finally:
        tell_second_tries(again)


def tell_coverage() -> None:
    """How much of the code the tests reach; less than the floor is a failure."""
    step("coverage", sys.executable, "-m", "coverage", "combine", "--quiet")
    step("coverage", sys.executable, "-m", "coverage", "report", f"--fail-under={COVERAGE_FLOOR}")


if __name__ == "__main__":
    main(sys.argv[1:])
