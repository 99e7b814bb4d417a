"""A product from a server as a folder that `dataferry build` builds again: everything fetched and checked aside, then
put in place at once."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dataferry.client import hostile
from dataferry.client.calls import Client
from dataferry.client.origin import FILE as ORIGIN_FILE
from dataferry.client.origin import Origin, origin_of, sha256_of
from dataferry.client.records import Source
from dataferry.messages import DataferryError, InputError, LimitError, MissingError, RefusedError, say

DRAFT = "draft"
MOST_UPSTREAMS = 32
UPSTREAMS = "upstreams"
MANIFEST = "product.yaml"

Told = Callable[[str, float | None], None]


@dataclass(frozen=True)
class Pulled:
    """What a pull left: the folder, which files it wrote and which it removed."""

    folder: Path
    name: str
    version: str
    digest: str
    files: tuple[str, ...]
    removed: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "folder": str(self.folder),
            "name": self.name,
            "version": self.version,
            "digest": self.digest,
            "files": list(self.files),
            "removed": list(self.removed),
        }


def pull(
    client: Client, name: str, version: str | None = None, to: Path | None = None, told: Told | None = None
) -> Pulled:
    """Fetch a product: product.yaml, recipe and every input, each checked against its sha256.

    Args:
        version: of the release; `draft` for the draft; the newest release when absent.
        to: the folder, by default one of the product's name in the working folder. One that was pulled before is
            brought up to date, unless files in it were changed since.

    Raises:
        RefusedError: `client.changed_files`, files would be overwritten; nothing was touched.
        MissingError: no such product, or `client.inputs_missing`, the server does not hand out an input.
        InputError: bytes that differ from their digest, names that could leave the folder. Nothing is kept then.
    """
    hostile.product_name(name)
    folder = (to or Path(name)).absolute()
    if folder.exists() and not folder.is_dir():
        raise InputError("client.not_a_folder", folder=str(folder))
    fetch = _Fetching(client, told or (lambda _what, _share: None))
    with _aside(folder) as staged:
        source, etag = fetch.source(name, version)
        fetch.lay(source, staged)
        files = {path: sha256_of(staged / path) for path in _files_in(staged)}
        origin = Origin(client.server, name, source.version, source.digest, etag, files)
        return _put_in_place(staged, folder, origin)


@contextlib.contextmanager
def _aside(folder: Path) -> Iterator[Path]:
    """A folder beside the wanted one, on the same disk, that goes away whatever happens."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        staged = Path(tempfile.mkdtemp(prefix=f".{folder.name[:40]}-", dir=folder.parent))
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        staged.chmod(0o755)
        yield staged
    except OSError as error:
        raise _unwritable(folder, error) from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _unwritable(folder: Path, error: OSError) -> RefusedError:
    problem = error.strerror or type(error).__name__
    return RefusedError("client.folder_unwritable", folder=str(folder), problem=problem)


