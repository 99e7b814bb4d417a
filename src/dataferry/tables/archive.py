"""Archives opened with limits: one member, or the files that belong together, unpacked into a private folder."""

from __future__ import annotations

import contextlib
import re
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from dataferry.messages import Finding, InputError, LimitError, MissingError, RefusedError
from dataferry.tables.encoding import detect_encoding
from dataferry.tables.options import ReadLimits, ReadOptions
from dataferry.tables.report import ReadReport
from dataferry.tables.sniff import sniff

_CHUNK = 1024 * 1024
_DEEPEST = 3
_SMALL = 10 * 1024 * 1024  # below this a high ratio is only a table of zeros
_UTF8_FLAG = 0x800
_ENCRYPTED_FLAG = 0x1
_LONGEST_NAME = 180
_SHAPEFILE = frozenset({".shp", ".shx", ".dbf", ".prj", ".cpg"})
_PAPERS = re.compile(
    r"\.(pdf|docx?|html?|md|rtf|png|jpe?g|gif|css|js|sbn|sbx|qpj|qmd|qml|sld|lyr|xsd|xsl|ini|exe|dll|shp\.xml)$",
    re.IGNORECASE,
)
_READMES = ("readme", "license", "licence", "metadata", ".", "thumbs.db")
_HAVE_LAYERS = frozenset({".gdb", ".gpkg", ".xlsx", ".xls", ".kml", ".kmz", ".gml", ".zip"})
_BROKEN = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, NotImplementedError, OverflowError)


@dataclass
class _Budget:
    """What is left of the limits, over all nested archives together."""

    limits: ReadLimits
    file: str
    packed: int
    members: int = 0
    unpacked: int = 0

    def count(self, members: int) -> None:
        self.members += members
        if self.members > self.limits.archive_members:
            raise LimitError("tables.archive_members", file=self.file, limit=self.limits.archive_members)

    def spend(self, size: int) -> None:
        self.unpacked += size
        if self.unpacked > self.limits.unpacked_bytes:
            raise LimitError("tables.archive_too_big", file=self.file, limit=self.limits.unpacked_bytes)
        if self.unpacked > _SMALL and self.unpacked > self.packed * self.limits.unpacked_ratio:
            raise LimitError("tables.archive_ratio", file=self.file, limit=self.limits.unpacked_ratio)


@dataclass(frozen=True)
class _Member:
    info: zipfile.ZipInfo
    path: PurePosixPath
    repaired: bool


@dataclass(frozen=True)
class _Candidate:
    """One data set in an archive: a file, or the files that are unpacked together and the one to open."""

    name: str
    members: tuple[_Member, ...]
    main: PurePosixPath
    size: int = field(compare=False)


@contextlib.contextmanager
def open_archive(path: Path, options: ReadOptions, report: ReadReport) -> Iterator[Path]:
    """The data inside a ZIP archive, as a path in a private folder that goes when the block ends.

    A shapefile comes with its parts beside it, a file geodatabase as its `.gdb` folder, everything else as one file;
    archives inside archives are opened too. Of several data sets `options.layer` picks by name, else the largest is
    taken with a finding that names the others. Sizes are measured while unpacking; headers are not believed.

    Raises:
        LimitError: too many members, too many bytes, too high a ratio, archives nested too deep.
        RefusedError: a name that leaves the folder, a link, a member under a password.
        InputError: broken or empty archive. MissingError: `options.layer` names no member.
    """
    budget = _Budget(options.limits, report.file, max(path.stat().st_size, 1))
    with _folder() as folder:
        yield _unpack_data(path, folder, options, report, budget, 1)


@contextlib.contextmanager
def open_member(path: Path, suffix: str, options: ReadOptions, report: ReadReport) -> Iterator[Path]:
    """The first member with this suffix at the least depth, such as the `.kml` of a KMZ, under the same limits."""
    budget = _Budget(options.limits, report.file, max(path.stat().st_size, 1))
    with _folder() as folder:
        with _archive(path, report.file) as archive:
            wanted = [m for m in _members(archive, budget, report) if m.path.suffix.lower() == suffix]
            if not wanted:
                raise InputError("tables.archive_empty", file=report.file)
            chosen = min(wanted, key=lambda member: len(member.path.parts))
            found = _unpack(archive, chosen, folder / ("member" + suffix), budget)
        yield found


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="dataferry-", ignore_cleanup_errors=True) as name:
        yield Path(name).resolve()


@contextlib.contextmanager
def _archive(path: Path, file: str) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except _BROKEN as error:
        raise InputError("tables.archive_broken", file=file, reason=str(error) or type(error).__name__) from error


def _unpack_data(
    path: Path, folder: Path, options: ReadOptions, report: ReadReport, budget: _Budget, depth: int
) -> Path:
    if depth > _DEEPEST:
        raise LimitError("tables.archive_depth", file=report.file, limit=_DEEPEST)
    with _archive(path, report.file) as archive:
        candidates = _candidates(_members(archive, budget, report))
        chosen = _choose(candidates, options, report)
        place = folder / f"level-{depth}"
        for member in chosen.members:
            _unpack(archive, member, place.joinpath(*member.path.parts), budget)
    found = place.joinpath(*chosen.main.parts)
    if found.is_file() and found.stat().st_size and sniff(found, options.limits).value == "zip":
        return _unpack_data(found, folder, options, report, budget, depth + 1)
    return found


