"""Inspecting a file of a stranger: in a confined child, whose every word is checked before it is believed."""

from __future__ import annotations

import json
import math
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dataferry.messages import DataferryError, LimitError, RefusedError, UnavailableError, codes
from dataferry.products.sandbox.confinement import (
    CHILD_ENVIRONMENT,
    SOURCE_ROOT,
    Confinement,
    choose,
    readable_paths,
    wrapped,
)
from dataferry.products.sandbox.ending import raise_for
from dataferry.products.sandbox.limits import SandboxLimits
from dataferry.products.sandbox.watch import Watch
from dataferry.server.challenge.inspection.antivirus import scan_for_viruses
from dataferry.server.challenge.inspection.demands import Demands, Identities
from dataferry.server.challenge.inspection.findings import SEVERITIES, Finding, Inspection
from dataferry.server.challenge.inspection.probe import probe_film

LIMITS = SandboxLimits(memory_mib=768, cpu_seconds=90, wall_seconds=180.0, result_mib=8, spill_mib=1, threads=1)
_ROOM = "server.challenge"
_OWN = ("inspected_", "leak_")
_MOST_FINDINGS = 500
_LONGEST = 300


class _CrashedError(UnavailableError):
    """The child ended without an answer, for no limit of ours."""


def inspect(
    path: Path, name: str, demands: Demands, *, scanner: str | None = None, limits: SandboxLimits = LIMITS
) -> Inspection:
    """What a file is, and how it differs from what the edition demands.

    Never fails for what is in the file: a bomb, a crash, a missing tool are findings.

    Args:
        path: the file. `name`: as its sender calls it; only its suffix is looked at.
        scanner: address of clamd; None for the setting `DATAFERRY_CLAMD`, empty for none.
    """
    job = {"task": "inspect", "demands": demands.to_json(), "identities": None}
    findings, facts = _looked_at(path, name, job, limits, demands.role)
    virus = scan_for_viruses(path, demands.role, scanner)
    return Inspection((*findings, *([virus] if virus else [])), {**facts, "scanned": virus is None})


def leak_scan(path: Path, name: str, identities: Identities, *, limits: SandboxLimits = LIMITS) -> list[Finding]:
    """Where a file that is to be anonymous tells who made it; examples are masked."""
    job = {"task": "leaks", "demands": None, "identities": identities.to_json()}
    return _looked_at(path, name, job, limits, "")[0]


def _looked_at(
    path: Path, name: str, job: Mapping[str, Any], limits: SandboxLimits, role: str
) -> tuple[list[Finding], dict[str, Any]]:
    place = path.resolve()
    try:
        confinement = choose()
        film = probe_film(place, confinement) if _may_be_film(place) else None
        whole = {**job, "path": str(place), "name": name[:400], "film": film.to_json() if film else None}
        with tempfile.TemporaryDirectory(prefix="dataferry-inspect-") as folder:
            answer = _answer(whole, place, Path(folder).resolve(), confinement, limits)
        return _findings(answer), _facts(answer)
    except LimitError as error:
        limit = error.data.get("limit", 0)
        return [Finding("server.challenge.inspected_limit", "refuse", role, None, None, {"limit": limit})], {}
    except _CrashedError:
        return [Finding("server.challenge.inspected_crashed", "unknown", role)], {}
    except RefusedError as error:
        if error.code == "products.no_sandbox":
            return [Finding("server.challenge.inspected_no_sandbox", "unknown", role)], {}
        return [Finding("server.challenge.inspected_crashed", "unknown", role)], {}


def _may_be_film(path: Path) -> bool:
    """By its first bytes, which is all that is read of it in this process."""
    with path.open("rb") as file:
        head = file.read(16)
    return head[4:8] in (b"ftyp", b"moov", b"wide", b"mdat") or head[:4] in (
        b"\x1aE\xdf\xa3",
        b"RIFF",
        b"OggS",
        b"FLV\x01",
    )


def _answer(
    job: Mapping[str, Any], place: Path, folder: Path, confinement: Confinement, limits: SandboxLimits
) -> dict[str, Any]:
    spill, answer = folder / "spill", folder / "answer.json"
    spill.mkdir(mode=0o700)
    lockdown = {
        "landlock": confinement.landlock,
        "seccomp": confinement.seccomp,
        "die_with_parent": True,
        "read": [*readable_paths(), "/dev/null", "/dev/urandom", str(place)],
        "write": [str(spill)],
    }
    program = str(Path(__file__).with_name("child.py"))
    argv = [sys.executable, "-I", program, str(SOURCE_ROOT), "{data}", "{report}"]
    watch = Watch(
        argv=wrapped(argv, [str(place)], str(spill)) if confinement.kind == "bubblewrap" else argv,
        job=json.dumps({**job, "limits": asdict(limits), "lockdown": lockdown}).encode(),
        answer=answer,
        limits=limits,
        environment=CHILD_ENVIRONMENT,
    )
    outcome = watch.run()
    raise_for(outcome, limits, _refusal, lambda _number, _words: _CrashedError("server.challenge.inspected_crashed"))
    return _document(answer)


def _refusal(refusal: Mapping[str, Any]) -> DataferryError:
    if refusal.get("code") == "server.challenge.inspected_limit":
        return LimitError("server.challenge.inspected_limit", limit=LIMITS.memory_mib)
    return _CrashedError("server.challenge.inspected_crashed")


def _document(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
        if not isinstance(found["findings"], list) or not isinstance(found["facts"], dict):
            raise TypeError("kind")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _CrashedError("server.challenge.inspected_crashed") from error
    return dict(found)


def _findings(answer: Mapping[str, Any]) -> list[Finding]:
    """The findings of the child: known codes of ours, known severities, plain short values."""
    found = []
    for each in answer["findings"][:_MOST_FINDINGS]:
        room, _, key = str(each.get("code")).rpartition(".")
        fits = room == _ROOM and key.startswith(_OWN) and key in codes(_ROOM) and each.get("severity") in SEVERITIES
        if not fits:
            raise _CrashedError("server.challenge.inspected_crashed")
        figure, page = _number(each.get("figure")), _number(each.get("place"))
        data = {str(name)[:40]: _plain(value) for name, value in dict(each.get("data") or {}).items()}
        for name in ("role", "figure", "page"):
            data.pop(name, None)
        place = None if page is None else int(page)
        found.append(Finding(f"{room}.{key}", each["severity"], str(each.get("role", ""))[:80], figure, place, data))
    return found


def _facts(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {str(name)[:40]: _plain(value) for name, value in list(answer["facts"].items())[:40]}


def _number(value: Any) -> float | int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value


def _plain(value: Any, depth: int = 0) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, list) and depth < 2:
        return [_plain(each, depth + 1) for each in value[:50]]
    if isinstance(value, dict) and depth < 2:
        return {str(key)[:40]: _plain(each, depth + 1) for key, each in list(value.items())[:50]}
    return str(value)[:_LONGEST]
