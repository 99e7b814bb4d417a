"""Words, inks and drawings in templates."""

from __future__ import annotations

import json
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dataferry.messages import DataferryError
from dataferry.server.display import words
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
