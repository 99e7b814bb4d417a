"""How a product folder and a server stand to each other: who am I there, is the folder the draft, is it released?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataferry.client.calls import Client
from dataferry.client.origin import origin_of, sha256_of
from dataferry.client.records import Person
from dataferry.messages import DataferryError, MissingError


@dataclass(frozen=True)
class Standing:
    """What `dataferry status` tells. A digest is None where there is no such release."""

    server: str
    person: Person | None
    problem: DataferryError | None
    name: str = ""
    version: str = ""
    changed: tuple[str, ...] = ()
    draft: str = ""
    built_digest: str | None = None
    release_digest: str | None = None
    newest: str | None = None

    @property
    def same_release(self) -> bool | None:
        """Whether the release built here is the one on the server; None where one of the two is not there."""
        if not self.built_digest or not self.release_digest:
            return None
        return self.built_digest == self.release_digest

    def to_json(self) -> dict[str, Any]:
        person = self.person
        return {
            "server": self.server,
            "reachable": self.problem is None,
            "problem": self.problem.to_json() if self.problem else None,
            "person": {"id": person.id, "name": person.display_name, "email": person.email} if person else None,
            "product": {
                "name": self.name,
                "version": self.version,
                "changed": list(self.changed),
                "draft": self.draft,
                "built_digest": self.built_digest,
                "release_digest": self.release_digest,
                "same_release": self.same_release,
                "newest_release": self.newest,
            }
            if self.name
            else None,
        }


def standing(client: Client, folder: Path | None) -> Standing:
    """Look at the server, and at the product in `folder` if there is one.

    `draft` is `none` (the server has none), `same` (as it was last pulled or pushed here), `moved` (changed on the
    server since) or `other` (this folder was never pulled from it or pushed to it).
    """
    try:
        person = client.me()
    except DataferryError as error:
        return Standing(client.server, None, error)
    if folder is None or not (folder / "product.yaml").is_file():
        return Standing(client.server, person, None)
    from dataferry.products import load_product

    product = load_product(folder)
    origin = origin_of(folder)
    files = origin.files if origin else {}
    changed = tuple(path for path, sha256 in files.items() if _now(folder / path) != sha256)
    version = product.manifest.version
    return Standing(
        client.server,
        person,
        None,
        product.name,
        version,
        changed,
        _draft(client, product.name, origin.revision if origin and origin.server == client.server else ""),
        _built_digest(folder, product.name, version),
        *_released(client, product.name, version),
    )


def _now(path: Path) -> str:
    return sha256_of(path) if path.is_file() else ""


def _draft(client: Client, name: str, seen: str) -> str:
    try:
        etag = client.draft(name).etag
    except MissingError:
        return "none"
    if not seen:
        return "other"
    return "same" if etag == seen else "moved"


def _released(client: Client, name: str, version: str) -> tuple[str | None, str | None]:
    """Digest of this version on the server, and the newest version there."""
    try:
        releases = list(client.releases(name))
    except MissingError:
        return None, None
    digest = next((each.digest for each in releases if each.version == version), None)
    return digest, releases[0].version if releases else None


def _built_digest(folder: Path, name: str, version: str) -> str | None:
    """The digest of the release that was built in this folder, if it is of this version."""
    from dataferry.products import Release

    try:
        release = Release.load(folder / "release", check=False)
    except (DataferryError, OSError):
        return None
    document: Mapping[str, Any] = release.to_json()
    return str(release.digest) if (document.get("name"), document.get("version")) == (name, version) else None
