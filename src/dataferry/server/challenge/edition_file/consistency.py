"""What must hold between the parts of an edition's file: names that exist, bounds in order, one track each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from decimal import Decimal

from dataferry.messages import Finding
from dataferry.products.consistency import nearest
from dataferry.server.challenge.edition_file.calendar import KINDS
from dataferry.server.challenge.edition_file.calendar_check import calendar_problems
from dataferry.server.challenge.edition_file.document import EditionDocument
from dataferry.server.challenge.edition_file.provenance import covering, parts
from dataferry.server.challenge.edition_file.tree import leaves, tree

LineOf = Callable[[str], int]
"""The line on which a path stands (1 where no text is at hand)."""


def inconsistencies(edition: EditionDocument, file: str, line_of: LineOf) -> list[Finding]:
    """Everything in the file that contradicts something else in it. All are found, each with its line."""
    checks = (_names, _orders, _scales, _subcategories, _people, calendar_problems, _sources)
    found = [finding for check in checks for finding in check(edition)]
    return [
        Finding(finding.code, finding.severity, {"file": file, "line": line_of(finding.data["field"]), **finding.data})
        for finding in found
    ]


def _names(edition: EditionDocument) -> Iterator[Finding]:
    """Codes that name something which is not there."""
    for field, value, known in _references(edition):
        if value is not None and value not in known:
            data = {"field": field, "value": value, "nearest": nearest(value, known) or "-"}
            yield Finding("server.challenge.edition_no_such_name", "blocked", data)


def _references(edition: EditionDocument) -> Iterator[tuple[str, str | None, Collection[str]]]:
    for code, phase in edition.phases.items():
        yield f"phases.{code}.division", phase.division, edition.divisions
    for code, theme in edition.themes.items():
        for sub, subcategory in theme.subcategories.items():
            yield f"themes.{code}.subcategories.{sub}.track", subcategory.track, edition.tracks
    for code, granted in edition.data_use.conditional.items():
        yield f"data_use.conditional.{code}.division", granted.division, edition.divisions
    for code, rules in edition.rounds.items():
        yield f"rounds.{code}.division", rules.division, edition.divisions
        yield f"rounds.{code}.rubric", rules.rubric, edition.rubrics
        criteria = edition.rubrics[rules.rubric].criteria if rules.rubric in edition.rubrics else {}
        for position, tie in enumerate(rules.ties or []):
            if tie.startswith("criterion:") and criteria:
                yield f"rounds.{code}.ties[{position}]", tie.removeprefix("criterion:"), criteria
    for code, award in edition.awards.items():
        yield f"awards.{code}.division", award.division, edition.divisions
        yield f"awards.{code}.theme", award.theme, edition.themes
        yield f"awards.{code}.by", award.by, edition.rounds
    age = edition.eligibility.minimum_age
    if age and age.on and not age.on[0].isdigit():
        yield "eligibility.minimum_age.on", age.on.partition(".")[0], KINDS


def _orders(edition: EditionDocument) -> Iterator[Finding]:
    """Bounds of which the lower is above the upper."""
    size = edition.eligibility.team_size
    pairs: list[tuple[str, float | None, float | None]] = []
    if size:
        pairs.append(("eligibility.team_size", size.least, size.most))
    for code, asked in edition.deliverables.items():
        pairs.append((f"deliverables.{code}", asked.least_seconds, asked.most_seconds))
    for field, least, most in pairs:
        if least is not None and most is not None and least > most:
            data = {"field": field, "least": least, "most": most}
            yield Finding("server.challenge.edition_least_above_most", "blocked", data)


def _scales(edition: EditionDocument) -> Iterator[Finding]:
    """A scale runs upwards in whole steps; a bonus has no floor."""
    for code, rubric in edition.rubrics.items():
        for name, criterion in rubric.criteria.items():
            field = f"rubrics.{code}.criteria.{name}"
            span = criterion.highest - criterion.lowest
            if span <= 0 or span % criterion.step != Decimal(0):
                data = {
                    "field": field,
                    "lowest": str(criterion.lowest),
                    "highest": str(criterion.highest),
                    "step": str(criterion.step),
                }
                yield Finding("server.challenge.edition_scale", "blocked", data)
            if criterion.bonus and criterion.floor:
                yield Finding("server.challenge.edition_bonus_floor", "blocked", {"field": f"{field}.floor"})


def _subcategories(edition: EditionDocument) -> Iterator[Finding]:
    """A sub-category belongs to one theme; an award of a theme names it."""
    seen: dict[str, str] = {}
    for code, theme in edition.themes.items():
        for sub in theme.subcategories:
            first = seen.setdefault(sub, code)
            if first != code:
                data = {"field": f"themes.{code}.subcategories.{sub}", "value": sub, "first": first}
                yield Finding("server.challenge.edition_subcategory_twice", "blocked", data)
    for code, award in edition.awards.items():
        if (award.kind == "theme") != (award.theme is not None):
            yield Finding("server.challenge.edition_award_theme", "blocked", {"field": f"awards.{code}"})


def _people(edition: EditionDocument) -> Iterator[Finding]:
    """A round of one division cannot ask for judges of a city that has none."""
    cities = {division.city for division in edition.divisions.values()}
    for code, rules in edition.rounds.items():
        for city in rules.least_per_city or {}:
            if city not in cities:
                field = f"rounds.{code}.least_per_city.{city}"
                data = {"field": field, "value": city, "nearest": ", ".join(sorted(cities))}
                yield Finding("server.challenge.edition_no_such_name", "blocked", data)


def _sources(edition: EditionDocument) -> Iterator[Finding]:
    """Every row of `provenance` speaks for something, and none calls a known value unknown."""
    known = dict(leaves({name: value for name, value in tree(edition).items() if name != "provenance"}))
    used = {one for path in known if (one := covering(edition.provenance, path))}
    for pattern, row in edition.provenance.items():
        field = f"provenance.{pattern}"
        if row.mark == "unknown" and pattern in used:
            path = next(path for path in known if covering(edition.provenance, path) == pattern)
            data = {"field": field, "value": path}
            yield Finding("server.challenge.edition_unknown_but_given", "blocked", data)
        elif pattern not in used and not _may_stand(pattern, edition):
            yield Finding("server.challenge.edition_source_of_nothing", "attention", {"field": field, "value": pattern})


def _may_stand(pattern: str, edition: EditionDocument) -> bool:
    """Whether a row speaks for something that is in the model, though its value is unknown or empty."""
    return parts(pattern)[0] in type(edition).model_fields
