"""Options of a reading as plain JSON: from forms, requests and product.yaml, checked, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dataferry.messages import InputError

if TYPE_CHECKING:
    from dataferry.tables import ReadOptions

TEXTS = {"encoding": 40, "layer": 300, "path": 300, "time_zone": 60}
TYPES = frozenset({"string", "integer", "number", "boolean", "date", "time", "timestamp"})
_LONGEST_NAME = 300
_MOST_COLUMNS = 1000
_MOST_MARKS = 100


def checked_options(value: Mapping[str, Any] | None) -> dict[str, Any]:
    """The declared options as plain JSON, without empty ones and with the datum by its canonical id.

    Raises:
        InputError: `server.catalogue.bad_option`, an option is unknown or not of its kind.
        UsageError: `geo.unknown_crs`, `geo.pasted_crs`.
    """
    found: dict[str, Any] = {}
    for name, given in (value or {}).items():
        if given is None or given in ("", [], {}):
            continue
        if name not in _CHECKS:
            raise InputError("server.catalogue.bad_option", field=str(name)[:40])
        try:
            found[name] = _CHECKS[name](given)
        except (TypeError, ValueError, AttributeError):
            raise InputError("server.catalogue.bad_option", field=name) from None
    return found


def _text(limit: int) -> Any:
    def check(given: Any) -> str:
        if not isinstance(given, str) or len(given) > limit or not given.strip().isprintable():
            raise ValueError
        return given.strip()

    return check


def _crs(given: Any) -> str:
    # The geodesy comes with it, which most pages do without.
    from dataferry.geo import canonical_crs

    return canonical_crs(_text(200)(given))


def _pair(given: Any) -> list[str]:
    if not isinstance(given, list | tuple):
        raise TypeError
    x, y = given
    return [_text(_LONGEST_NAME)(x), _text(_LONGEST_NAME)(y)]


def _flag(given: Any) -> bool:
    if not isinstance(given, bool):
        raise TypeError
    return given


def _missing(given: Any) -> dict[str, list[str]]:
    if len(given) > _MOST_COLUMNS or any(
        len(marks) > _MOST_MARKS or isinstance(marks, str) for marks in given.values()
    ):
        raise ValueError
    return {_text(_LONGEST_NAME)(name): [_text(_LONGEST_NAME)(mark) for mark in marks] for name, marks in given.items()}


def _types(given: Any) -> dict[str, str]:
    if len(given) > _MOST_COLUMNS or not set(given.values()) <= TYPES:
        raise ValueError
    return {_text(_LONGEST_NAME)(name): str(kind) for name, kind in given.items()}


_CHECKS: dict[str, Any] = {
    **{name: _text(limit) for name, limit in TEXTS.items()},
    "crs": _crs,
    "geometry": _pair,
    "day_first": _flag,
    "missing": _missing,
    "types": _types,
}


def to_read_options(value: Mapping[str, Any]) -> ReadOptions:
    """The options of the library from their JSON."""
    from dataferry.tables import ReadOptions

    plain = dict(value)
    if "geometry" in plain:
        plain["geometry"] = tuple(plain["geometry"])
    if "missing" in plain:
        plain["missing"] = {name: tuple(marks) for name, marks in plain["missing"].items()}
    return ReadOptions(**plain)
