"""The file of a backup: a plain tar whose last member is the manifest, which names every other one by its sha256.

Whoever reads it believes nothing: names, kinds, sizes and digests are checked, and without the manifest at its end it
is no backup. A file under its final name is always whole.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import json
import os
import shutil
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any

from dataferry.messages import InputError, MissingError, RefusedError

FORMAT = "dataferry-backup/1"
MANIFEST = "manifest.json"
LARGEST_MANIFEST = 1 << 30
PIECE = 1 << 20
ROOMS = ("database", "home", "store")

Step = Callable[[str, float | None], None]


class ArchiveWriter:
    """Writes members one after the other and remembers their digests."""

    def __init__(self, file: IO[bytes]) -> None:
        self._tar = tarfile.open(fileobj=file, mode="w|", format=tarfile.PAX_FORMAT, bufsize=PIECE)  # noqa: SIM115
        self.entries: list[dict[str, Any]] = []

    def add(self, path: Path, name: str, seen: Callable[[int], None] = lambda _count: None) -> bool:
        """Add a file as it is now; `False` when it is gone.

        Raises:
            InputError: `server.portal.backup_file_changed`, it became shorter while it was read.
        """
        try:
            opened = path.open("rb")
        except FileNotFoundError:
            return False
        with opened:
            size = os.fstat(opened.fileno()).st_size
            reader = _Hashing(opened, seen)
            try:
                self._tar.addfile(_member(name, size), reader)
            except OSError as error:
                if reader.count < size and error.errno is None:
                    raise InputError("server.portal.backup_file_changed", retry=True, file=str(path)) from error
                raise
        self.entries.append({"path": name, "bytes": size, "sha256": reader.digest.hexdigest()})
        return True

    def close(self, manifest: dict[str, Any]) -> None:
        body = json.dumps({**manifest, "files": self.entries}, ensure_ascii=False, indent=1).encode()
        self._tar.addfile(_member(MANIFEST, len(body)), io.BytesIO(body))
        self._tar.close()


class _Hashing:
    """A file that is hashed as it is read."""

    def __init__(self, file: IO[bytes], seen: Callable[[int], None] = lambda _count: None) -> None:
        self._file = file
        self._seen = seen
        self.digest = hashlib.sha256()
        self.count = 0

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self.digest.update(piece)
        self.count += len(piece)
        self._seen(len(piece))
        return piece


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size = size
    member.mode = 0o600
    member.mtime = int(time.time())
    return member


@contextlib.contextmanager
def appearing(target: Path) -> Iterator[tuple[IO[bytes], Path]]:
    """A file that gets its name when it is whole, and a folder beside it for what is needed on the way.

    What killed tries left under their working names is removed first.

    Raises:
        RefusedError: `server.portal.backup_exists`.
    """
    if target.exists():
        raise RefusedError("server.portal.backup_exists", file=str(target))
    _sweep(target)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    beside = part.with_suffix(".work")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            beside.mkdir(mode=0o700)
            yield file, beside
            file.flush()
            os.fsync(file.fileno())
            try:
                os.link(part, target)
            except FileExistsError as error:
                raise RefusedError("server.portal.backup_exists", file=str(target)) from error
        finally:
            shutil.rmtree(beside, ignore_errors=True)
            part.unlink(missing_ok=True)


def _sweep(target: Path) -> None:
    for part in target.parent.glob(f".{target.name}.*.part"):
        with contextlib.suppress(OSError), part.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(part.with_suffix(".work"), ignore_errors=True)
            part.unlink()


def unpack(archive: Path, folder: Path, step: Step) -> dict[str, Any]:
    """Write every member below `folder`, compare all with the manifest, and return the manifest.

    Raises:
        MissingError: `tables.no_such_file`. InputError: `server.portal.backup_damaged` (what is wrong is said),
        `server.portal.backup_truncated`, `server.portal.backup_unknown`.
    """
    if not archive.is_file():
        raise MissingError("server.portal.no_such_backup", file=str(archive))
    whole = archive.stat().st_size or 1
    seen: dict[str, tuple[int, str]] = {}
    body = b""
    try:
        with archive.open("rb") as file, tarfile.open(fileobj=file, mode="r|", bufsize=PIECE) as tar:
            for member in tar:
                name = _safe_name(member, seen, archive)
                source = tar.extractfile(member)
                if source is None or body:
                    raise InputError("server.portal.backup_damaged", file=str(archive), member=name)
                if name == MANIFEST:
                    body = source.read(LARGEST_MANIFEST)
                else:
                    seen[name] = _write(source, folder / name)
                step(name, min(1.0, file.tell() / whole))
    except tarfile.ReadError as error:
        raise InputError("server.portal.backup_truncated", file=str(archive)) from error
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise InputError("server.portal.backup_unknown", file=str(archive)) from error
    return _compared(archive, body, seen)


def _safe_name(member: tarfile.TarInfo, seen: dict[str, Any], archive: Path) -> str:
    name = member.name
    parts = name.split("/")
    plain = all(part not in {"", ".", ".."} and part.isprintable() and "\\" not in part for part in parts)
    known = name == MANIFEST or (len(parts) > 1 and parts[0] in ROOMS)
    if not (member.isreg() and not member.issparse() and plain and known) or name in seen:
        raise InputError("server.portal.backup_damaged", file=str(archive), member=name)
    return name


def _write(source: IO[bytes], target: Path) -> tuple[int, str]:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    reader = _Hashing(source)
    with target.open("xb") as file:
        while piece := reader.read(PIECE):
            file.write(piece)
    return reader.count, reader.digest.hexdigest()


def _compared(archive: Path, body: bytes, seen: dict[str, tuple[int, str]]) -> dict[str, Any]:
    if not body:
        raise InputError("server.portal.backup_truncated", file=str(archive))
    try:
        manifest = json.loads(body)
        right = manifest["format"] == FORMAT and isinstance(manifest["database"]["kind"], str)
        listed = {str(PurePosixPath(entry["path"])): (entry["bytes"], entry["sha256"]) for entry in manifest["files"]}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError("server.portal.backup_unknown", file=str(archive)) from error
    if not right:
        raise InputError("server.portal.backup_unknown", file=str(archive))
    for name in sorted(listed.keys() | seen.keys()):
        if listed.get(name) != seen.get(name):
            raise InputError("server.portal.backup_damaged", file=str(archive), member=name)
    return dict(manifest)
