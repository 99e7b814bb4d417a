"""ffprobe, where it is here: run under bubblewrap with the kernel's limits, its answer read as hostile JSON.

Without bubblewrap it is not run: the lock that we put on ourselves forbids starting programs, and a parser of films in
C is not let loose on files of strangers without a lock. MP4 and MOV files are then read by `films`, others not at all.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dataferry.products.sandbox.confinement import Confinement, wrapped
from dataferry.server.challenge.inspection.films import Film

SECONDS = 60
_MOST_BYTES = 4 * 1024 * 1024
_LIMITED = """
import os, resource, sys
for which, most in ((resource.RLIMIT_AS, 1 << 30), (resource.RLIMIT_CPU, 45), (resource.RLIMIT_FSIZE, 4 << 20),
                    (resource.RLIMIT_NPROC, 64), (resource.RLIMIT_CORE, 0)):
    resource.setrlimit(which, (most, most))
os.execv(sys.argv[1], sys.argv[1:])
"""
_TAGS = ("title", "artist", "author", "album_artist", "composer", "comment", "description", "copyright", "encoded_by")


def probe_film(path: Path, confinement: Confinement) -> Film | None:
    """What ffprobe says of a film; None where it is not here, or had nothing to say."""
    program = shutil.which("ffprobe")
    if program is None or confinement.kind != "bubblewrap":
        return None
    try:
        answer = _answer(path, Path(program).resolve())
        return _film(answer) if answer else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _answer(path: Path, program: Path) -> Any:
    with tempfile.TemporaryDirectory(prefix="dataferry-probe-") as folder:
        asked = ["-v", "error", "-protocol_whitelist", "file", "-print_format", "json", "-show_format", "-show_streams"]
        argv = [sys.executable, "-I", "-S", "-c", _LIMITED, str(program), *asked, "-i", f"file:{path}"]
        command = wrapped(argv, [str(path), str(program)], folder)
        with tempfile.TemporaryFile() as said:
            process = subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,
            )
            try:
                ended = process.wait(SECONDS)
            except subprocess.TimeoutExpired:
                return None
            finally:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            said.seek(0)
            return json.loads(said.read(_MOST_BYTES)) if ended == 0 else None


def _film(answer: Mapping[str, Any]) -> Film:
    streams = [each for each in answer.get("streams", []) if isinstance(each, dict)][:100]
    film = Film(by="ffprobe", seconds=_seconds(answer.get("format", {}), streams))
    kinds = [str(each.get("codec_type")) for each in streams]
    film.has_picture, film.has_sound = "video" in kinds, "audio" in kinds
    film.codecs = [str(each.get("codec_name", "?"))[:40] for each in streams][:20]
    for each in streams:
        if each.get("codec_type") == "subtitle":
            film.subtitles.append(str((each.get("tags") or {}).get("language", "und"))[:35])
    for part in (answer.get("format", {}), *streams):
        for key, value in dict(part.get("tags") or {}).items():
            if str(key).lower() in _TAGS:
                plain = "artist" if str(key).lower() in ("author", "album_artist", "composer") else str(key).lower()
                film.tags.append((plain, str(value)[:4000]))
    return film


def _seconds(container: Mapping[str, Any], streams: Sequence[Mapping[str, Any]]) -> float | None:
    """The longest of what the container and its streams say."""
    found = []
    for part in (container, *streams):
        with contextlib.suppress(TypeError, ValueError):
            value = float(part.get("duration"))  # type: ignore[arg-type]
            if math.isfinite(value) and value > 0:
                found.append(value)
    return max(found, default=None)
