"""Whether a round may open: every rule it needs is known, exact, and verified or accepted by an organiser."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from decimal import Decimal

from dataferry.messages import Finding
from dataferry.server.challenge.edition_file.calendar_check import phases_of
from dataferry.server.challenge.edition_file.document import EditionDocument
from dataferry.server.challenge.edition_file.origins import Origins
from dataferry.server.challenge.edition_file.scoring import RoundRules, RubricRules
from dataferry.server.challenge.edition_file.tree import leaves, tree

FULL = Decimal(100)


def openable(edition: EditionDocument, code: str, accepted: Collection[str], origins: Origins) -> list[Finding]:
    """What forbids the round `code` to open; nothing when it may.

    Args:
        accepted: paths of values (or of what is above them) that an organiser answers for though nobody verified them.
    """
    rules = edition.rounds.get(code)
    if rules is None:
        known = ", ".join(edition.rounds) or "-"
        data = {"field": "rounds", "value": code, "nearest": known, "file": "edition.yaml", "line": 1}
        return [Finding("server.challenge.edition_no_such_name", "blocked", data)]
    found = [*_missing(edition, rules), *_rubric(edition, rules)]
    for path in unverified(edition, rules, origins):
        if not is_accepted(path, accepted):
            data = {"field": path, "mark": origins.of(path).mark}
            found.append(Finding("server.challenge.edition_unverified", "blocked", data))
    return found


def unverified(edition: EditionDocument, rules: RoundRules, origins: Origins) -> Iterator[str]:
    """Paths of the values that decide this round's result and that nobody has verified."""
    for path in deciding(edition, rules):
        if not origins.of(path).is_verified:
            yield path


def deciding(edition: EditionDocument, rules: RoundRules) -> Iterator[str]:
    """Paths of the known values that decide a round's result: its rules, its rubric, the quotas it fills."""
    values = tree(edition)
    roots = [f"rounds.{rules.code}", *([f"rubrics.{rules.rubric}"] if rules.rubric in edition.rubrics else [])]
    if rules.stage == "screening":
        roots += [f"divisions.{code}.quota" for code in _divisions(edition, rules)]
    for path, _value in leaves({name: values.get(name, {}) for name in ("divisions", "rounds", "rubrics")}):
        if any(path == root or path.startswith(f"{root}.") for root in roots) and not _is_wording(path):
            yield path


def is_accepted(path: str, accepted: Collection[str]) -> bool:
    return any(path == one or path.startswith((f"{one}.", f"{one}[")) for one in accepted)


def _is_wording(path: str) -> bool:
    return ".title." in path or ".points." in path


def _divisions(edition: EditionDocument, rules: RoundRules) -> list[str]:
    return [rules.division] if rules.division else list(edition.divisions)


def _missing(edition: EditionDocument, rules: RoundRules) -> Iterator[Finding]:
    """Rules of the round that are not known."""
    at = f"rounds.{rules.code}"
    needed = {
        f"{at}.rubric": rules.rubric,
        f"{at}.method": rules.method,
        f"{at}.judges_per_entry": rules.judges_per_entry,
        f"{at}.ties": rules.ties or None,
        f"{at}.pairwise": True if rules.pairwise is None and "pairwise" not in (rules.ties or []) else rules.pairwise,
        f"anonymity.{rules.stage}": getattr(edition.anonymity, rules.stage),
    }
    if rules.stage == "screening":
        needed |= {f"divisions.{code}.quota": edition.divisions[code].quota for code in _divisions(edition, rules)}
    if rules.stage == "screening" and rules.division is None and len(edition.divisions) > 1:
        needed[f"{at}.anchors"] = rules.anchors
    if getattr(edition.anonymity, rules.stage):
        needed["anonymity.leak_more_than"] = edition.anonymity.leak_more_than
    for field, value in needed.items():
        if value is None:
            yield Finding("server.challenge.edition_value_unknown", "blocked", {"field": field, "round": rules.code})
    if rules.pairwise is False and "pairwise" in (rules.ties or []):
        yield Finding("server.challenge.edition_pairwise_not_allowed", "blocked", {"field": f"{at}.ties"})
    for division in _divisions(edition, rules):
        yield from _phase(edition, rules, division)


def _phase(edition: EditionDocument, rules: RoundRules, division: str) -> Iterator[Finding]:
    """The phase that the round is held in, with both its instants."""
    phases = [(code, phase) for code, phase in phases_of(edition, division).items() if phase.kind == rules.stage]
    if not phases:
        data = {"field": "phases", "kind": rules.stage, "division": division}
        yield Finding("server.challenge.edition_no_phase", "blocked", data)
    for code, phase in phases:
        for end, instant in (("opens", phase.opens), ("closes", phase.closes)):
            if instant is None:
                data = {"field": f"phases.{code}.{end}", "round": rules.code}
                yield Finding("server.challenge.edition_value_unknown", "blocked", data)


def _rubric(edition: EditionDocument, rules: RoundRules) -> Iterator[Finding]:
    rubric = edition.rubrics.get(rules.rubric) if rules.rubric else None
    if rubric is None:
        return
    for code, criterion in rubric.criteria.items():
        if criterion.weight is None:
            field = f"rubrics.{rubric.code}.criteria.{code}.weight"
            yield Finding("server.challenge.edition_weight_unknown", "blocked", {"field": field, "round": rules.code})
    total = weight_total(rubric)
    if total != FULL:
        data = {
            "field": f"rubrics.{rubric.code}.criteria",
            "total": format(total, "f"),
            "lack": format(FULL - total, "f"),
        }
        yield Finding("server.challenge.edition_weights_not_100", "blocked", data)


def weight_total(rubric: RubricRules) -> Decimal:
    """The sum of the known weights, exactly; a bonus stands outside."""
    weights = (one.weight for one in rubric.criteria.values() if one.weight is not None and not one.bonus)
    return sum(weights, Decimal(0))
