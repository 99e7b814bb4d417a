"""A sheet's document in the words of one language: sections of facts and tables, for the page and for the paper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from dataferry.messages import Language
from dataferry.server.display.evidence import ORDER, chip_titles
from dataferry.server.display.words import (
    Spoken,
    city_name,
    day,
    money,
    number,
    size,
    spoken,
    state_word,
    type_word,
    unit_word,
)
from dataferry.server.exchange import listing_words as words
from dataferry.server.exchange.purposes import Purpose

TONGUES: Mapping[Language, str] = {"en": "en", "zh-Hant": "zh-hant", "zh-Hans": "zh-hans"}
NOT_STATED = "–"
Fact = tuple[str, Spoken]
Row = tuple[Spoken, ...]


@dataclass(frozen=True)
class Section:
    """One block of the sheet.

    Args:
        name: for anchors. facts: label and value. columns, rows: a table, where there is one; `under`: its heading.
    """

    name: str
    title: str
    facts: tuple[Fact, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()


def sections_of(document: Mapping[str, Any], language: Language) -> list[Section]:
    """Every block of the sheet, in its order. A text that is in no other language is shown in the one it is in."""
    with override(TONGUES[language]):
        return list(_sections(document, language))


def _sections(document: Mapping[str, Any], language: Language) -> Iterator[Section]:
    yield _basic(document, language)
    yield _physical(document["physical"])
    yield from _content(document["content"], language)
    yield _conditions(document["conditions"], language)
    yield _scenarios(document["scenarios"], language)
    yield _delivery(document)
    yield _source(document, language)
    yield _qualification(document)
    yield _evidence(document["chips"])
    yield _prices(document["prices"], language)


def _plain(text: Any) -> Spoken:
    shown = str(text) if text not in (None, "") else NOT_STATED
    return Spoken(shown)


def _said(value: Any, language: Language) -> Spoken:
    found = spoken(value or None, language)
    return found if found.text else Spoken(NOT_STATED)


def _basic(document: Mapping[str, Any], language: Language) -> Section:
    basic, head = document["basic"], document["head"]
    facts = (
        (_("Product code"), _plain(head["code"])),
        (_("Registration number"), _plain(head["registration"])),
        (_("Listed on"), _plain(day(head["listed_on"]) if head["listed_on"] else "")),
        (_("Supplier"), _said(basic["supplier"]["name"], language)),
        (_("Supplier's number"), _plain(basic["supplier"]["number"])),
        (_("Sector board"), _plain(words.board_word(basic["board"]))),
        (_("Industry"), _plain(words.industry_word(basic["industry"]))),
        (_("Cities"), _plain(" · ".join(city_name(city) for city in basic["cities"]))),
        (_("Type"), _plain(words.kind_word(basic["kind"]))),
        (_("Content"), _said(basic["content"], language)),
        (_("Keywords"), _said(basic["keywords"], language)),
    )
    return Section("basic", _("Basic information"), facts)


def _physical(physical: Mapping[str, Any]) -> Section:
    release = physical["release"]
    files = ", ".join(f"{each['name']} ({size(each['bytes'])})" for each in physical["files"])
    facts = (
        (_("Rows"), _plain(number(physical["rows"]))),
        (_("Size"), _plain(size(physical["bytes"]))),
        (_("Files"), _plain(files)),
        (_("Update frequency"), _plain(words.frequency_word(physical["frequency"]))),
        (_("Release"), _plain(f"{release['product']} {release['version']}")),
        (_("Released on"), _plain(day(release["released_on"]))),
        (_("Digest"), _plain(release["digest"])),
        *(((_("Synthetic data"), _plain(_("yes"))),) if physical["synthetic"] else ()),
    )
    return Section("physical", _("Physical description"), facts)


def _content(content: Mapping[str, Any], language: Language) -> Iterator[Section]:
    if content["inputs"]:
        columns = (_("Name"), _("Type"), _("Required"), _("Meaning"))
        rows = tuple(
            (
                _plain(each["name"]),
                _plain(type_word(each["type"])),
                _plain(_("yes") if each["required"] else _("no")),
                _said(each["meaning"], language),
            )
            for each in content["inputs"]
        )
        yield Section("inputs", _("Input fields"), columns=columns, rows=rows)
    columns = (_("Name"), _("Title"), _("Type"), _("Meaning"))
    yield Section(
        "outputs",
        _("Output fields"),
        columns=columns,
        rows=tuple(_output(each, language) for each in content["outputs"]),
    )


def _output(each: Mapping[str, Any], language: Language) -> Row:
    unit = unit_word(each["unit"])
    kind = f"{type_word(each['type'])} ({unit})" if unit else type_word(each["type"])
    return (_plain(each["name"]), _said(each["title"], language), _plain(kind), _said(each["meaning"], language))


def _conditions(conditions: Mapping[str, Any], language: Language) -> Section:
    facts = (
        (_("Purpose of use"), _said(conditions["purpose"], language)),
        (_("Requirements for buyers"), _said(conditions["buyers"], language)),
        (_("Period of use"), _plain(words.counted_word(conditions["period"]))),
        (_("Rules of use"), _said(conditions["rules"], language)),
        (_("Other limits"), _said(conditions["limits"], language)),
    )
    return Section("conditions", _("Conditions of use"), facts)


def _scenarios(scenarios: Sequence[Mapping[str, Any]], language: Language) -> Section:
    named = dict(Purpose.choices)
    rows = tuple(
        (
            _said(each["words"].get("title"), language),
            _said(each["words"].get("text"), language),
            _plain(" · ".join(str(named.get(code, code)) for code in each["purposes"])),
        )
        for each in scenarios
    )
    columns = (_("Scenario"), _("How it is used"), _("Purposes"))
    return Section("scenarios", _("Use cases"), columns=columns, rows=rows)


def _delivery(document: Mapping[str, Any]) -> Section:
    delivery = document["delivery"]
    limit = delivery["calls_a_minute"]
    facts = [
        (_("Delivery level"), _plain(words.level_word(delivery["level"]))),
        (_("Ways of delivery"), _plain(" · ".join(words.mode_word(each) for each in delivery["modes"]))),
        (_("Technical document"), _paper(document, "technical")),
    ]
    if limit:
        facts.append((_("Calls a minute at most"), _plain(number(limit))))
    if delivery.get("smallest_cell"):
        facts.append(
            (_("Rows and subjects that an answer stands for at least"), _plain(number(delivery["smallest_cell"])))
        )
    return Section("delivery", _("Delivery"), tuple(facts))


def _paper(document: Mapping[str, Any], kind: str) -> Spoken:
    paper = document["papers"].get(kind)
    return Spoken(f"{paper['file']} · sha256:{paper['sha256']}") if paper else Spoken(_("none handed in"))


def _source(document: Mapping[str, Any], language: Language) -> Section:
    source = document["source"]
    rights = source["rights"]
    facts = (
        (_("Kind of source"), _plain(words.source_word(source["kind"]))),
        (_("Rights registered"), _plain(" · ".join(words.right_word(each) for each in rights.get("kinds") or []))),
        (_("On what they rest"), _said(rights.get("basis"), language)),
        (_("Proof of source"), _paper(document, "source")),
        (_("Licence of the product"), _plain(source["licence"])),
        (_("Attribution"), _plain("; ".join(source["attribution"]))),
    )
    columns = (_("Source"), _("Publisher"), _("City"), _("Licence"))
    rows = tuple(
        (
            _said(each["title"], language),
            _plain(each["publisher"]),
            _plain(city_name(each["city"])),
            _plain(each["licence"]),
        )
        for each in source["inputs"]
    )
    return Section("source", _("Source"), facts, columns, rows)


def _qualification(document: Mapping[str, Any]) -> Section:
    """The four qualification files and what else was verified before this sheet was made."""
    states = {"clear": _("verified"), "blocked": _("does not verify"), "unknown": _("none handed in")}
    rows = tuple(
        (
            _plain(words.piece_word(each["kind"])),
            _plain(states[each["state"]]),
            _plain(_reference(each)),
            _plain(each["digest"]),
        )
        for each in document["evidence"]
    )
    columns = (_("Evidence"), _("State"), _("Reference"), _("Digest"))
    return Section("qualification", _("Qualification"), columns=columns, rows=rows)


def _reference(piece: Mapping[str, Any]) -> str:
    """What a piece is filed under; the machine's findings are named in full beside it already."""
    return "–" if piece["kind"].startswith("machine-") else str(piece["reference"])


