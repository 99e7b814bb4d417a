"""The filter of a list: words and chosen values of facets, all of it in the address.

    found = Filter(reverse("datasets"), words, {"city": "hong-kong"}, value_title)
    found.facet("city", _("City"), [("hong-kong", 12), ("shanghai", 7)])
    found.address(after=cursor)

Choosing a value that is chosen leaves it out again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from dataferry.server.display.words import INKS

LONGEST_SEARCH = 200


@dataclass(frozen=True)
class Value:
    """One value of a facet: in words, how many things have it, and the address that chooses it or leaves it out."""

    title: str
    count: int
    address: str
    chosen: bool
    ink: str = ""


@dataclass(frozen=True)
class Facet:
    """One facet with its values, the most frequent first."""

    name: str
    title: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Filter:
    """What one address of a list asks for.

    Args:
        page: the address of the list.
        words: that were searched for, cleaned by `words_of`.
        chosen: value by name of facet.
        title: a facet's name and a value of it, in words.
    """

    page: str
    words: str
    chosen: Mapping[str, str]
    title: Callable[[str, str], str]

    def address(self, after: str = "") -> str:
        """Of this state, from a place in the list on."""
        return self._address(self.words, self.chosen, after)

    @property
    def without_words(self) -> str:
        return self._address("", self.chosen)

    def _address(self, words: str, chosen: Mapping[str, str], after: str = "") -> str:
        pairs = {"q": words, **chosen, "after": after}
        query = urlencode({name: value for name, value in pairs.items() if value})
        return f"{self.page}?{query}" if query else self.page

    def value(self, name: str, value: str, count: int = 0) -> Value:
        """One value; choosing it takes the place of another of the same facet."""
        is_chosen = self.chosen.get(name) == value
        left = {key: each for key, each in self.chosen.items() if key != name}
        address = self._address(self.words, left if is_chosen else left | {name: value})
        return Value(self.title(name, value), count, address, is_chosen, INKS.get(value, "") if name == "city" else "")

    def facet(self, name: str, title: str, rows: Iterable[tuple[str, int]]) -> Facet | None:
        """A facet with these values and counts. What is chosen stands in it in any case; None where nothing does."""
        values = [self.value(name, value, count) for value, count in rows]
        if self.chosen.get(name) and not any(value.chosen for value in values):
            values.insert(0, self.value(name, self.chosen[name]))
        return Facet(name, title, tuple(values)) if values else None

    def chosen_values(self) -> list[Value]:
        """Each chosen value with the address that leaves it out."""
        return [self.value(name, value) for name, value in self.chosen.items()]


def words_of(text: str) -> str:
    """The words that somebody typed, as they are searched for."""
    return " ".join(text.replace("\x00", " ").split())[:LONGEST_SEARCH]
