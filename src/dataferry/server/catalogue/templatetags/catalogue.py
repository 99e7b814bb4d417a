"""Texts of datasets in templates: with their own language, with their lines, and addresses only where they are one."""

from __future__ import annotations

from urllib.parse import urlsplit

from django import template
from django.utils.html import escape, format_html, linebreaks
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from dataferry.server.catalogue.models import Dataset
from dataferry.server.catalogue.showing.asked import SEPARATOR
from dataferry.server.catalogue.words import SpokenWith
from dataferry.server.display.words import INKS
from dataferry.tables import Filter

register = template.Library()


@register.simple_tag
def said_text(said: SpokenWith) -> SafeString:
    """A text, in a span with its own `lang` where that is not the page's."""
    return format_html('<span lang="{}">{}</span>', said.tag, said.text) if said.tag else format_html("{}", said.text)


@register.simple_tag
def said_lines(said: SpokenWith) -> SafeString:
    """A text of several lines as paragraphs."""
    lines = mark_safe(linebreaks(escape(said.text)))  # noqa: S308 - escaped, and nothing but <p> and <br> added
    return format_html('<div lang="{}">{}</div>', said.tag, lines) if said.tag else lines


@register.simple_tag
def source_link(source: str) -> SafeString:
    """A source as a link where it is a web address."""
    if not source:
        return format_html("{}", "–")
    parts = urlsplit(source)
    if parts.scheme in {"http", "https"} and parts.netloc and " " not in source:
        return format_html('<a href="{}" rel="noopener noreferrer nofollow">{}</a>', source, source)
    return format_html("{}", source)


@register.filter
def cities_of(dataset: Dataset) -> list[str]:
    """The city of a dataset as a list: the two cities share one template."""
    return [dataset.city] if dataset.city in INKS else []


@register.filter
def format_word(kind: str) -> str:
    """A file format as people call it."""
    return {
        "delimited": _("text table"),
        "fixed": _("text table"),
        "xls": "Excel",
        "xlsx": "Excel",
        "geojson": "GeoJSON",
        "jsonl": "JSON Lines",
        "shp": "Shapefile",
        "gpkg": "GeoPackage",
        "parquet": "Parquet",
    }.get(kind, kind.upper())


@register.filter
def joined_values(asked: Filter) -> str:
    """The values of a filter as the address carries them."""
    return SEPARATOR.join(asked.values)


@register.filter
def degrees(value: float) -> str:
    """A coordinate: a point before the decimals in every language."""
    return f"{value:.4f}"


@register.filter
def percent(length: float) -> str:
    """A length of a drawing."""
    return f"{length:.1f}%"
