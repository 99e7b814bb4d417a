"""A decision as a document: stable bytes, a digest, reasons in three languages. It recommends; an officer decides."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from dataferry.border.facts import Facts
from dataferry.border.outcomes import Outcome
from dataferry.border.rule_files import Words

FORMAT = "dataferry-border-decision/1"


@dataclass(frozen=True)
class Reason:
    """One rule that fired: what it asks or permits, on which text. `lifted_by`: the exemptions that beat it."""

    rule: str
    stage: str
    outcome: Outcome | None
    lifted_by: tuple[str, ...]
    duty: bool
    offers: str | None
    title: Words
    words: Words
    article: Words
    source: str
    url: str | None
    mark: str
    mark_note: str | None
    effective_from: date | None
    effective_to: date | None
    verified_by: Mapping[str, str] | None

    def to_json(self) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "stage": self.stage,
            "outcome": self.outcome and str(self.outcome),
            "lifted_by": list(self.lifted_by),
            "duty": self.duty,
            "offers": self.offers,
            "title": dict(self.title),
            "words": dict(self.words),
            "article": dict(self.article),
            "source": self.source,
            "url": self.url,
            "mark": self.mark,
            "mark_note": self.mark_note,
            "effective_from": self.effective_from and self.effective_from.isoformat(),
            "effective_to": self.effective_to and self.effective_to.isoformat(),
            "verified_by": self.verified_by and dict(self.verified_by),
        }


@dataclass(frozen=True)
class NotEvaluated:
    """A rule that the facts neither meet nor rule out: what it could come to, and the facts that would tell."""

    rule: str
    could_be: Outcome | None
    missing: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "could_be": self.could_be and str(self.could_be),
            "missing": list(self.missing),
        }


@dataclass(frozen=True)
class Decision:
    """What the rules of a day say about one transfer.

    `at_least` is certain on the facts shown; `at_most` is the strictest that may still turn out. Where the two differ
    the outcome is `needs-human`, and nothing may cross. `decisive` are the missing facts that could change the outcome.
    """

    on: date
    rules_version: str
    facts: Facts
    outcome: Outcome
    at_least: Outcome
    at_most: Outcome
    reasons: tuple[Reason, ...]
    not_evaluated: tuple[NotEvaluated, ...]
    missing: tuple[str, ...]
    decisive: tuple[str, ...]
    options: tuple[str, ...]
    approval_covers: bool
    valid_until: date | None
    covered: bool

    requires_officer: bool = True
    """Always: a decision is a recommendation that a named officer signs."""

    @property
    def fired(self) -> tuple[str, ...]:
        """Ids of the rules that fired: sector, list, general."""
        return tuple(reason.rule for reason in self.reasons)

    @property
    def duties(self) -> tuple[Reason, ...]:
        """What must be done beside, whatever the outcome."""
        return tuple(reason for reason in self.reasons if reason.duty)

    @property
    def verified(self) -> bool:
        """Whether a person has signed every rule that fired."""
        return all(reason.verified_by is not None for reason in self.reasons)

    def document(self) -> dict[str, Any]:
        """Plain JSON; the same facts, day and rules give the same."""
        return {
            "format": FORMAT,
            "on": self.on.isoformat(),
            "rules_version": self.rules_version,
            "facts": self.facts.known(),
            "outcome": str(self.outcome),
            "at_least": str(self.at_least),
            "at_most": str(self.at_most),
            "covered": self.covered,
            "fired": list(self.fired),
            "reasons": [reason.to_json() for reason in self.reasons],
            "not_evaluated": [each.to_json() for each in self.not_evaluated],
            "missing": list(self.missing),
            "decisive": list(self.decisive),
            "duties": [reason.rule for reason in self.duties],
            "options": list(self.options),
            "approval_covers": self.approval_covers,
            "valid_until": self.valid_until and self.valid_until.isoformat(),
            "requires_officer": self.requires_officer,
            "verified": self.verified,
        }

    def to_bytes(self) -> bytes:
        """The document as UTF-8 JSON with sorted keys and no spaces: these bytes are digested and kept."""
        text = json.dumps(self.document(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return text.encode("utf-8", "backslashreplace")

    @cached_property
    def digest(self) -> str:
        """`sha256:` and 64 hexadecimal digits over `to_bytes()`."""
        return "sha256:" + hashlib.sha256(self.to_bytes()).hexdigest()
