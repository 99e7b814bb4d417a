"""Errors of ours that pass through the SQL engine, which hands on nothing but their text."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from dataferry.messages import DataferryError

_last: deque[DataferryError] = deque(maxlen=1)


@contextmanager
def remembered() -> Iterator[None]:
    """Keep an error of ours that leaves this block, for whoever called the engine."""
    try:
        yield
    except DataferryError as error:
        _last.append(error)
        raise


def forget() -> None:
    """Drop what is kept, before a query starts."""
    _last.clear()


def last_refusal() -> DataferryError | None:
    """The last error of ours since `forget`."""
    return _last[0] if _last else None
