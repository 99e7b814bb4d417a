"""The snapshot store: files kept for ever under their SHA-256, on a local folder, in memory or in an S3 bucket.

Layout under the root: `blobs/ab/<sha256>` holds the bytes, `records/ab/<sha256>.json` makes them a snapshot and is
written last, `references/<sha256>/<digest>.json` remembers under which names and sources the same bytes came again, and
`tables/` caches readings. A process that dies leaves at most bytes without a record, which nobody sees.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, TypeAlias

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, MemoryStore, from_url

from dataferry.messages import InputError, MissingError, UnavailableError, UsageError
from dataferry.tables.options import ReadOptions
from dataferry.tables.report import Reading
from dataferry.tables.store.hashed_pieces import measure, shown_name, verified

_CHUNK = 4 * 1024 * 1024
_SHA256 = re.compile(r"(?:sha256:)?([0-9a-f]{64})")


@dataclass(frozen=True)
class Snapshot:
    """Bytes as they were handed in. `source` is plain JSON: where they came from, such as the URL and the time."""

    sha256: str
    bytes: int
    name: str
    media_type: str
    source: Mapping[str, Any] = field(default_factory=dict)
    stored_at: str = ""

    @property
    def id(self) -> str:
        """The form used in product.yaml and release.json: `sha256:<64 hex digits>`."""
        return f"sha256:{self.sha256}"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Damage:
    """A snapshot that is not what its digest says: `missing` bytes, bytes that `differ`, or an unreadable `record`."""

    sha256: str
    kind: Literal["missing", "differ", "record"]


Snapshots: TypeAlias = list[Snapshot]


class SnapshotStore:
    """Content-addressed, immutable, deduplicated. Safe for many processes at once.

    Args:
        root: folder path, `file:///...`, `memory://`, or `s3://bucket/prefix` (credentials from the environment).
        config: further settings for S3, as obstore names them.

    Raises:
        UsageError: `tables.bad_store`, the root is no folder path or known URL.
    """

    def __init__(self, root: str | os.PathLike[str], **config: str) -> None:
        text = os.fspath(root)
        self.root = text
        self._folder: Path | None = None
        try:
            if text.startswith("memory:"):
                self._store: Any = MemoryStore()
            elif "://" in text and not text.startswith("file://"):
                self._store = from_url(text, **config)
            else:
                self._folder = Path(text.removeprefix("file://")).expanduser().absolute()
                self._store = LocalStore(self._folder, mkdir=True)
        except (BaseError, ValueError, OSError) as error:
            raise UsageError("tables.bad_store", root=text, reason=str(error).splitlines()[0]) from error

    def __repr__(self) -> str:
        return f"SnapshotStore({self.root!r})"

    def put(
        self, content: Path | bytes, *, name: str, media_type: str, source: Mapping[str, Any] | None = None
    ) -> Snapshot:
        """Keep these bytes; a large file is streamed, twice, and never held in memory.

        Bytes that are there already are not written again: what is new is a reference with this name and source, and
        the answer is the first snapshot as it was. Bytes or a record found damaged are replaced by the right ones.

        Args:
            name: file name to show; folders and control characters in it are dropped, it is never used as a path.
            source: where the bytes came from, plain JSON.

        Raises:
            InputError: `tables.changed_while_stored`, the file changed between the two passes; nothing is stored.
            MissingError: `tables.no_such_file`. UsageError: `tables.bad_source`, `source` is not plain JSON.
            UnavailableError: `tables.store_failed`.
        """
        if isinstance(content, Path) and not content.is_file():
            raise MissingError("tables.no_such_file", file=shown_name(name))
        digest, size = measure(content)
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        new = Snapshot(digest, size, shown_name(name), media_type[:200], dict(source or {}), now)
        body = _json(new.to_json())
        with _told(self.root):
            known = self._sound_record(digest)
            look = known is None or self._folder is not None  # a bucket checks its own bytes; their size is enough
            if self._size(_blob(digest)) != size or (look and self._hash(_blob(digest)) != digest):
                self._upload(_blob(digest), content, digest, name)
            if known is None:
                with contextlib.suppress(AlreadyExistsError):
                    self._write(_record(digest), body)
                    return new
                known = self._record(digest) or new
            self._refer(new)
        return known

    def _upload(self, key: str, content: Path | bytes, digest: str, name: str) -> None:
        obstore.put(self._store, key, verified(content, digest, name), chunk_size=8 * 1024 * 1024, max_concurrency=4)
        if self._folder is not None:
            path = self._folder / key
            path.chmod(0o444)
            _sync(path)
            _sync(path.parent)

    def _write(self, key: str, body: bytes) -> None:
        obstore.put(self._store, key, body, mode="create")
        if self._folder is not None:
            _sync(self._folder / key)
            _sync((self._folder / key).parent)

    def _refer(self, new: Snapshot) -> None:
        """Remember a name and source under their own digest, so that the same again changes nothing."""
        same = _json({"name": new.name, "media_type": new.media_type, "source": dict(new.source)})
        first = self._record(new.sha256)
        if first and _json({"name": first.name, "media_type": first.media_type, "source": dict(first.source)}) == same:
            return
        with contextlib.suppress(AlreadyExistsError):
            self._write(f"references/{new.sha256}/{hashlib.sha256(same).hexdigest()}.json", _json(new.to_json()))

    def snapshot(self, sha256: str) -> Snapshot:
        """The record of a snapshot.

        Raises:
            MissingError: `tables.no_such_snapshot`. UsageError: `tables.bad_sha256`.
        """
        digest = checked_sha256(sha256)
        with _told(self.root):
            found = self._record(digest)
        if found is None:
            raise MissingError("tables.no_such_snapshot", sha256=digest)
        return found

    def _record(self, digest: str) -> Snapshot | None:
        body = self._get(_record(digest))
        if body is None:
            return None
        try:
            return Snapshot(**json.loads(body))
        except (ValueError, TypeError) as error:
            raise InputError("tables.damaged_snapshot", sha256=digest) from error

    def _sound_record(self, digest: str) -> Snapshot | None:
        try:
            return self._record(digest)
        except InputError:
            obstore.delete(self._store, _record(digest))
            return None

    def __contains__(self, sha256: object) -> bool:
        match = _SHA256.fullmatch(sha256) if isinstance(sha256, str) else None
        with _told(self.root):
            return match is not None and self._size(_record(match[1])) is not None

    def list(self) -> Snapshots:
        """All snapshots, oldest first. One whose record is damaged is left out; `verify` names it."""
        found = []
        with _told(self.root):
            for key in self._keys("records/"):
                with contextlib.suppress(InputError):
                    if snapshot := self._record(Path(key).stem):
                        found.append(snapshot)
        return sorted(found, key=lambda snapshot: (snapshot.stored_at, snapshot.sha256))

    def references(self, sha256: str) -> Snapshots:
        """Every name and source these bytes came under, the first one first."""
        first = self.snapshot(sha256)
        with _told(self.root):
            bodies = [self._get(key) for key in self._keys(f"references/{first.sha256}/")]
        later = [Snapshot(**json.loads(body)) for body in bodies if body]
        return [first, *sorted(later, key=lambda reference: reference.stored_at)]

    def chunks(self, sha256: str) -> Iterator[bytes]:
        """The bytes, streamed.

        Raises:
            MissingError: `tables.no_such_snapshot`. InputError: `tables.damaged_snapshot`, the bytes are gone.
        """
        digest = self.snapshot(sha256).sha256
        with _told(self.root):
            yield from self._stream(_blob(digest), digest)

    def read(self, sha256: str) -> bytes:
        """The bytes of a small snapshot."""
        return b"".join(self.chunks(sha256))

    @contextlib.contextmanager
    def open(self, sha256: str) -> Iterator[Path]:
        """The bytes as a file to read: in a local store the stored one itself (never write to it), else a copy."""
        digest = self.snapshot(sha256).sha256
        if self._folder is not None:
            if not (self._folder / _blob(digest)).is_file():
                raise InputError("tables.damaged_snapshot", sha256=digest)
            yield self._folder / _blob(digest)
            return
        with tempfile.TemporaryDirectory(prefix="dataferry-") as folder:
            path = Path(folder) / digest
            with path.open("xb") as file:
                for chunk in self.chunks(digest):
                    file.write(chunk)
            yield path

    def verify(self) -> tuple[Damage, ...]:
        """Recompute every digest and name what is damaged. Reads the whole store."""
        found = []
        with _told(self.root):
            for key in self._keys("records/"):
                digest = Path(key).stem
                try:
                    record = self._record(digest)
                except InputError:
                    found.append(Damage(digest, "record"))
                    continue
                measured = self._hash(_blob(digest))
                if measured is None:
                    found.append(Damage(digest, "missing"))
                elif measured != digest:
                    found.append(Damage(digest, "differ"))
                elif record is None or record.sha256 != digest:
                    found.append(Damage(digest, "record"))
        return tuple(found)

    def sweep(self, older_than: timedelta = timedelta(days=1)) -> int:
        """Remove what dead processes left: bytes without a record and unfinished local files. Returns how many."""
        before = datetime.now(UTC) - older_than
        with _told(self.root):
            records = {Path(key).stem for key in self._keys("records/")}
            left = [
                str(blob["path"])
                for batch in obstore.list(self._store, "blobs/")
                for blob in batch
                if blob["last_modified"] < before and Path(str(blob["path"])).name not in records
            ]
            for key in left:
                obstore.delete(self._store, key)
        unfinished = list(self._folder.rglob("*#*")) if self._folder else []
        stale = [path for path in unfinished if path.is_file() and path.stat().st_mtime < before.timestamp()]
        for path in stale:
            path.unlink(missing_ok=True)
        return len(left) + len(stale)

    def put_table(self, sha256: str, reading: Reading, options: ReadOptions | None = None) -> None:
        """Cache a reading of a snapshot as GeoParquet, by the options it was read with and the version of the reader.

        Raises:
            MissingError: `tables.no_such_snapshot`.
        """
        from dataferry.tables.store.table_cache import write_reading

        with _told(self.root):
            write_reading(self._store, self.snapshot(sha256).sha256, reading, options or ReadOptions())

    def table(self, sha256: str, options: ReadOptions | None = None) -> Reading | None:
        """The cached reading, or `None` when there is none for these options and this reader, or it is damaged."""
        from dataferry.tables.store.table_cache import cached_reading

        with _told(self.root):
            return cached_reading(self._store, checked_sha256(sha256), options or ReadOptions())

    def _keys(self, prefix: str) -> tuple[str, ...]:
        return tuple(sorted(str(item["path"]) for batch in obstore.list(self._store, prefix) for item in batch))

    def _size(self, key: str) -> int | None:
        try:
            return int(obstore.head(self._store, key)["size"])
        except FileNotFoundError:
            return None

    def _get(self, key: str) -> bytes | None:
        try:
            return bytes(obstore.get(self._store, key).bytes())
        except FileNotFoundError:
            return None

    def _stream(self, key: str, digest: str) -> Iterator[bytes]:
        try:
            answer = obstore.get(self._store, key)
        except FileNotFoundError as error:
            raise InputError("tables.damaged_snapshot", sha256=digest) from error
        for chunk in answer.stream(min_chunk_size=_CHUNK):
            yield bytes(chunk)

    def _hash(self, key: str) -> str | None:
        if self._size(key) is None:
            return None
        measured = hashlib.sha256()
        for chunk in self._stream(key, ""):
            measured.update(chunk)
        return measured.hexdigest()


def checked_sha256(text: str) -> str:
    """The 64 hex digits of a digest written with or without `sha256:`.

    Raises:
        UsageError: `tables.bad_sha256`.
    """
    match = _SHA256.fullmatch(text)
    if match is None:
        raise UsageError("tables.bad_sha256", sha256=text)
    return match[1]


def _blob(digest: str) -> str:
    return f"blobs/{digest[:2]}/{digest}"


def _record(digest: str) -> str:
    return f"records/{digest[:2]}/{digest}.json"


def _json(value: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(value, sort_keys=True, ensure_ascii=True, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError("tables.bad_source", reason=str(error)) from error


def _sync(path: Path) -> None:
    with contextlib.suppress(OSError):  # a file system that cannot sync a folder still keeps the order of renames
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def _told(root: str) -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise UnavailableError("tables.store_failed", retry=True, root=root, reason=reason) from error
