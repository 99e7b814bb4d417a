"""Promise: a merchant trades only after papers, checked facts and a signature; every move is journalled and allowed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from server.market import make_organisation
from server.persons import make_person

from dataferry.messages import DataferryError
from dataferry.server import journal
from dataferry.server.uploads import Taken

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\nbusiness licence\n%%EOF\n"


@contextmanager
def refused(code: str) -> Iterator[Any]:
    """The block is refused with this code; the error's data are in `.value.data`."""
    with pytest.raises(DataferryError) as caught:
        yield caught
    assert caught.value.code == code


def social_credit_code(first: str = "91310000MA1K00001") -> str:
    """A made-up code whose last character is the right one."""
    from dataferry.server.merchants.register_numbers import is_social_credit_code

    return next(first + last for last in "0123456789ABCDEFGHJKLMNPQRTUWXY" if is_social_credit_code(first + last))


def taken(folder: Path, content: bytes = PDF, name: str = "licence.pdf") -> Taken:
    import hashlib

    path = folder / f"{hashlib.sha256(content).hexdigest()}.part"
    path.write_bytes(content)
    return Taken(path, name, len(content), hashlib.sha256(content).hexdigest())


def applied(place: str = "hong-kong", *classes: str) -> tuple[Any, Any]:
    from dataferry.server.merchants import actions

    organisation, manager = make_organisation(place)
    number = social_credit_code() if place != "hong-kong" else "12345678"
    wanted = classes or ("supplier", "buyer")
    return actions.apply(manager, organisation, classes=wanted, place=place, register_number=number), manager


def operator(city: str = "hong-kong") -> Any:
    return make_person("", "exchange-operator", city=city)


def confirmed(merchant: Any) -> dict[str, str]:
    from dataferry.server.merchants.facts import facts_of

    return {fact.code: "seen" for fact in facts_of(merchant)}


def whole() -> None:
    """Every state is told by the journal."""
    retold = journal.replay(journal.selected())
    assert [finding for finding in retold.findings if str(finding.data.get("object")).startswith("merchant:")] == []


def test_the_way_into_the_market(home: Path) -> None:
    from dataferry.server.merchants import actions
    from dataferry.server.merchants.market_rules import rules_in_force
    from dataferry.server.merchants.models import RulesSignature
    from dataferry.server.merchants.queries import acting

    merchant, manager = applied("shanghai", "assessor")
    paper = actions.add_paper(manager, merchant, "recognition", taken(home))
    assert paper.media_type == "application/pdf"
    officer = operator("shanghai")
    with refused("server.merchants.facts_open") as caught:
        actions.verify(officer, merchant, {"identity": "", "register": ""})
    assert "recognition" in caught.value.data["facts"]
    with refused("server.merchants.not_verified"):
        actions.activate(manager, merchant)
    actions.verify(officer, merchant, confirmed(merchant))
    with refused("server.merchants.no_merchant_of_class"):
        acting(manager, "assessor")
    with refused("server.merchants.rules_changed"):
        actions.activate(manager, merchant, "sha256:of-other-rules")
    active = actions.activate(manager, merchant, rules_in_force().digest)
    assert acting(manager, "assessor") == active
    with refused("server.merchants.no_merchant_of_class"):
        acting(manager, "supplier")
    assert RulesSignature.objects.get().digest == rules_in_force().digest
    whole()
