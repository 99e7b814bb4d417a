"""Files as judges get them: in an anonymous round a copy without the metadata that programs write into documents.

PDF: rewritten by pypdf in a confined child: no document information, no XMP, no attachments, scripts, annotations'
authors, thumbnails, page labels or identifiers. MP4 and MOV: the boxes that hold titles and authors are blanked where
they stand. Pictures: comments and camera data are left out. Anything else is shown only when its type holds no such
fields; otherwise it is refused, never served as it came.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

from dataferry.messages import RefusedError
from dataferry.products.sandbox.confinement import SOURCE_ROOT, readable_paths
from dataferry.server.challenge import store
from dataferry.server.challenge.models import Artefact

LONGEST_SECONDS = 60

PLAIN = frozenset({"text/vtt"})
"""Types that hold nothing but what they show."""


@dataclass(frozen=True)
class NeutralFile:
    """A file that judges may have."""

    path: Path
    sha256: str
    media_type: str


def folder() -> Path:
    """Where the copies lie; they can be made again at any time."""
    return Path(settings.HOME) / "challenge" / "neutral"


def for_judges(artefact: Artefact, *, anonymous: bool) -> NeutralFile:
    """The file as a judge gets it. A copy is made once and kept.

    Raises:
        RefusedError: `server.challenge.file_not_blind`, its metadata cannot be taken out.
    """
    source = store.path_of(artefact.place)
    if not anonymous or artefact.media_type in PLAIN:
        return NeutralFile(source, artefact.sha256, artefact.media_type)
    made = folder() / f"{artefact.sha256}.{_version()}"
    if not made.is_file():
        _make(artefact, source, made)
    return NeutralFile(made, _digest(made), artefact.media_type)


@cache
def _version() -> str:
    """Copies of an older way of making them are made anew."""
    return hashlib.sha256(Path(__file__).with_name("neutral_child.py").read_bytes()).hexdigest()[:12]


def _digest(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _make(artefact: Artefact, source: Path, made: Path) -> None:
    made.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix="neutral-", dir=made.parent) as work:
        target = Path(work) / "copy"
        why = _run_child(artefact.media_type, source, target)
        if why or not target.is_file() or not target.stat().st_size:
            raise RefusedError("server.challenge.file_not_blind", why=why or "no_copy", role=artefact.role)
        target.replace(made)


def _run_child(media_type: str, source: Path, target: Path) -> str:
    """Make the copy in a process of its own. Returns the code of why it could not."""
    program = Path(__file__).with_name("neutral_child.py")
    readable = json.dumps(readable_paths())
    arguments = [str(SOURCE_ROOT), media_type, str(source.resolve()), str(target.resolve()), readable]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter, no shell
            [sys.executable, "-I", str(program), *arguments],
            check=False,
            capture_output=True,
            timeout=LONGEST_SECONDS,
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            cwd=target.parent,
        )
    except subprocess.TimeoutExpired:
        return "too_slow"
    return "" if done.returncode == 0 else (done.stdout.decode("ascii", "replace").strip()[:40] or "unreadable")
