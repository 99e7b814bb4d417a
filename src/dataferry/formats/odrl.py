"""Policies as ODRL 2.2 in JSON-LD, and back: for what, where, how long, and whether the data may be passed on.

A policy is a permission to `use` with constraints (`purpose`, `spatial`, `dateTime`, `elapsedTime`; no constraint means
no limit), and for onward transfer either a permission or a prohibition to `distribute`. Terms: the W3C's ODRL
Vocabulary & Expression 2.2; the shape also fits the policies of the Dataspace Protocol 2025-1. What is read back is
refused when it says anything else: a limit that one does not understand must not be dropped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from dataferry.formats.delta_sharing.instants import parse_instant, write_instant
from dataferry.formats.wire_json import read_object
from dataferry.messages import InputError

CONTEXT = "http://www.w3.org/ns/odrl.jsonld"
MEDIA_TYPE = "application/ld+json"
MOST_ITEMS = 100
_LONGEST_NAME = 500
_MOST_BYTES = 200_000
_TIME, _SPAN = "xsd:dateTime", "xsd:duration"
_XSD = "http://www.w3.org/2001/XMLSchema#"
_DAYS = re.compile(r"P([1-9]\d{0,5})D", re.ASCII)
_NAMES = {"uid": "@id", "type": "@type"}
"""The context's other words for JSON-LD's own."""


class Kind(StrEnum):
    """A set binds nobody yet, an offer comes from an assigner, an agreement binds an assigner and an assignee."""

    SET = "Set"
    OFFER = "Offer"
    AGREEMENT = "Agreement"


@dataclass(frozen=True)
class Policy:
    """What may be done with a product.

    Args:
        uid: identifier of this policy (an IRI).
        target: the product (an IRI).
        assigner, assignee: who gives and who takes the rights (IRIs).
        purposes, regions: allowed ones; empty means any. Regions are codes such as `HK` or `CN-SH`.
        starts, until: instants with a zone; from the first, and before the second. None: open.
        days: how many days of use, from when the agreement begins.
        onward_transfer: whether the data may be passed on to others.
    """

    uid: str
    target: str
    kind: Kind = Kind.SET
    assigner: str | None = None
    assignee: str | None = None
    purposes: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    starts: datetime | None = None
    until: datetime | None = None
    days: int | None = None
    onward_transfer: bool = False

    def to_json(self) -> dict[str, Any]:
        """The policy as JSON-LD.

        Raises:
            InputError: see `check`.
        """
        self.check()
        limits = self._constraints()
        use: dict[str, Any] = {"action": "use"} | ({"constraint": limits} if limits else {})
        pass_on = use | {"action": "distribute"} if self.onward_transfer else {"action": "distribute"}
        told: dict[str, Any] = {"@context": CONTEXT, "@type": str(self.kind), "@id": self.uid, "target": self.target}
        told |= {"assigner": self.assigner} if self.assigner else {}
        told |= {"assignee": self.assignee} if self.assignee else {}
        if self.onward_transfer:
            return told | {"permission": [use, pass_on]}
        return told | {"permission": [use], "prohibition": [pass_on]}

    def check(self) -> None:
        """Refuse a policy that says nothing certain.

        Raises:
            InputError: an empty or unprintable name, an offer without assigner, an agreement without both parties, a
                time without a zone, a period that ends before it begins.
        """
        names = [self.uid, self.target, *self.purposes, *self.regions]
        names += [name for name in (self.assigner, self.assignee) if name is not None]
        if not all(_is_name(name) for name in names) or max(len(self.purposes), len(self.regions)) > MOST_ITEMS:
            raise InputError("formats.bad_policy_name")
        if (self.kind is not Kind.SET and not self.assigner) or (self.kind is Kind.AGREEMENT and not self.assignee):
            raise InputError("formats.policy_without_party", kind=str(self.kind))
        for instant in (self.starts, self.until):
            if instant is not None and instant.tzinfo is None:
                raise InputError("formats.bad_instant", field="dateTime")
        if (self.starts and self.until and self.until <= self.starts) or (self.days is not None and self.days < 1):
            raise InputError("formats.empty_period")

    def _constraints(self) -> list[dict[str, Any]]:
        limits = []
        if self.purposes:
            limits.append(_limit("purpose", "isAnyOf", list(self.purposes)))
        if self.regions:
            limits.append(_limit("spatial", "isAnyOf", list(self.regions)))
        if self.starts:
            limits.append(_limit("dateTime", "gteq", {"@value": write_instant(self.starts), "@type": _TIME}))
        if self.until:
            limits.append(_limit("dateTime", "lt", {"@value": write_instant(self.until), "@type": _TIME}))
        if self.days is not None:
            limits.append(_limit("elapsedTime", "lteq", {"@value": f"P{self.days}D", "@type": _SPAN}))
        return limits


def parse(document: str | bytes | Mapping[str, Any]) -> Policy:
    """Read a policy from JSON-LD with the ODRL context, in the words of the context.

    Raises:
        InputError: not such a document, or it says something that `Policy` cannot say.
        LimitError: larger than 200 kB.
    """
    found = dict(document) if isinstance(document, Mapping) else read_object(document, "policy", _MOST_BYTES)
    found = _renamed(found, {"@context", "@id", "@type", "target", "assigner", "assignee", "permission", "prohibition"})
    if not _has_context(found.get("@context")):
        raise InputError("formats.not_odrl")
    kinds = {str(kind): kind for kind in Kind}
    kind = found.get("@type")
    if not isinstance(kind, str) or kind not in kinds:
        raise InputError("formats.policy_not_understood", part="@type")
    permissions, prohibitions = _rules(found, "permission"), _rules(found, "prohibition")
    if "use" not in permissions or prohibitions not in ({}, {"distribute": []}):
        raise InputError("formats.policy_not_understood", part="permission")
    onward = "distribute" in permissions
    if onward == bool(prohibitions) or (onward and permissions["distribute"] != permissions["use"]):
        # Neither allowed nor forbidden, or both, or under limits of its own.
        raise InputError("formats.policy_not_understood", part="distribute")
    parties: dict[str, Any] = {side: _iri(found[side]) for side in ("assigner", "assignee") if side in found}
    uid, target = _iri(found.get("@id")), _iri(found.get("target"))
    limits = _period_and_lists(permissions["use"])
    policy = Policy(uid, target, kinds[kind], onward_transfer=onward, **parties, **limits)
    policy.check()
    return policy


def _limit(left: str, operator: str, right: Any) -> dict[str, Any]:
    return {"leftOperand": left, "operator": operator, "rightOperand": right}


def _rules(found: Mapping[str, Any], name: str) -> dict[str, list[dict[str, Any]]]:
    """The constraints of each action."""
    rules = found.get(name, [])
    rules = rules if isinstance(rules, list) else [rules]
    read: dict[str, list[dict[str, Any]]] = {}
    for rule in rules[:MOST_ITEMS]:
        parts = _renamed(rule, {"action", "constraint", "target", "assigner", "assignee"})
        # A rule may name what the policy names for all of them; another target would be another policy.
        if any(parts[party] != found.get(party) for party in ("target", "assigner", "assignee") if party in parts):
            raise InputError("formats.policy_not_understood", part=name)
        action, limits = parts.get("action"), parts.get("constraint", [])
        limits = limits if isinstance(limits, list) else [limits]
        if not isinstance(action, str) or action not in {"use", "distribute"} or action in read:
            raise InputError("formats.policy_not_understood", part="action")
        read[action] = [_renamed(limit, {"leftOperand", "operator", "rightOperand"}) for limit in limits[:MOST_ITEMS]]
        if len(limits) > MOST_ITEMS:
            raise InputError("formats.policy_not_understood", part="constraint")
    if len(rules) > MOST_ITEMS:
        raise InputError("formats.policy_not_understood", part=name)
    return read


def _period_and_lists(limits: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    name: str
    value: Any
    for limit in limits:
        right = limit.get("rightOperand")
        match limit.get("leftOperand"), limit.get("operator"):
            case "purpose", "isAnyOf" | "eq":
                name, value = "purposes", _names(right)
            case "spatial", "isAnyOf" | "eq":
                name, value = "regions", _names(right)
            case "dateTime", "gteq":
                name, value = "starts", parse_instant(_typed(right, _TIME), "dateTime")
            case "dateTime", "lt":
                name, value = "until", parse_instant(_typed(right, _TIME), "dateTime")
            case "elapsedTime", "lteq":
                name, value = "days", _days(_typed(right, _SPAN))
            case _:
                raise InputError("formats.policy_not_understood", part="constraint")
        if name in read:
            raise InputError("formats.policy_not_understood", part="constraint")
        read[name] = value
    return read


def _names(right: Any) -> tuple[str, ...]:
    items = right if isinstance(right, list) else [right]
    if not items or len(items) > MOST_ITEMS:
        raise InputError("formats.policy_not_understood", part="rightOperand")
    return tuple(_iri(item) for item in items)


def _typed(right: Any, kind: str) -> str:
    """The text of a typed literal; a plain text is taken for one of the kind that belongs here."""
    if isinstance(right, dict):
        known = {kind, kind.replace("xsd:", _XSD)}
        if set(right) != {"@value", "@type"} or right["@type"] not in known:
            raise InputError("formats.policy_not_understood", part="rightOperand")
        right = right["@value"]
    if not isinstance(right, str):
        raise InputError("formats.policy_not_understood", part="rightOperand")
    return right


def _days(text: str) -> int:
    found = _DAYS.fullmatch(text)
    if not found:
        raise InputError("formats.policy_not_understood", part="elapsedTime")
    return int(found[1])


def _iri(value: Any) -> str:
    if isinstance(value, dict) and set(value) == {"@id"}:
        value = value["@id"]
    if not isinstance(value, str) or not _is_name(value):
        raise InputError("formats.bad_policy_name")
    return value


def _is_name(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_NAME and text.isprintable() and text.strip() == text


def _renamed(part: Any, known: set[str]) -> dict[str, Any]:
    if not isinstance(part, dict):
        raise InputError("formats.policy_not_understood", part="rule")
    read = {_NAMES.get(str(name), str(name)): value for name, value in part.items()}
    if len(read) != len(part):
        raise InputError("formats.policy_not_understood", part="@id")
    for name in sorted(set(read) - known):
        raise InputError("formats.policy_not_understood", part=name)
    return read


def _has_context(context: Any) -> bool:
    """Only the ODRL context: another could give the same words another meaning."""
    return context in (CONTEXT, [CONTEXT], CONTEXT.replace("http:", "https:"))
