"""Whether the evidence behind a listing still is what was examined: digests computed from rows and files.

Asked before a product is listed, and each time its specification sheet is made: a file or row that was tampered with
refuses the sheet. Rows are always hashed anew. Files are read anew before anything that binds; for a sheet one that was
read within ten minutes and not touched since is not read again (`reading` says what is found when).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from dataferry.messages import RefusedError
from dataferry.server.compliance.evidence import is_unaltered
from dataferry.server.compliance.models import Clearance
from dataferry.server.compliance.queries.clearances import in_force
from dataferry.server.display.evidence import ORDER
from dataferry.server.exchange import reading, undertaking
from dataferry.server.exchange.digests import digest_of
from dataferry.server.exchange.models import Listing, PaperKind
from dataferry.server.exchange.queries.clearances import today
from dataferry.server.exchange.reading import Holds
from dataferry.server.exchange.states import RegistrationState
from dataferry.server.exchange.store import PAPERS
from dataferry.server.workshop.models import Release

HOLDS, BROKEN, ABSENT = "clear", "blocked", "unknown"


def strip_states(listing: Listing) -> dict[str, str]:
    """The states of the evidence strip: of the release, and of what the machine found for the clearance it sells on."""
    release = dict(listing.release.document.get("evidence") or {})
    machine = (listing.clearance.document if listing.clearance else {}).get("machine") or {}
    return release | {kind: str(found["state"]) for kind, found in machine.items() if kind in ORDER}


@dataclass(frozen=True)
class Piece:
    """One piece of evidence.

    Args:
        kind: `registration`, `compliance`, `machine-<kind>`, `release`, `quality`, `undertaking`, `paper-<kind>`.
        state: `clear` where it verifies, `blocked` where it does not, `unknown` where there is none.
        reference: what it is called: number of a register, file name, version.
    """

    kind: str
    state: str
    reference: str = ""
    digest: str = ""

    @property
    def holds(self) -> bool:
        return self.state == HOLDS


NEEDED = ("registration", "compliance", "release", "quality", "undertaking")
"""Without these there is no sheet. Papers and machine evidence must verify where they are there."""


def pieces(listing: Listing, *, files: Holds = reading.anew) -> list[Piece]:
    """Every piece of evidence behind a listing, verified now.

    Args:
        files: how files are asked: `reading.anew`, `reading.lately`, or `reading.unread` (then only their sizes count).
    """
    clearance = in_force(listing.release, listing.supplier)
    return [
        _registration(listing),
        *_compliance(clearance),
        _release(listing.release, files),
        *_undertaking(listing),
        *_papers(listing, files),
    ]


def broken(found: list[Piece]) -> list[str]:
    """Kinds of pieces that stand against a sheet: those that do not verify, and needed ones that are absent."""
    return [each.kind for each in found if each.state == BROKEN or (each.kind in NEEDED and not each.holds)]


def require(listing: Listing, *, files: Holds = reading.anew) -> list[Piece]:
    """The pieces, if all that is needed verifies.

    Args:
        files: as in `pieces`.

    Raises:
        RefusedError: `server.exchange.evidence_broken`, naming every piece that does not.
    """
    found = pieces(listing, files=files)
    wrong = broken(found)
    if wrong:
        raise RefusedError("server.exchange.evidence_broken", number=listing.number, pieces=", ".join(wrong))
    return found


def _fits(document: Any, digest: str) -> bool:
    try:
        return isinstance(document, Mapping) and digest_of(document) == digest
    except ValueError:
        return False


def _state(right: bool) -> str:
    return HOLDS if right else BROKEN


def _registration(listing: Listing) -> Piece:
    registration = listing.registration
    newest = registration.versions.order_by("-version").first()
    if newest is None:
        return Piece("registration", ABSENT, registration.number)
    in_date = registration.valid_until is None or registration.valid_until >= today()
    right = registration.state == RegistrationState.CERTIFIED and in_date and _fits(newest.document, newest.digest)
    return Piece("registration", _state(right), registration.number, newest.digest)


def _compliance(clearance: Clearance | None) -> Iterator[Piece]:
    if clearance is None:
        yield Piece("compliance", ABSENT)
        return
    yield Piece("compliance", _state(_fits(clearance.document, clearance.digest)), clearance.number, clearance.digest)
    newest = {each.kind: each for each in clearance.case.machine_evidence.order_by("pk")}
    for kind, each in sorted(newest.items()):
        yield Piece(f"machine-{kind}", _state(is_unaltered(each)), kind, each.digest)


def _release(release: Release, holds: Holds) -> Piece:
    folder = Path(settings.HOME) / release.folder
    same = release.document.get("digest") == release.digest
    files = release.document.get("files") or []
    right = same and bool(files) and all(_is_listed(folder, each, holds) for each in files)
    return Piece("release", _state(right), str(release), release.digest)


def _is_listed(folder: Path, entry: Mapping[str, Any], holds: Holds) -> bool:
    path = (folder / str(entry["name"])).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file() or path.stat().st_size != entry["bytes"]:
        return False
    return holds(path, str(entry["sha256"]))


def _undertaking(listing: Listing) -> Iterator[Piece]:
    """The signature, and the quality evidence that was signed with it."""
    newest = listing.undertakings.order_by("-pk").first()
    if newest is None:
        yield Piece("quality", ABSENT)
        yield Piece("undertaking", ABSENT)
        return
    unaltered = _fits(newest.document, newest.digest)
    quality = undertaking.quality_digest(listing.release.document)
    signed = newest.document.get("about") if isinstance(newest.document, Mapping) else None
    signed = signed if isinstance(signed, Mapping) else {}
    yield Piece("quality", _state(unaltered and signed.get("quality") == quality), str(listing.release), quality)
    right = unaltered and newest.release_id == listing.release_id and signed == undertaking.about(listing)
    yield Piece("undertaking", _state(right), newest.signed_at.date().isoformat(), newest.digest)


def _papers(listing: Listing, holds: Holds) -> Iterator[Piece]:
    papers = undertaking.newest_papers(listing)
    for kind in PaperKind.values:
        paper = papers.get(kind)
        if paper is None:
            yield Piece(f"paper-{kind}", ABSENT)
        else:
            right = holds(PAPERS.path_of(paper.place), paper.sha256)
            yield Piece(f"paper-{kind}", _state(right), paper.file_name, f"sha256:{paper.sha256}")
