"""What the address of a preview asks for: filters, order, where the page begins. The address is the whole state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from dataferry.tables import Filter, Sort

SEPARATOR = "|"
MOST_ASKED = 20


@dataclass(frozen=True)
class Asked:
    """Filters, order, the row after which the page begins, and which part of a wide table is shown (from 1)."""

    filters: tuple[Filter, ...] = ()
    sort: tuple[Sort, ...] = ()
    after: int = 0
    part: int = 1

    def address(self) -> str:
        """The query string that asks for the same."""
        pairs = [pair for each in self.filters for pair in _pairs(each)]
        pairs += [("sort", f"-{each.column}" if each.descending else each.column) for each in self.sort]
        if self.after:
            pairs.append(("after", str(self.after)))
        if self.part > 1:
            pairs.append(("part", str(self.part)))
        return "?" + urlencode(pairs)


def _pairs(each: Filter) -> list[tuple[str, str]]:
    return [("c", each.column), ("t", each.test), ("v", SEPARATOR.join(each.values))]


def asked_of(query: QueryDict) -> Asked:
    """The question in an address: `c`, `t`, `v` for each filter, `sort` (with - for descending), `after`, `part`.

    A filter without a column is one that nobody filled in. What makes no sense is left to the library to refuse.
    """
    columns, tests, values = query.getlist("c"), query.getlist("t"), query.getlist("v")
    filters = []
    for index, column in enumerate(columns[:MOST_ASKED]):
        if column:
            test = tests[index] if index < len(tests) else "equals"
            filters.append(Filter(column, test, _values(test, values[index] if index < len(values) else "")))  # type: ignore[arg-type]
    sort = tuple(
        Sort(name.removeprefix("-"), descending=name.startswith("-")) for name in query.getlist("sort")[:4] if name
    )
    return Asked(tuple(filters), sort, _whole(query.get("after")), max(1, _whole(query.get("part"))))


def _values(test: str, text: str) -> tuple[str, ...]:
    if test in {"missing", "present"}:
        return ()
    if test == "one_of":
        return tuple(part.strip() for part in text.split(SEPARATOR))
    if test == "within":
        return tuple(part.strip() for part in text.replace(SEPARATOR, ",").split(","))
    return (text,)


def _whole(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 12 else 0


def test_words() -> Mapping[str, str]:
    """Each test in plain words."""
    return {
        "contains": _("contains"),
        "equals": _("is"),
        "one_of": _("is one of (separated by |)"),
        "at_least": _("is at least"),
        "at_most": _("is at most"),
        "within": _("lies within (west, south, east, north in degrees)"),
        "missing": _("is missing"),
        "present": _("is not missing"),
    }


def filter_words(each: Filter) -> str:
    """A filter as a sentence without its column."""
    words = test_words().get(each.test, each.test)
    if each.test in {"missing", "present"}:
        return words
    shown = {"one_of": _("is one of"), "within": _("lies within")}.get(each.test, words)
    return f"{shown} {', '.join(value[:80] for value in each.values)}"
