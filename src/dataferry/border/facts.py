"""The facts of one transfer: what a decision is computed from. `unknown` is a value of every fact, and the default."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from dataferry.border.facts_reading import as_date, as_set, as_word, as_yes_no, facts_of, refusing
from dataferry.messages import InputError

Unknown = Literal["unknown"]
MOST_PEOPLE = 10_000_000_000
"""No count of people can be larger; a larger number is a mistake of the writer."""

YesNo = Annotated[Literal["yes", "no", "unknown"], BeforeValidator(as_yes_no)]
Count = Annotated[int, Field(strict=True, ge=0, le=MOST_PEOPLE)] | Unknown
Day = Annotated[date | Unknown, BeforeValidator(as_date)]
Name = Annotated[str, Field(strict=True, max_length=200)]
Place = Annotated[
    Literal["shanghai", "gba-nine-cities", "mainland-other", "hong-kong", "elsewhere", "unknown"],
    BeforeValidator(as_word),
]
Domain = Literal["vehicle", "charging", "map", "weather", "other", "unknown"]
Content = Literal[
    "vehicle-track",
    "audio",
    "video",
    "image",
    "biometric",
    "faces-or-plates",
    "vehicle-flow",
    "logistics",
    "guarded-area",
    "charging-operation",
    "coordinates",
    "imagery",
    "point-cloud",
    "map",
    "state-secret-survey",
    "other",
    "unknown",
]

ALIASES: Mapping[str, str] = {
    "year_to_date_people_general": "people_general_so_far",
    "year_to_date_people_sensitive": "people_sensitive_so_far",
    "has_personal": "has_pi",
    "has_sensitive": "has_sensitive_pi",
    "ciio": "exporter_ciio",
    "ftz": "exporter_ftz",
    "domain": "domains",
    "content": "contents",
    "k": "smallest_cell",
}
"""Other names under which a fact may be given."""


class Facts(BaseModel):
    """The facts of one transfer of data by one exporter to one recipient. docs/reference/border-facts.md tells each.

    `Facts.parse` reads them from outside; the constructor is for programs and raises pydantic's own errors.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    direction: Annotated[
        Literal["shanghai-to-hong-kong", "hong-kong-to-shanghai", "hong-kong-to-gba-city", "unknown"],
        BeforeValidator(as_word),
    ] = "unknown"
    exporter: Name = "unknown"
    exporter_place: Place = "unknown"
    exporter_ciio: YesNo = "unknown"
    exporter_ftz: YesNo = "unknown"
    exporter_state_organ: YesNo = "unknown"
    exporter_people_held: Count = "unknown"
    recipient: Name = "unknown"
    recipient_place: Place = "unknown"

    has_pi: YesNo = "unknown"
    has_sensitive_pi: YesNo = "unknown"
    anonymised: YesNo = "unknown"
    people_general: Count = "unknown"
    people_sensitive: Count = "unknown"
    people_general_so_far: Count = "unknown"
    people_sensitive_so_far: Count = "unknown"
    people_general_after: Count = "unknown"
    people_sensitive_after: Count = "unknown"

    important_data: Annotated[
        Literal["no", "declared", "notified", "published", "unknown"], BeforeValidator(as_yes_no)
    ] = "unknown"
    origin: Annotated[
        Literal["shanghai", "mainland-other", "hong-kong", "elsewhere", "unknown"], BeforeValidator(as_word)
    ] = "unknown"
    mixed: YesNo = "unknown"
    domains: Annotated[tuple[Domain, ...] | Unknown, BeforeValidator(as_set)] = "unknown"
    contents: Annotated[tuple[Content, ...] | Unknown, BeforeValidator(as_set)] = "unknown"

    grain: Annotated[Literal["record", "aggregated", "unknown"], BeforeValidator(as_word)] = "unknown"
    area_unit: Annotated[Literal["point", "grid", "district", "unknown"], BeforeValidator(as_word)] = "unknown"
    cell_metres: Count = "unknown"
    step_minutes: Count = "unknown"
    smallest_cell: Count = "unknown"
    guarded_sites_removed: YesNo = "unknown"
    release_form_confirmed: YesNo = "unknown"
    datum: Annotated[
        Literal["wgs84", "cgcs2000", "gcj02", "bd09", "hk1980", "other", "none", "unknown"], BeforeValidator(as_word)
    ] = "unknown"
    deoffset: YesNo = "unknown"
    surveying_qualified: YesNo = "unknown"
    map_approval: YesNo = "unknown"

    basis: Annotated[
        Literal["consent", "contract", "hr", "emergency", "duty", "other", "unknown"], BeforeValidator(as_word)
    ] = "unknown"
    activity: Annotated[
        Literal["trade", "transport", "academic", "manufacturing", "marketing", "other", "unknown"],
        BeforeValidator(as_word),
    ] = "unknown"
    sector: Annotated[
        Literal["reinsurance", "shipping", "trade", "weather", "other", "unknown"], BeforeValidator(as_word)
    ] = "unknown"
    list_status: Annotated[Literal["outside", "inside", "not-covered", "unknown"], BeforeValidator(as_word)] = "unknown"
    list_mechanism: Annotated[
        Literal["contract-or-certification", "security-assessment", "unknown"], BeforeValidator(as_word)
    ] = "unknown"
    general_list: YesNo = "unknown"
    vin_identifies: YesNo = "unknown"
    vehicle_guide_case: Annotated[Literal["assessment", "exempt", "neither", "unknown"], BeforeValidator(as_word)] = (
        "unknown"
    )

    approval: Annotated[
        Literal["none", "security-assessment", "standard-contract", "certification", "unknown"],
        BeforeValidator(as_word),
    ] = "unknown"
    approval_until: Day = "unknown"
    approved_people_general: Count = "unknown"
    approved_people_sensitive: Count = "unknown"
    within_approval: YesNo = "unknown"
    source_terms: Annotated[Literal["data-gov-hk", "csdi", "other", "none", "unknown"], BeforeValidator(as_word)] = (
        "unknown"
    )
    mainland_residents_targeted: YesNo = "unknown"

    @classmethod
    def parse(cls, given: str | bytes | Mapping[str, Any]) -> Self:
        """Facts from JSON text or from what JSON text says.

        Raises:
            InputError: not JSON, an unknown fact, a value it cannot have, or two facts that contradict each other.
        """
        values = facts_of(given, tuple(cls.model_fields), ALIASES)
        with refusing({name: values_of(name) for name in cls.model_fields}):
            return cls.model_validate(values)

    def known(self) -> dict[str, Any]:
        """The facts that are known, as plain JSON, in the order of the reference page."""
        return {name: value for name, value in self.model_dump(mode="json").items() if value != "unknown"}

    @model_validator(mode="after")
    def _agree(self) -> Self:
        for one, other in _contradictions(self):
            raise InputError("border.facts_contradict", field=one, other=other)
        return self