def _evidence(chips: Mapping[str, str]) -> Section:
    titles = chip_titles()
    facts = tuple((titles[name], _plain(state_word(chips.get(name, "unknown")))) for name in ORDER)
    return Section("evidence", _("Evidence of the release"), facts)


def _prices(prices: Sequence[Mapping[str, Any]], language: Language) -> Section:
    columns = (_("Plan"), _("Kind"), _("Price"))
    rows = tuple(
        (
            _said(each["words"].get("title") or each["words"], language) if each["words"] else _plain(each["code"]),
            _plain(words.price_word(each["kind"])),
            _plain(price_text(each)),
        )
        for each in prices
    )
    return Section("prices", _("Price"), columns=columns, rows=rows)


def price_text(price: Mapping[str, Any]) -> str:
    """What a plan costs, in words."""
    kind, shown = price["kind"], money(int(price["amount"]), price["currency"])
    if kind in ("free", "trial"):
        return _("free of charge")
    if kind == "negotiated":
        return _("to be agreed")
    if kind == "period":
        return _("%(price)s for %(count)s days") % {"price": shown, "count": number(int(price["days"]))}
    if kind == "per_call":
        return _("%(price)s for %(count)s calls") % {"price": shown, "count": number(int(price["per"]))}
    if kind == "per_row":
        return _("%(price)s for %(count)s rows") % {"price": shown, "count": number(int(price["per"]))}
    if kind == "tiers":
        return "; ".join(_tier(each, price) for each in price["tiers"])
    return shown


def _tier(tier: Mapping[str, Any], price: Mapping[str, Any]) -> str:
    shown, per = money(int(tier["amount"]), price["currency"]), number(int(price["per"]))
    if tier.get("up_to") is None:
        return _("above: %(price)s for %(count)s rows") % {"price": shown, "count": per}
    bound = number(int(tier["up_to"]))
    return _("up to %(bound)s: %(price)s for %(count)s rows") % {"bound": bound, "price": shown, "count": per}
