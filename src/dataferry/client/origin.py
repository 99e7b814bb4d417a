"""What a product folder remembers of the server it came from or went to: one small file inside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from dataferry.messages import InputError

FILE = ".dataferry.json"
FORMAT = "dataferry-origin/1"


@dataclass(frozen=True)
class Origin:
    """Server, product and state at the last pull or push. `files` are the files as they were then, by sha256.

    `revision` is the ETag of the draft as it was seen; empty when the folder stands on a release only.
    """

    server: str
    name: str
    version: str = ""
    digest: str = ""
    revision: str = ""
    files: Mapping[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        text = json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=False, indent=2) + "\n"
        part = folder / f"{FILE}.part"
        part.write_text(text, encoding="utf-8")
        part.replace(folder / FILE)


def origin_of(folder: Path) -> Origin | None:
    """What the folder remembers; none where it was never pulled or pushed.

    Raises:
        InputError: `client.origin_damaged`.
    """
    try:
        value = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise InputError("client.origin_damaged", file=str(folder / FILE)) from error
    known = {"server", "name", "version", "digest", "revision"}
    if not isinstance(value, dict) or value.get("format") != FORMAT or not isinstance(value.get("files"), dict):
        raise InputError("client.origin_damaged", file=str(folder / FILE))
    files = {str(name): str(sha256) for name, sha256 in value["files"].items()}
    return Origin(**{key: str(value[key]) for key in known & value.keys()}, files=files)


def sha256_of(path: Path) -> str:
    measured = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1024 * 1024):
            measured.update(piece)
    return measured.hexdigest()
