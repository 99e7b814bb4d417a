"""The same file read, or the same recipe run, is asked of a confined child once; tests of the server ask it hundreds of
times. What the child answers is checked and written anew each time, and errors are never kept."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dataferry.products.sandbox.parent import ConfinedRun
from dataferry.products.sandbox.reading import ConfinedReading

Cancelled = Callable[[], bool] | None


@contextmanager
def asked_once() -> Iterator[None]:
    """Inside the block a child that answered well is not asked the same again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ConfinedReading, "answer", _reading(ConfinedReading.answer))
        patch.setattr(ConfinedRun, "answer", _run(ConfinedRun.answer))
        yield


def _reading(ask: Callable[..., Any]) -> Callable[..., Any]:
    known: dict[object, Any] = {}

    def answer(self: ConfinedReading, source: Path, folder: Path, progress: Any, cancelled: Cancelled) -> Any:
        if not _stands_alone(source) or (cancelled is not None and cancelled()):
            return ask(self, source, folder, progress, cancelled)
        key = (_digest(source), repr(self))
        if key not in known:
            known[key] = ask(self, source, folder, progress, cancelled)
        elif progress is not None:
            for step, share in (("read", 0.7), ("profile", 0.85), ("hand_over", 0.95)):
                progress(step, share)
        table, document, outcome = known[key]
        return table, copy.deepcopy(document), copy.copy(outcome)

    return answer


def _run(ask: Callable[..., Any]) -> Callable[..., Any]:
    known: dict[object, Any] = {}

    def answer(self: ConfinedRun, folder: Path, progress: Any = None, cancelled: Cancelled = None) -> Any:
        if cancelled is not None and cancelled():
            return ask(self, folder, progress, cancelled)
        inputs = tuple((name, _digest(path)) for name, path in sorted(self.inputs.items()))
        timeless = "build_instant" not in self.statement.sql.lower()
        key = (self.statement.sql, inputs, self.limits, self.confinement, self.first_rows, self.seed)
        key = (*key, None if timeless else self.instant)
        if key not in known:
            known[key] = ask(self, folder, progress, cancelled)
        elif progress is not None:
            progress(known[key][0].num_rows)
        table, outcome = known[key]
        return table, copy.copy(outcome)

    return answer


def _stands_alone(source: Path) -> bool:
    """A plain file; a reader looks for the parts of a shapefile beside it."""
    return source.is_file() and source.suffix.lower() not in (".shp", ".dbf")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
