"""The key that signs sessions: from the environment, else made once and kept in the data home."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def secret_key(home: Path, given: str) -> str:
    """The key to sign with.

    A home that does not exist yet is not made here: reading settings must leave no traces, so the key is then made up
    for this process only. `dataferry up` makes the home first.
    """
    if given:
        return given
    file = home / "secret_key"
    if not home.is_dir():
        return secrets.token_urlsafe(50)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text(encoding="ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as opened:
        key = secrets.token_urlsafe(50)
        opened.write(key + "\n")
    return key
