"""Applicants, operators and papers: what tests of merchants begin with."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dataferry.messages import DataferryError
from dataferry.server import journal
from dataferry.server.uploads import Taken
from server.market import make_organisation
from server.persons import make_person

PDF = b"%PDF-1.7\nbusiness licence\n%%EOF\n"


@contextmanager
def refused(code: str) -> Iterator[Any]:
    """The block is refused with this code; the error is in `.value`."""
    with pytest.raises(DataferryError) as caught:
        yield caught
    assert caught.value.code == code


def social_credit_code(first: str = "91310000MA1K00001") -> str:
    """A made-up code whose last character is the right one."""
    from dataferry.server.merchants.register_numbers import is_social_credit_code

    return next(first + last for last in "0123456789ABCDEFGHJKLMNPQRTUWXY" if is_social_credit_code(first + last))


def taken(folder: Path, content: bytes = PDF, name: str = "licence.pdf") -> Taken:
    """A file as an upload hands it over."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = folder / f"{sha256}.part"
    path.write_bytes(content)
    return Taken(path, name, len(content), sha256)


def applied(place: str = "hong-kong", *classes: str) -> tuple[Any, Any]:
    """An application and the manager who made it."""
    from dataferry.server.merchants import actions

    organisation, manager = make_organisation(place)
    number = "12345678" if place == "hong-kong" else social_credit_code()
    wanted = classes or ("supplier", "buyer")
    return actions.apply(manager, organisation, classes=wanted, place=place, register_number=number), manager


def operator(city: str = "hong-kong") -> Any:
    return make_person("", "exchange-operator", city=city)


def confirmed(merchant: Any) -> dict[str, str]:
    """Every fact, with where it was seen."""
    from dataferry.server.merchants.facts import facts_of

    return {fact.code: "seen" for fact in facts_of(merchant)}


def in_state(state: str) -> tuple[Any, Any, Any]:
    """A merchant that the actions brought into this state, its manager, and the operator of its city."""
    from dataferry.server.merchants import actions
    from dataferry.server.merchants.models import Merchant

    (merchant, manager), person = applied(), operator()
    if state == "returned":
        actions.return_application(person, merchant, "The licence is missing.")
    elif state == "refused":
        actions.refuse(person, merchant, "Struck off.")
    elif state != "applied":
        actions.verify(person, merchant, confirmed(merchant))
        if state != "verified":
            actions.activate(manager, merchant)
        if state == "suspended":
            actions.suspend(person, merchant, "Rules broken.")
        elif state == "left":
            actions.leave(manager, merchant)
    merchant = Merchant.objects.get(pk=merchant.pk)
    assert merchant.state == state
    return merchant, manager, person


def told_by_journal() -> None:
    """Every state of every merchant follows from the journal alone."""
    findings = journal.replay(journal.selected()).findings
    assert [finding for finding in findings if str(finding.data["object"]).startswith("merchant:")] == []
