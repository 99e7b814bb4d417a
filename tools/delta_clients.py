"""The real Delta Sharing clients, each in an environment of its own: the judges of our server, never part of it.

Two versions that people have today and that cannot live together: 1.4.1 beside the newest pandas and pyarrow, 1.4.2
with the older ones that it insists on. An environment is made once, from a hashed lock file, and made again when the
lock changes.

python tools/delta_clients.py         makes both
python_of("1.4.2")                    the interpreter to run that client with
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
VERSIONS = ("1.4.1", "1.4.2")
LONGEST_INSTALLATION = 600


class NoClientError(Exception):
    """The environment cannot be made here, most often because no package index can be reached."""


def python_of(version: str) -> Path:
    """The interpreter of the environment with this version of the client; made first if it is not there.

    Raises:
        NoClientError: it could not be made.
    """
    lock = ROOT / f"requirements-delta-{version}.lock"
    folder = ROOT / f".venv-delta-{version}"
    python, stamp = folder / "bin/python", folder / "installed"
    with lock.open("rb") as held:
        # Tests run in several processes; one of them makes it, the others wait.
        fcntl.flock(held, fcntl.LOCK_EX)
        wanted = hashlib.sha256(held.read()).hexdigest()
        if not (python.exists() and stamp.is_file() and stamp.read_text() == wanted):
            _make(folder, python, lock)
            stamp.write_text(wanted)
    return python


def _make(folder: Path, python: Path, lock: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    uv = shutil.which("uv")
    pip = [uv, "pip", "install", "--python", str(python)] if uv else [str(python), "-m", "pip", "install"]
    environment = [uv, "venv", "--python", sys.executable] if uv else [sys.executable, "-m", "venv"]
    _run([*environment, str(folder)])
    _run([*pip, "--quiet", "--require-hashes", "-r", str(lock)])


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LONGEST_INSTALLATION)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoClientError(type(error).__name__) from error
    if done.returncode:
        raise NoClientError(done.stderr.strip()[-500:] or f"{command[0]} ended with {done.returncode}")


def main() -> int:
    """Make all of them; 1 when one could not be made."""
    missing = 0
    for version in VERSIONS:
        try:
            python_of(version)
        except NoClientError as error:
            missing = 1
            sys.stderr.write(f"No environment with delta-sharing {version}: {error}\n")
    return missing


if __name__ == "__main__":
    sys.exit(main())