@dataclass
class _Fetching:
    client: Client
    told: Told
    upstreams: dict[tuple[str, str], str] = field(default_factory=dict)

    def source(self, name: str, version: str | None) -> tuple[Source, str]:
        """The texts and inputs of a release or a draft, and the ETag of the draft where there is one to go on with."""
        if version == DRAFT:
            draft = self.client.draft(name)
            texts = {"name": name, "version": "", "digest": "", "manifest": draft.manifest, "recipe": draft.recipe}
            return Source.of({**texts, "inputs": draft.inputs}), draft.etag
        wanted = hostile.version(version) if version else self.client.release(name).version
        source = self.client.source(name, hostile.version(wanted))
        if (source.name, source.version) != (name, wanted):
            raise InputError("client.hostile_name", name=f"{source.name}@{source.version}")
        return source, ""

    def lay(self, source: Source, folder: Path) -> None:
        """Write one product with its inputs; the products it stands on are laid inside it."""
        from dataferry.products.places import place_inputs

        inputs = [each for each in source.inputs if isinstance(each, Mapping)]
        missing = [str(each.get("name")) for each in inputs if not _can_be_had(each)]
        if missing:
            raise MissingError("client.inputs_missing", name=source.name, inputs=missing)
        places: dict[str, dict[str, str]] = {}
        for number, each in enumerate(inputs):
            table = hostile.table_name(each["name"])
            self.told(say("client.step_input", {"input": table}), number / len(inputs))
            above = each.get("product")
            places[table] = self._upstream(above, folder) if above else self._file(each, table, folder)
        manifest = place_inputs(source.manifest, places)
        self._texts(folder, manifest, source.recipe)

    def _file(self, given: Mapping[str, Any], table: str, folder: Path) -> dict[str, str]:
        inner = f"data/{table}{hostile.suffix(given.get('file_name', ''))}"
        size = given.get("bytes")
        self.client.download_snapshot(
            str(given["dataset"]), str(given["snapshot"]), folder / inner, size=size if isinstance(size, int) else None
        )
        return {"file": inner}

    def _upstream(self, above: Mapping[str, Any], folder: Path) -> dict[str, str]:
        name, version = hostile.product_name(above["name"]), hostile.version(above["version"])
        known = self.upstreams.get((name, version))
        inside = folder.parent if folder.parent.name == UPSTREAMS else folder / UPSTREAMS
        if known is None:
            if len(self.upstreams) >= MOST_UPSTREAMS:
                raise LimitError("products.too_many_products", depth=MOST_UPSTREAMS, products=MOST_UPSTREAMS)
            known = self.upstreams[name, version] = f"{name}-{version}".replace("+", "-")
            place = inside / known
            place.mkdir(parents=True)
            self.lay(self.source(name, version)[0], place)
        return {"product": f"../{known}" if folder.parent.name == UPSTREAMS else f"{UPSTREAMS}/{known}"}

    def _texts(self, folder: Path, manifest: str, recipe: str) -> None:
        from dataferry.products.yaml_file import parse_yaml

        called = parse_yaml(manifest.encode(), MANIFEST).value.get("recipe") or "recipe.sql"
        inner = hostile.inner_path(called)
        (folder / inner).parent.mkdir(parents=True, exist_ok=True)
        (folder / inner).write_text(recipe, encoding="utf-8", newline="")
        (folder / MANIFEST).write_text(manifest, encoding="utf-8", newline="")


def _can_be_had(given: Mapping[str, Any]) -> bool:
    return bool(given.get("name") and (given.get("product") or (given.get("dataset") and given.get("snapshot"))))


def _files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _put_in_place(staged: Path, folder: Path, origin: Origin) -> Pulled:
    """Move what was fetched to where it is wanted, if no work of the person is lost by that."""
    files = tuple(origin.files)
    if not folder.exists():
        origin.write(staged)
        staged.rename(folder)
        return Pulled(folder, origin.name, origin.version, origin.digest, files)
    before = origin_of(folder)
    known = before.files if before else {}
    changed = [path for path, sha256 in origin.files.items() if _is_work(folder / path, known.get(path), sha256)]
    gone = [path for path in known if path not in origin.files and _inside(folder, path)]
    changed += [path for path in gone if _is_work(folder / path, known[path], "")]
    if changed:
        raise RefusedError("client.changed_files", folder=str(folder), files=sorted(changed))
    for path in files:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        (staged / path).replace(target)
    removed = tuple(path for path in gone if (folder / path).is_file())
    for path in removed:
        (folder / path).unlink()
    origin.write(folder)
    return Pulled(folder, origin.name, origin.version, origin.digest, files, removed)


def _is_work(path: Path, before: str | None, after: str) -> bool:
    """Whether something of the person's lies there: neither as it was pulled, nor as it is to be."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        return True
    return path.is_file() and sha256_of(path) not in {before, after}


def _inside(folder: Path, path: str) -> bool:
    """The file of origins lies in a folder that anybody may have written: its names are not believed."""
    with contextlib.suppress(DataferryError):
        return hostile.inner_path(path) == path and path != ORIGIN_FILE and (folder / path).is_relative_to(folder)
    return False
