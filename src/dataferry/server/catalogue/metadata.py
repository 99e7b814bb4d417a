"""What people say about a dataset: checked and cleaned, as the fields of its row."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from dataferry.messages import LANGUAGES, InputError
from dataferry.server.catalogue.models import CITIES, Dataset
from dataferry.server.catalogue.words import PROVENANCES, text_in, worded

LANGUAGE_TEXTS: Mapping[str, int] = {"title": 300, "description": 8000, "keywords": 1000}
PLAIN_TEXTS: Mapping[str, int] = {"publisher": 300, "licence": 64, "source": 2000, "attribution": 1000}
FIELDS = (*LANGUAGE_TEXTS, *PLAIN_TEXTS, "city", "synthetic")
_UNSAFE_NAME = re.compile(r"[^\w.\-+() ]+")
_LONGEST_NAME = 120


def checked_fields(metadata: Mapping[str, Any], provenance: str = "human") -> dict[str, Any]:
    """The given fields, cleaned: texts per language as values with `provenance`, plain texts on one line.

    A text in one language may be given as `"en": "text"` or as `"en": {"text": "text", ...}`.

    Raises:
        InputError: `server.catalogue.bad_field`, `server.catalogue.text_too_long`.
    """
    found: dict[str, Any] = {}
    for name, given in metadata.items():
        if name in LANGUAGE_TEXTS:
            found[name] = worded(_texts(name, given), provenance if provenance in PROVENANCES else "human")
        elif name in PLAIN_TEXTS:
            found[name] = one_line(name, given, PLAIN_TEXTS[name])
        elif name == "city":
            found[name] = _city(given)
        elif name == "synthetic":
            if not isinstance(given, bool):
                raise InputError("server.catalogue.bad_field", field=name)
            found[name] = given
        else:
            raise InputError("server.catalogue.bad_field", field=str(name)[:40])
    if "licence" in found:
        found["licence"] = found["licence"] or "unknown"
    return found


def _texts(name: str, given: Any) -> dict[str, str]:
    if not isinstance(given, Mapping) or not set(given) <= set(LANGUAGES):
        raise InputError("server.catalogue.bad_field", field=name)
    texts = {language: text.get("text") if isinstance(text, Mapping) else text for language, text in given.items()}
    keep = _lines if name == "description" else one_line
    return {language: keep(f"{name}.{language}", text, LANGUAGE_TEXTS[name]) for language, text in texts.items()}


def one_line(name: str, given: Any, limit: int) -> str:
    """A text of a person on one line, cleaned.

    Raises:
        InputError: `server.catalogue.bad_field`, `server.catalogue.text_too_long`.
    """
    return " ".join(_lines(name, given, limit).split())


def _lines(name: str, given: Any, limit: int) -> str:
    """Text without control and direction-changing characters, which could make a page say something else."""
    if given is None:
        return ""
    if not isinstance(given, str):
        raise InputError("server.catalogue.bad_field", field=name)
    text = unicodedata.normalize("NFC", given.replace("\r\n", "\n"))
    text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co")).strip()
    if len(text) > limit:
        raise InputError("server.catalogue.text_too_long", field=name, limit=limit)
    return text


def _city(given: Any) -> str:
    city = given or ""
    if city and city not in dict(CITIES):
        raise InputError("server.catalogue.bad_field", field="city")
    return str(city)


def keep_provenance(dataset: Dataset, fields: dict[str, Any]) -> dict[str, Any]:
    """Texts that nobody changed keep the provenance they had; a changed one was written by the person who did."""
    for name in LANGUAGE_TEXTS:
        if name in fields:
            before = getattr(dataset, name)
            fields[name] = {
                language: before[language] if text_in(before, language) == value["text"] else value
                for language, value in fields[name].items()
            }
    return fields


def safe_file_name(name: str) -> str:
    """A file name to keep and show: its last part, without control characters and what a shell or path would read."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", str(name)))[-1]
    clean = _UNSAFE_NAME.sub("_", "".join(c if c.isprintable() else "_" for c in last)).strip(" ._")
    if len(clean) > _LONGEST_NAME:
        stem, dot, suffix = clean.rpartition(".")
        clean = f"{stem[: _LONGEST_NAME - 12]}{dot}{suffix[:10]}" if dot else clean[:_LONGEST_NAME]
    return clean or "file"


def slug_from(title: Mapping[str, Any], fallback: str) -> str:
    """The name of a dataset in addresses, from its title in Latin letters or from its file's name."""
    for text in (text_in(title, "en"), fallback):
        plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
        slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")
        if slug and not slug.isdigit():
            return slug
    return "dataset"
