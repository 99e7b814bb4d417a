"""Words, inks and drawings in templates."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from dataferry.messages import DataferryError
from dataferry.server.display import words
from dataferry.server.display.evidence import Chip
from dataferry.server.display.languages import page_language

register = template.Library()


@register.simple_tag
def say(value: Any) -> SafeString:
    """A three-language text in the page's language; in a span with its own `lang` where it has to be another."""
    found = value if isinstance(value, words.Spoken) else words.spoken(value, page_language())
    return said(found)


def said(found: words.Spoken) -> SafeString:
    if found.tag:
        return format_html('<span lang="{}">{}</span>', found.tag, found.text)
    return format_html("{}", found.text)


@register.simple_tag
def strip(chips: Iterable[Chip], base: str) -> SafeString:
    """The evidence strip; `base` is the page whose sections the chips open. Lists show many chips of few kinds."""
    address = conditional_escape(base)
    shown = "".join(address.join(_around_address(chip)) + "\n  " for chip in chips)
    return format_html('<ul class="strip" aria-label="{}">\n  {}</ul>', _("Evidence"), mark_safe(shown))  # noqa: S308


@lru_cache(maxsize=2048)
def _around_address(chip: Chip) -> tuple[str, str]:
    """The markup of one chip before and behind the address that it leads to."""
    place = "THE-ADDRESS"
    before, _place, after = (
        render_to_string("display/_chip.html", {"chip": chip, "base": place}).strip().partition(place)
    )
    return before, after


@register.filter
def plain(value: Any) -> str:
    """A three-language text as plain text, for titles and attributes."""
    return words.spoken(value, page_language()).text


@register.simple_tag
def reason(error: Any) -> str:
    """Why a build failed, in the page's language."""
    known = DataferryError(str(error["code"]), **{str(k): v for k, v in (error.get("data") or {}).items()})
    return words.finding_text({"code": known.code, "data": known.data}, page_language())


@register.filter
def ink(city: str) -> str:
    return words.INKS.get(city, "both")


@register.filter
def to_json(value: Any) -> str:
    """JSON for a data attribute; the template escapes it."""
    return json.dumps(value, ensure_ascii=False)


@register.filter
def as_percent(share: Any) -> int:
    return round(100 * share) if isinstance(share, int | float) else 0


register.filter("city_name", words.city_name)
register.filter("city_mark", words.city_mark)
register.filter("state_word", words.state_word)
register.filter("datum", words.datum_word)
register.filter("unit", words.unit_word)
register.filter("figure", words.number)
register.filter("day", words.day)
register.filter("moment", words.moment)
register.filter("size", words.size)
register.filter("type_word", words.type_word)
register.filter("ledger_word", words.ledger_word)
