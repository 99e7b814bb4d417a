"""Promise: a list's address holds its whole state; what is chosen can be left out, also where nothing has it."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from dataferry.server.display.filters import Filter, words_of


def asked(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query))


def test_the_address_holds_the_state() -> None:
    found = Filter("/list/", "a & b", {"city": "hong-kong", "price": "free"}, lambda name, value: f"{name}:{value}")
    state = {"q": "a & b", "city": "hong-kong", "price": "free"}
    assert asked(found.address()) == state
    assert asked(found.address("x=1")) == {**state, "after": "x=1"}
    assert asked(found.without_words) == {"city": "hong-kong", "price": "free"}
    assert Filter("/list/", "", {}, str.join).address() == "/list/"
    facet = found.facet("city", "City", [("shanghai", 3)])
    assert facet is not None
    chosen, other = facet.values
    assert (chosen.title, chosen.count, chosen.chosen) == ("city:hong-kong", 0, True)
    assert asked(chosen.address) == {"q": "a & b", "price": "free"}
    assert asked(other.address) == {**state, "city": "shanghai"}
    assert (other.count, other.chosen, bool(other.ink)) == (3, False, True)
    assert found.facet("board", "Board", []) is None
    assert [asked(each.address) for each in found.chosen_values()] == [
        {"q": "a & b", "price": "free"},
        {"q": "a & b", "city": "hong-kong"},
    ]
    assert words_of("  a\x00b \n c" + "x" * 300)[:5] == "a b c"
    assert len(words_of("y" * 999)) == 200
