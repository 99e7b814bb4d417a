"""`dataferry.Client`: what a server's API offers, as calls with typed answers."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import IO, Any, TypeVar
from urllib.parse import quote

from dataferry.client.asking import API, R, every, one, path_part
from dataferry.client.download import Step, download
from dataferry.client.hostile import digest, inner_path
from dataferry.client.market import Market
from dataferry.client.records import (
    Build,
    Dataset,
    Draft,
    Person,
    Product,
    ReleaseRecord,
    SnapshotRecord,
    Source,
    Upload,
    failure_words,
)
from dataferry.client.transport import Transport
from dataferry.messages import InputError, MissingError, RefusedError, UnavailableError

LONGEST_WAIT = 3600.0
W = TypeVar("W", Build, Upload)


class Client:
    """A Dataferry server.

    Args:
        server: its address, such as `https://data.example.org`.
        token: an API token; without one only public things are seen.
        timeout: seconds to wait for a connection, and for each piece of an answer.
        retries: how often a busy server (429, 502, 503, 504) or a broken connection is tried again.
        plain_http: send the token over an unencrypted line to another machine.

    Errors are `DataferryError`s: those of the server carry its code and words (see `ServerError`).
    Use it as a context manager, or call `close`.
    """

    def __init__(
        self,
        server: str,
        token: str | None = None,
        *,
        timeout: float = 30.0,
        retries: int = 4,
        plain_http: bool = False,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._transport = Transport(server, token, timeout=timeout, retries=retries, plain_http=plain_http, sleep=sleep)
        self._sleep = sleep

    @property
    def server(self) -> str:
        return self._transport.server

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        if "market" in self.__dict__:
            self.market.close()
        self._transport.close()

    def __repr__(self) -> str:
        return f"Client({self.server!r})"

    @cached_property
    def market(self) -> Market:
        """The buyer's side of the exchange: listings, orders, agreements, invoices, deliveries."""
        return Market(self._transport, self._sleep)

    # People

    def me(self) -> Person:
        """Whose token this is."""
        return self._one(Person, "/me")

    # Catalogue

    def datasets(self, words: str = "", **facets: str) -> Iterator[Dataset]:
        """Datasets that match `words` and facets (`city`, `licence`, ...), all pages of them."""
        return self._all(Dataset, "/datasets", {"q": words, **facets} if words else facets)

    def dataset(self, slug: str) -> Dataset:
        return self._one(Dataset, f"/datasets/{path_part(slug)}")

    def snapshots(self, dataset: str) -> Iterator[SnapshotRecord]:
        """The snapshots of a dataset, newest first."""
        return self._all(SnapshotRecord, f"/datasets/{path_part(dataset)}/snapshots")

    def snapshot(self, dataset: str, sha256: str) -> SnapshotRecord:
        return self._one(SnapshotRecord, f"/datasets/{path_part(dataset)}/snapshots/{digest(sha256)}")

    def find_snapshot(self, sha256: str) -> SnapshotRecord | None:
        """A snapshot with these bytes that the caller may see."""
        with contextlib.suppress(MissingError):
            return self._one(SnapshotRecord, f"/snapshots/{digest(sha256)}")
        return None

    def download_snapshot(
        self, dataset: str, sha256: str, to: Path, *, size: int | None = None, step: Step | None = None
    ) -> Path:
        """The bytes of a snapshot as the file `to`, checked against their digest; resumed where the line breaks."""
        plain = digest(sha256)
        path = f"{API}/datasets/{path_part(dataset)}/snapshots/{plain}/file"
        return download(self._transport, path, to, plain, size=size, step=step)

    def upload(
        self,
        file: Path,
        *,
        dataset: str | None = None,
        about: Mapping[str, Any] | None = None,
        step: Step | None = None,
    ) -> Upload:
        """Send a file: as a new dataset that `about` describes, or as the next snapshot of `dataset`.

        It is read in the background; `wait_for_upload` waits for that.
        """
        path = f"{API}/datasets" if dataset is None else f"{API}/datasets/{path_part(dataset)}/uploads"
        fields = {"about": json.dumps(dict(about or {}), ensure_ascii=False)}
        with _Watched(file, step) as watched:
            # Made anew for each try: a file that was sent once stands at its end.
            answer = self._transport.json(
                "POST", path, fresh=lambda: {"data": fields, "files": {"file": (file.name, watched.again())}}
            )
        return Upload.of(answer)

    def wait_for_upload(
        self, upload: Upload, told: Callable[[Upload], None] | None = None, *, most: float = LONGEST_WAIT
    ) -> Upload:
        """The upload when its reading ended.

        Raises:
            InputError: `client.upload_failed`, with the server's words.
        """
        ended = self._wait(lambda: self._one(Upload, f"/uploads/{upload.id}"), {"waiting"}, told, most)
        if ended.state != "done":
            called = ended.file_name or ended.dataset
            raise InputError("client.upload_failed", file=called, why=failure_words(ended.error))
        return ended

    # Products and releases

    def products(self) -> Iterator[Product]:
        return self._all(Product, "/products")

    def product(self, name: str) -> Product:
        return self._one(Product, f"/products/{path_part(name)}")

    def releases(self, name: str) -> Iterator[ReleaseRecord]:
        """The releases of a product that the caller may see, newest first."""
        return self._all(ReleaseRecord, f"/products/{path_part(name)}/releases")

    def release(self, name: str, version: str | None = None) -> ReleaseRecord:
        """A release; the newest without a version.

        Raises:
            MissingError: `client.no_release`, or the server's word for it.
        """
        if version is None:
            newest = next(self.releases(name), None)
            if newest is None:
                raise MissingError("client.no_release", name=name)
            version = newest.version
        return self._one(ReleaseRecord, f"/releases/{path_part(name)}/{path_part(version)}")

    def source(self, name: str, version: str) -> Source:
        """What a release was built from: product.yaml, the recipe, and its inputs."""
        return self._one(Source, f"/releases/{path_part(name)}/{path_part(version)}/source")

    def download_release(self, name: str, version: str, to: Path, step: Step | None = None) -> Path:
        """Every file of a release into the folder `to`, each checked against its sha256; `release.json` last.

        The folder is one that `dataferry verify` checks.
        """
        release = self.release(name, version)
        document = release.document if isinstance(release.document, Mapping) else {}
        base = f"{API}/releases/{path_part(name)}/{path_part(version)}/files"
        for entry in document.get("files", ()):
            inner = inner_path(entry["name"])
            path = f"{base}/{quote(inner)}"
            download(self._transport, path, to / inner, digest(entry["sha256"]), size=int(entry["bytes"]), step=step)
        text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
        (to / "release.json").write_text(text, encoding="utf-8")
        return to

    def publish(self, name: str, version: str) -> ReleaseRecord:
        """Open a release to everybody. It stays open."""
        answer = self._transport.json("POST", f"{API}/releases/{path_part(name)}/{path_part(version)}/publish")
        return ReleaseRecord.of(answer)

    # Drafts and builds

    def drafts(self) -> Iterator[Draft]:
        """Drafts of one's own and those that are shared with one."""
        return self._all(Draft, "/drafts")

    def draft(self, slug: str) -> Draft:
        answer, tag = self._transport.json_with_tag("GET", f"{API}/drafts/{path_part(slug)}")
        return Draft.of({**answer, "etag": tag} if isinstance(answer, Mapping) else answer)

    def open_draft(self, slug: str, manifest: str, recipe: str) -> Draft:
        """Start a product from its texts."""
        body = {"slug": slug, "manifest": manifest, "recipe": recipe}
        answer, tag = self._transport.json_with_tag("POST", f"{API}/drafts", json=body)
        return Draft.of({**answer, "etag": tag} if isinstance(answer, Mapping) else answer)

    def save_draft(self, slug: str, manifest: str, recipe: str, etag: str) -> Draft:
        """Save the texts of a draft, if it is still the one that was read with `etag`.

        Raises:
            ServerError: 409 or 412, somebody changed it meanwhile.
        """
        body = {"manifest": manifest, "recipe": recipe}
        path, headers = f"{API}/drafts/{path_part(slug)}", {"If-Match": etag}
        answer, tag = self._transport.json_with_tag("PUT", path, json=body, headers=headers)
        return Draft.of({**answer, "etag": tag} if isinstance(answer, Mapping) else answer)

    def remove_draft(self, slug: str) -> None:
        self._transport.json("DELETE", f"{API}/drafts/{path_part(slug)}")

    def request_build(self, slug: str) -> Build:
        """Ask for a build of a draft as it is; the open one, where there is one."""
        return Build.of(self._transport.json("POST", f"{API}/drafts/{path_part(slug)}/builds"))

    def build(self, number: int) -> Build:
        return self._one(Build, f"/builds/{int(number)}")

    def cancel_build(self, number: int) -> Build:
        return Build.of(self._transport.json("POST", f"{API}/builds/{int(number)}/cancel"))

    def wait_for_build(
        self, build: Build, told: Callable[[Build], None] | None = None, *, most: float = LONGEST_WAIT
    ) -> Build:
        """The build when it ended well; `told` hears of its progress.

        Raises:
            InputError: `client.build_failed`, with the server's words. RefusedError: `client.build_cancelled`.
            UnavailableError: `client.waited_long`, it goes on without us.
        """
        ended = self._wait(lambda: self.build(build.id), {"queued", "running"}, told, most)
        if ended.state == "cancelled":
            raise RefusedError("client.build_cancelled", name=ended.name)
        if ended.state != "done":
            raise InputError("client.build_failed", name=ended.name, why=failure_words(ended.error))
        return ended

    def _wait(self, ask: Callable[[], W], open_states: set[str], told: Callable[[W], None] | None, most: float) -> W:
        pause, waited = 0.3, 0.0
        while True:
            now = ask()
            if told is not None:
                told(now)
            if now.state not in open_states:
                return now
            if waited >= most:
                raise UnavailableError("client.waited_long", retry=True, what=str(now.id), seconds=round(waited))
            self._sleep(pause)
            waited += pause
            pause = min(pause * 1.4, 5.0)

    def _one(self, kind: type[R], path: str) -> R:
        return one(self._transport, kind, path)

    def _all(self, kind: type[R], path: str, query: Mapping[str, str] | None = None) -> Iterator[R]:
        return every(self._transport, kind, path, query)


class _Watched:
    """A file whose reading is told."""

    def __init__(self, path: Path, step: Step | None) -> None:
        self._path, self._step = path, step
        self._size = path.stat().st_size if path.is_file() else None
        self._file: IO[bytes] | None = None
        self._read = 0

    def __enter__(self) -> _Watched:
        if self._size is None:
            raise MissingError("tables.no_such_file", file=self._path.name)
        self._file = self._path.open("rb")
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def again(self) -> _Watched:
        self.seek(0)
        return self

    def read(self, size: int = -1) -> bytes:
        assert self._file is not None  # noqa: S101  only used inside the block
        piece = self._file.read(size)
        self._read += len(piece)
        if self._step is not None:
            self._step(self._read, self._size)
        return piece

    def seek(self, offset: int, whence: int = 0) -> int:
        assert self._file is not None  # noqa: S101
        self._read = 0
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        assert self._file is not None  # noqa: S101
        return self._file.tell()
