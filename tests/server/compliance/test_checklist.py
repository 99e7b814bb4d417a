"""Promise: the checklist has the six parts, says where every item comes from, and its page is made from it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from dataferry.messages import LANGUAGES
from dataferry.server.compliance.checklist import KINDS, MARKS, PEOPLE, checklist

ROOT = Path(__file__).parents[3]


def test_six_parts_with_items_in_three_languages() -> None:
    listed = checklist()
    assert [part.code for part in listed.parts] == [
        "general",
        "party",
        "security",
        "source",
        "tradability",
        "supplementary",
    ]
    assert all(listed.of_part(part.code) for part in listed.parts)
    codes = [item.code for item in listed.items]
    assert len(codes) == len(set(codes))
    for item in listed.items:
        assert item.part in {part.code for part in listed.parts}
        assert item.mark in MARKS
        for texts in (item.title, item.asks, item.examples, item.basis):
            assert all(texts[tag].strip() for tag in LANGUAGES), item.code
            assert texts["en"] not in (texts["zh-Hant"], texts["zh-Hans"]), item.code


def test_every_kind_of_machine_evidence_answers_an_item_and_the_gates_are_there() -> None:
    listed = checklist()
    assert {item.by for item in listed.items} == {PEOPLE, *KINDS}
    gates = {item.code for item in listed.items if item.gate}
    assert gates == {"gate-harm", "gate-authorisation", "gate-prohibited", "source-shared", "source-open-type"}


def test_the_reference_page_is_made_from_it() -> None:
    spec = importlib.util.spec_from_file_location("make_checklist", ROOT / "tools/make_compliance_checklist.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.PAGE.read_text(encoding="utf-8") == tool.page(checklist())
