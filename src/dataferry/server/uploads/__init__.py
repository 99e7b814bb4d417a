"""Large files that arrive in parts: begun, continued after a break, finished, handed over once, forgotten.

    uploads.register_purpose("challenge.artefact", most_bytes=3 * 1024**3, permission="challenge.submit")
    taken = uploads.take(user, upload_id, "challenge.artefact")     # path, name, bytes, sha256: yours from here on
    taken = uploads.from_form(request, "file", "challenge.artefact")   # whichever way the form sent it
    kind = uploads.media_type_of(taken.path, uploads.PAPERS)           # by its bytes; nothing else is let in
    place = uploads.KeptFiles("challenge").keep(taken.path, taken.sha256)   # for good, named by its content

Files come in over tus 1.0 at /uploads/ (`tus.py`). On pages: `{% include "uploads/_field.html" with name="file"
label=... purpose="challenge.artefact" accept=... %}` inside a multipart form, with `uploads/upload.mjs` as a module and
`uploads/uploads.css`. The names below that need models are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dataferry.server.uploads.handed import Handed
from dataferry.server.uploads.kept import KeptFiles
from dataferry.server.uploads.media_types import EVIDENCE, PAPERS, media_type_of
from dataferry.server.uploads.purposes import Purpose, register_purpose

if TYPE_CHECKING:
    from dataferry.server.uploads.forms import from_form
    from dataferry.server.uploads.handing_over import Taken, discard, take
    from dataferry.server.uploads.models import Upload

_HOME = {"Taken": "handing_over", "Upload": "models", "discard": "handing_over", "from_form": "forms"}
_HOME |= {"take": "handing_over"}

__all__ = [
    "EVIDENCE",
    "PAPERS",
    "Handed",
    "KeptFiles",
    "Purpose",
    "Taken",
    "Upload",
    "discard",
    "from_form",
    "media_type_of",
    "register_purpose",
    "take",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
