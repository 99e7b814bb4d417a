"""Where the files of entries lie: below the data home, named by what is in them, readable by the house alone."""

from __future__ import annotations

from dataferry.server.uploads import KeptFiles

_files = KeptFiles("challenge")
folder, keep, path_of = _files.folder, _files.keep, _files.path_of

__all__ = ["folder", "keep", "path_of"]
