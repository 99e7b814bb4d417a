"""A product folder to a server: the inputs it lacks, then the texts as a draft, then a build."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataferry.client.calls import Client
from dataferry.client.errors import ServerError
from dataferry.client.origin import Origin, origin_of, sha256_of
from dataferry.client.records import Build, Draft, SnapshotRecord
from dataferry.messages import LANGUAGES, MissingError, RefusedError, say

if TYPE_CHECKING:
    from dataferry.products import Product
    from dataferry.products.manifest import Input
    from dataferry.tables import SnapshotStore

Told = Callable[[str, float | None], None]
_CONFLICTS = frozenset({409, 412})
_OF_MANY_FILES = frozenset({".shp", ".tab", ".mif"})


@dataclass(frozen=True)
class Pushed:
    """What a push did: the draft, the files it sent, whether the texts changed, the build where one was asked for."""

    name: str
    server: str
    revision: int
    changed: bool
    sent: tuple[str, ...]
    known: tuple[str, ...]
    build: Build | None = None

    def to_json(self) -> dict[str, Any]:
        build = self.build
        return {
            "name": self.name,
            "server": self.server,
            "revision": self.revision,
            "changed": self.changed,
            "sent": list(self.sent),
            "known": list(self.known),
            "build": None
            if build is None
            else {"id": build.id, "state": build.state, "version": build.version, "digest": build.digest},
        }


def push(
    client: Client,
    folder: Path,
    *,
    replace: bool = False,
    build: bool = False,
    wait: bool = False,
    store: SnapshotStore | None = None,
    told: Told | None = None,
) -> Pushed:
    """Send a product folder as a draft. Input files the server has already (by sha256) are not sent again.

    Args:
        replace: overwrite a draft that this folder does not come from, or that changed since.
        build: ask for a build afterwards; with `wait`, stay until it ended.
        store: where snapshots that product.yaml names are, for those that the server lacks.

    Raises:
        RefusedError: `client.draft_there`, `client.draft_moved_on`: a draft that this folder did not see.
        MissingError: `client.input_missing`, `client.upstream_missing`. ManifestError: product.yaml is not right.
    """
    from dataferry.products import load_product
    from dataferry.products.places import place_inputs

    tell = told or (lambda _what, _share: None)
    product = load_product(folder)
    sending = _Sending(client, product, store, tell)
    places = {name: sending.place(name, spec) for name, spec in product.manifest.inputs.items()}
    tell(say("client.step_texts", {}), None)
    manifest = place_inputs(product.yaml.decode(), places)
    draft, changed = _save(client, product.name, (manifest, product.sql), _seen(client, product), replace=replace)
    _remember(client, product, draft)
    made = None
    if build:
        made = client.request_build(product.name)
        if wait:
            made = client.wait_for_build(made, lambda now: tell(_building(now, product.name), now.share))
    return Pushed(product.name, client.server, draft.revision, changed, tuple(sending.sent), tuple(sending.known), made)


def _building(build: Build, name: str) -> str:
    step = build.step
    with contextlib.suppress(KeyError, ValueError, OSError, ModuleNotFoundError):
        if isinstance(step, Mapping) and step.get("code"):
            return say(str(step["code"]), step.get("data") or {})
    if isinstance(step, Mapping) and isinstance(step.get("message"), str):
        return str(step["message"])
    return say("client.step_building", {"name": name})


class _Sending:
    """Where each input of a product is on the server; what is not there is sent."""

    def __init__(self, client: Client, product: Product, store: SnapshotStore | None, told: Told) -> None:
        self.client, self.product, self.store, self.told = client, product, store, told
        self.sent: list[str] = []
        self.known: list[str] = []

    def place(self, name: str, spec: Input) -> dict[str, str]:
        """The keys that say in the draft where this input comes from."""
        if spec.product is not None:
            return self._product(name, spec.product)
        if spec.file is not None:
            from dataferry.products.inputs import locate

            path = locate(self.product.folder.resolve(), spec.file, ())
            if not path.is_file() or path.suffix.lower() in _OF_MANY_FILES:
                raise RefusedError("client.many_files", input=name, file=spec.file)
            return self._bytes(name, spec, sha256_of(path), lambda: contextlib.nullcontext(path))
        digest = str(spec.snapshot).removeprefix("sha256:")
        return self._bytes(name, spec, digest, lambda: self._stored(name, digest))

    def _product(self, name: str, place: str) -> dict[str, str]:
        from dataferry.products import load_product

        above = load_product((self.product.folder / place).resolve()).name
        if next(self.client.releases(above), None) is None:
            raise MissingError("client.upstream_missing", input=name, product=above)
        return {"product": f"../{above}"}

    @contextlib.contextmanager
    def _stored(self, name: str, digest: str) -> Iterator[Path]:
        if self.store is None or digest not in self.store:
            raise MissingError("client.input_missing", input=name, snapshot=digest)
        with self.store.open(digest) as path:
            yield path

    def _bytes(self, name: str, spec: Input, digest: str, opened: Callable[[], Any]) -> dict[str, str]:
        found = self.client.find_snapshot(digest)
        if found is not None:
            self.known.append(name)
            return _named(found)
        with opened() as path:
            self.told(say("client.step_upload", {"file": path.name}), 0.0)
            upload = self.client.upload(path, about=_about(spec), step=self._progress(path.name))
        self.told(say("client.step_reading", {"file": path.name}), None)
        done = self.client.wait_for_upload(upload)
        self.sent.append(name)
        return {"dataset": done.dataset, "snapshot": f"sha256:{digest}"}

    def _progress(self, file: str) -> Callable[[int, int | None], None]:
        what = say("client.step_upload", {"file": file})
        return lambda have, whole: self.told(what, have / whole if whole else None)


def _named(found: SnapshotRecord) -> dict[str, str]:
    return {"dataset": found.dataset, "snapshot": f"sha256:{found.sha256}"}


def _about(spec: Input) -> dict[str, Any]:
    """What product.yaml says of an input, as a dataset is described: the same words, no guess."""
    title = spec.title.to_json() if spec.title else {}
    reading = spec.read.model_dump(mode="json", exclude_defaults=True)
    options = {**reading, **({"crs": spec.crs} if spec.crs else {})}
    about: dict[str, Any] = {
        "title": {language: title[language] for language in LANGUAGES if title.get(language)},
        "city": spec.city or "",
        "publisher": spec.publisher or "",
        "licence": spec.licence,
        "source": spec.source or "",
        "attribution": spec.attribution or "",
        "synthetic": spec.synthetic,
        "options": options,
    }
    return {key: value for key, value in about.items() if value not in ("", None, {}, False)}


def _save(client: Client, name: str, texts: tuple[str, str], seen: str, *, replace: bool) -> tuple[Draft, bool]:
    """The draft with these texts, and whether they were new to it."""
    try:
        there = client.draft(name)
    except MissingError:
        return client.open_draft(name, *texts), True
    if (there.manifest, there.recipe) == texts:
        return there, False
    if not replace and not seen:
        raise RefusedError("client.draft_there", name=name)
    try:
        return client.save_draft(name, *texts, there.etag if replace else seen), True
    except ServerError as error:
        if error.status in _CONFLICTS:
            raise RefusedError("client.draft_moved_on", name=name) from error
        raise


def _seen(client: Client, product: Product) -> str:
    """The state of the draft that this folder goes on from."""
    origin = origin_of(product.folder)
    return origin.revision if origin and (origin.server, origin.name) == (client.server, product.name) else ""


def _remember(client: Client, product: Product, draft: Draft) -> None:
    """The texts are now as the server has them. A folder that cannot be written was pushed all the same."""
    before = origin_of(product.folder)
    files = dict(before.files) if before else {}
    files |= {path: sha256_of(product.folder / path) for path in ("product.yaml", product.manifest.recipe)}
    with contextlib.suppress(OSError):
        Origin(client.server, product.name, revision=draft.etag, files=files).write(product.folder)