def _members(archive: zipfile.ZipFile, budget: _Budget, report: ReadReport) -> list[_Member]:
    """The files of an archive with safe names; what could harm refuses the whole archive."""
    infos = archive.infolist()
    budget.count(len(infos))
    result: list[_Member] = []
    seen: set[str] = set()
    for info in infos:
        if info.is_dir():
            continue
        name, repaired = _true_name(info)
        if stat.S_ISLNK(info.external_attr >> 16):
            raise RefusedError("tables.archive_link", file=report.file, member=name)
        path = _safe_path(name, report.file)
        if str(path).casefold() in seen:
            raise RefusedError("tables.archive_twice", file=report.file, member=name)
        seen.add(str(path).casefold())
        result.append(_Member(info, path, repaired))
    repaired_names = [str(member.path) for member in result if member.repaired]
    if repaired_names:
        data = {"file": report.file, "count": len(repaired_names), "names": repaired_names[:5]}
        report.note(Finding("tables.archive_names", "repaired", data))
    return result


def _true_name(info: zipfile.ZipInfo) -> tuple[str, bool]:
    """The member's name; one without the UTF-8 flag was read as cp437 and may be UTF-8, GBK or Big5."""
    name = info.orig_filename if "\x00" in info.orig_filename else info.filename
    if info.flag_bits & _UTF8_FLAG or name.isascii():
        return name, False
    try:
        raw = name.encode("cp437")
    except UnicodeError:
        return name, False
    codec = detect_encoding(raw, whole=True).codec
    with contextlib.suppress(UnicodeError):
        return raw.decode(codec), True
    return name, False


def _safe_path(name: str, file: str) -> PurePosixPath:
    text = name.replace("\\", "/")
    path = PurePosixPath(text)
    parts = path.parts
    unsafe = (
        not parts
        or path.is_absolute()
        or ".." in parts
        or any(":" in part for part in parts)
        or any(not character.isprintable() for character in text)
    )
    if unsafe:
        raise RefusedError("tables.archive_path", file=file, member=name)
    return PurePosixPath(*(_short(part) for part in parts))


def _short(part: str) -> str:
    """A name no longer than file systems take, its suffix kept."""
    if len(part.encode()) <= _LONGEST_NAME:
        return part
    suffix = PurePosixPath(part).suffix[:12]
    return part.encode()[: _LONGEST_NAME - len(suffix)].decode("utf-8", "ignore") + suffix


def _candidates(members: list[_Member]) -> list[_Candidate]:
    """The data sets: geodatabase folders, shapefiles with their parts, and single files that may hold data."""
    found: dict[str, _Candidate] = {}
    rest: list[_Member] = []
    for member in members:
        gdb = next((i for i, part in enumerate(member.path.parts) if part.lower().endswith(".gdb")), None)
        if gdb is not None and gdb < len(member.path.parts) - 1:
            _join(found, PurePosixPath(*member.path.parts[: gdb + 1]), member)
        else:
            rest.append(member)
    shapes = [m for m in rest if m.path.suffix.lower() == ".shp"]
    for shape in shapes:
        alone = sum(other.path.parent == shape.path.parent for other in shapes) == 1
        for member in rest:
            same = member.path.stem.casefold() == shape.path.stem.casefold() or alone
            if member.path.parent == shape.path.parent and same and member.path.suffix.lower() in _SHAPEFILE:
                _join(found, shape.path, member)
    used = {id(member) for candidate in found.values() for member in candidate.members}
    for member in rest:
        if id(member) not in used and _may_hold_data(member.path):
            _join(found, member.path, member)
    return list(found.values())


def _join(found: dict[str, _Candidate], main: PurePosixPath, member: _Member) -> None:
    name = str(main)
    before = found.get(name)
    members = (*before.members, member) if before else (member,)
    found[name] = _Candidate(name, members, main, sum(m.info.file_size for m in members))


def _may_hold_data(path: PurePosixPath) -> bool:
    name = path.name.lower()
    if _PAPERS.search(name) or "__MACOSX" in path.parts:
        return False
    return not name.startswith(_READMES)


def _choose(candidates: list[_Candidate], options: ReadOptions, report: ReadReport) -> _Candidate:
    if not candidates:
        raise InputError("tables.archive_empty", file=report.file)
    names = [candidate.name for candidate in candidates]
    if len(candidates) == 1:
        return candidates[0]
    if options.layer is not None:
        wanted = [c for c in candidates if options.layer in (c.name, c.main.name, c.main.stem)]
        if wanted:
            return wanted[0]
        if not any(c.main.suffix.lower() in _HAVE_LAYERS for c in candidates):
            raise MissingError("tables.no_such_layer", file=report.file, layer=options.layer, layers=names)
    chosen = max(candidates, key=lambda candidate: candidate.size)
    others = [name for name in names if name != chosen.name]
    data = {"file": report.file, "member": chosen.name, "count": len(others), "others": others[:20]}
    report.note(Finding("tables.archive_chosen", "attention", data))
    return chosen


def _unpack(archive: zipfile.ZipFile, member: _Member, place: Path, budget: _Budget) -> Path:
    if member.info.flag_bits & _ENCRYPTED_FLAG:
        raise RefusedError("tables.archive_password", file=budget.file, member=str(member.path))
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(member.info) as source, place.open("xb") as target:
            while chunk := source.read(_CHUNK):
                budget.spend(len(chunk))
                target.write(chunk)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError("tables.archive_broken", file=budget.file, reason=f"{member.path}: {reason}") from error
    return place
