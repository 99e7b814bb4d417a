"""Refresh the vendored front-end from npm. Maintainers only: users of Dataferry need no Node.

python tools/vendor.py          fetch the pinned packages, copy their built files, write vendor.json
python tools/vendor.py --check  compare the committed files with vendor.json (no network)
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
VENDOR = REPOSITORY / "src/dataferry/server/portal/static/vendor"
LICENCES = Path(__file__).parent / "licences"
TEST_VENDOR = REPOSITORY / "tests/server/vendor"


@dataclass(frozen=True)
class Package:
    """One npm package: its pinned version, its licence, and which built files are taken (source path: our name)."""

    name: str
    version: str
    licence: str
    files: dict[str, str]
    licence_file: str | None
    folder: Path = VENDOR


PACKAGES = (
    Package(
        "maplibre-gl",
        "6.17.0",
        "BSD-3-Clause",
        {
            "dist/maplibre-gl.mjs": "maplibre-gl.mjs",
            "dist/maplibre-gl-worker.mjs": "maplibre-gl-worker.mjs",
            "dist/maplibre-gl.css": "maplibre-gl.css",
        },
        "LICENSE.txt",
    ),
    Package("pmtiles", "4.5.0", "BSD-3-Clause", {"dist/pmtiles.js": "pmtiles.js"}, None),
    Package("htmx.org", "2.0.10", "0BSD", {"dist/htmx.min.js": "htmx.min.js"}, "LICENSE"),
    Package("@picocss/pico", "2.1.1", "MIT", {"css/pico.min.css": "pico.min.css"}, "LICENSE.md"),
    Package("axe-core", "4.14.1", "MPL-2.0", {"axe.min.js": "axe.min.js"}, "LICENSE", TEST_VENDOR),
)
# Source maps are not vendored; a reference to one would be a 404 in every visitor's console.
SOURCE_MAP = b"//# sourceMappingURL="


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def folder_name(package: Package) -> str:
    return package.name.removeprefix("@").replace("/", "-")


def fetch(package: Package, modules: Path) -> dict[str, object]:
    """Copy one package's files into its folder; its entry of the manifest."""
    source = modules / package.name
    target = package.folder / folder_name(package)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    names = dict(package.files)
    if package.licence_file:
        names[package.licence_file] = "LICENCE.txt"
    else:
        shutil.copy(LICENCES / f"{package.name}.txt", target / "LICENCE.txt")
    for origin, name in names.items():
        content = (source / origin).read_bytes()
        kept = [line for line in content.split(b"\n") if not line.startswith(SOURCE_MAP)]
        (target / name).write_bytes(b"\n".join(kept))
    files = {file.name: {"sha256": sha256(file), "bytes": file.stat().st_size} for file in sorted(target.iterdir())}
    return {"version": package.version, "licence": package.licence, "files": files}


def refresh() -> None:
    with tempfile.TemporaryDirectory() as folder:
        wanted = [f"{package.name}@{package.version}" for package in PACKAGES]
        npm = shutil.which("npm")
        if npm is None:
            sys.exit("npm is needed to refresh the vendored files")
        subprocess.run([npm, "install", "--no-save", "--ignore-scripts", *wanted], cwd=folder, check=True)  # noqa: S603
        for vendor in (VENDOR, TEST_VENDOR):
            vendor.mkdir(parents=True, exist_ok=True)
            manifest = {
                folder_name(package): fetch(package, Path(folder) / "node_modules")
                for package in PACKAGES
                if package.folder == vendor
            }
            (vendor / "vendor.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def differences(vendor: Path) -> list[str]:
    """Files that are missing, changed or not listed in the manifest."""
    manifest = json.loads((vendor / "vendor.json").read_text(encoding="utf-8"))
    listed = {
        f"{package}/{name}": file["sha256"]
        for package, entry in manifest.items()
        for name, file in entry["files"].items()
    }
    present = {
        str(file.relative_to(vendor)): sha256(file)
        for file in vendor.rglob("*")
        if file.is_file() and file.name != "vendor.json"
    }
    return sorted(name for name in listed.keys() | present.keys() if listed.get(name) != present.get(name))


if __name__ == "__main__":
    if "--check" not in sys.argv:
        refresh()
    wrong = [name for vendor in (VENDOR, TEST_VENDOR) for name in differences(vendor)]
    sys.exit("differs from vendor.json: " + ", ".join(wrong) if wrong else 0)