def _contradictions(facts: Facts) -> list[tuple[str, str]]:
    """Pairs of facts that cannot both be true."""
    sensitive = 0 if facts.has_sensitive_pi == "no" else facts.people_sensitive
    pairs = {
        ("has_pi", "people_general"): (facts.has_pi == "no" and _some(facts.people_general))
        or (facts.has_pi == "yes" and facts.people_general == 0 and sensitive == 0),
        ("has_pi", "people_sensitive"): facts.has_pi == "no" and _some(facts.people_sensitive),
        ("has_pi", "has_sensitive_pi"): facts.has_pi == "no" and facts.has_sensitive_pi == "yes",
        ("has_sensitive_pi", "people_sensitive"): (facts.has_sensitive_pi == "no" and _some(facts.people_sensitive))
        or (facts.has_sensitive_pi == "yes" and facts.people_sensitive == 0),
    }  # fmt: skip
    none = {"general": facts.has_pi == "no", "sensitive": "no" in {facts.has_pi, facts.has_sensitive_pi}}
    for kind in ("general", "sensitive"):
        part, before, after = f"people_{kind}", f"people_{kind}_so_far", f"people_{kind}_after"
        whole, parts = _number(facts, after), [0 if none[kind] else _number(facts, part), _number(facts, before)]
        pairs[after, before] = whole is not None and any(each is not None and each > whole for each in parts)
        known = [each for each in parts if each is not None]
        pairs[after, part] = whole is not None and len(known) == len(parts) and sum(known) < whole
    return [pair for pair, wrong in pairs.items() if wrong]


def _some(people: int | str) -> bool:
    return isinstance(people, int) and people > 0


def _number(facts: Facts, name: str) -> int | None:
    value = getattr(facts, name)
    return value if isinstance(value, int) else None


def values_of(name: str) -> tuple[str, ...]:
    """The words a fact may be; `count`, `date` or `text` for one that is no word."""
    annotation = Facts.model_fields[name].annotation
    words = tuple(word for word in _words(annotation) if word != "unknown")
    if annotation is str:
        return ("text",)
    if int in get_args(annotation) or any(int in get_args(part) for part in get_args(annotation)):
        return ("count",)
    return words or ("date",)


def is_set(name: str) -> bool:
    """Whether a fact is a set of words."""
    return name in {"domains", "contents"}


def _words(annotation: Any) -> list[str]:
    found: list[str] = []
    for part in get_args(annotation):
        found += [part] if isinstance(part, str) else _words(part)
    return list(dict.fromkeys(found))
