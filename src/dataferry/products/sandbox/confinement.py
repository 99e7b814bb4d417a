"""How the child is confined on this machine: bubblewrap, else Landlock with seccomp, else not at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import dataferry
from dataferry.messages import RefusedError
from dataferry.products.sandbox import lockdown

Kind = Literal["bubblewrap", "landlock", "unsafe-local"]

SOURCE_ROOT = Path(dataferry.__file__).parents[1]
_SYSTEM_FOLDERS = ("/usr/lib", "/usr/lib64", "/usr/lib32", "/lib", "/lib64", "/lib32", "/etc/ld.so.cache")
_TRIAL_SECONDS = 20


@dataclass(frozen=True)
class Confinement:
    """A way to start the child, and what it is to do to itself."""

    kind: Kind
    landlock: bool
    seccomp: bool


def readable_paths() -> list[str]:
    """What Python and the engine need to be read: the interpreter, its packages, this package, shared libraries."""
    prefixes = {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}
    executable = Path(sys.executable)
    folders = {*prefixes, str(executable.resolve().parent.parent), *_extra_package_folders()}
    return [path for path in (*sorted(folders), *_SYSTEM_FOLDERS) if Path(path).exists()]


def _extra_package_folders() -> set[str]:
    """Folders on this process's path outside the interpreter that hold packages (a user site, an added path)."""
    inside = tuple({sys.prefix, sys.base_prefix})
    found = {str(SOURCE_ROOT / "dataferry")}
    for entry in sys.path:
        path = Path(entry)
        if path.name in ("site-packages", "dist-packages") and path.is_dir() and not entry.startswith(inside):
            found.add(str(path))
    return found


def wrapped(argv: Sequence[str], inputs: Sequence[str], spill: str) -> list[str]:
    """The command that runs `argv` under bubblewrap: own namespaces, no network, read-only binds, one spill folder."""
    bwrap = shutil.which("bwrap") or "bwrap"
    command = [bwrap, "--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"]
    command += ["--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"]  # noqa: S108
    for path in readable_paths():
        command += ["--ro-bind", path, path]
    for path in inputs:
        command += ["--ro-bind", path, path]
    command += ["--bind", spill, spill, "--chdir", "/"]
    for name, value in CHILD_ENVIRONMENT.items():
        command += ["--setenv", name, value]
    return [*command, "--", *argv]


CHILD_ENVIRONMENT = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "LANG": "C.UTF-8",
    "MALLOC_ARENA_MAX": "2",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}
"""All that the child finds in its environment."""


@cache
def bubblewrap_works() -> bool:
    """Whether bubblewrap is here and may do its work: containers and some kernels forbid user namespaces."""
    if shutil.which("bwrap") is None:
        return False
    command = wrapped([sys.executable, "-I", "-S", "-c", "print(6 * 7)"], [], os.devnull)
    try:
        trial = subprocess.run(command, capture_output=True, timeout=_TRIAL_SECONDS, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return False
    return trial.returncode == 0 and trial.stdout.strip() == b"42"


@cache
def landlock_works() -> bool:
    """Whether the kernel has Landlock and seccomp, and the packages that speak to them are here."""
    return lockdown.landlock_version() >= 1 and lockdown.seccomp_present()


def choose(unsafe_local: bool = False) -> Confinement:
    """The strongest confinement that works here.

    Raises:
        RefusedError: `products.no_sandbox`, none works and `unsafe_local` was not said.
    """
    locks = landlock_works()
    if bubblewrap_works():
        return Confinement("bubblewrap", locks, lockdown.seccomp_present())
    if locks:
        return Confinement("landlock", landlock=True, seccomp=True)
    if unsafe_local:
        return Confinement("unsafe-local", landlock=False, seccomp=False)
    raise RefusedError("products.no_sandbox")
