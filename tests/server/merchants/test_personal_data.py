"""Promise: a person takes home what they did for merchants; an account that ends names nobody and breaks nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.merchants.joining import applied, confirmed, operator, taken, told_by_journal

pytestmark = pytest.mark.django_db


def test_copy_and_end(home: Path) -> None:
    from dataferry.server.merchants import actions
    from dataferry.server.merchants.models import FactCheck, MerchantPaper, RulesSignature
    from dataferry.server.merchants.personal_data import erase, exported

    (merchant, manager), person = applied(), operator()
    actions.add_paper(manager, merchant, "licence", taken(home, name="Chan Tai Man.pdf"))
    actions.verify(person, merchant, confirmed(merchant))
    actions.activate(manager, merchant)
    copy = exported(manager)
    assert copy["applications"] == [merchant.number]
    assert copy["papers"][0]["file"] == "Chan Tai Man.pdf"
    assert copy["rules_signed"][0]["merchant"] == merchant.number
    assert len(exported(person)["facts_checked"]) == FactCheck.objects.count() > 3
    erase(manager)
    assert MerchantPaper.objects.get().file_name == "paper"
    assert RulesSignature.objects.count() == 1
    told_by_journal()
