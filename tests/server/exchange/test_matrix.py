"""Promise: for every role and every page, operation and door of the exchange it is written down what comes of it; a new
one without a line fails; and what must never be is asserted beside the table, so that no new table can wave it through.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from server import matrix as m
from server.exchange.matrix import EXCHANGE, plainly_drawn
from server.exchange.matrix_lines import AGAIN, DOORS, OPERATIONS, PAGES
from server.exchange.matrix_season import season

PAGE = Path(__file__).parents[3] / "docs/reference/exchange-permissions.md"
pytestmark = pytest.mark.slow

_kept: list[m.Matrix] = []


@pytest.fixture
def matrix(db: None, store: Path, work: Any, tmp_path: Path) -> m.Matrix:
    """The whole matrix, tried once for all tests of this module: it is plain text."""
    if not _kept:
        made = season(tmp_path, work)
        with plainly_drawn():
            _kept.append(m.tried(EXCHANGE, made))
    return _kept[0]


def test_every_address_has_its_line_and_every_line_its_address() -> None:
    names = {name for name, _route, _view in m.patterns(EXCHANGE)}
    assert not names - set(PAGES), "a page without a line in matrix_lines.PAGES"
    assert not set(PAGES) - names, "a line without a page"
    operations = {name for name, *_rest in m.operations_tried(EXCHANGE)}
    assert not operations - set(OPERATIONS), "an operation without a line in matrix_lines.OPERATIONS"
    assert not set(OPERATIONS) - operations, "a line without an operation"
    assert set(AGAIN) <= names | operations


def test_the_page_of_the_documentation_is_what_was_tried(matrix: m.Matrix) -> None:
    """Write it anew with `python tools/make_exchange_permissions.py`, and look at what changed."""
    made = m.page_of(EXCHANGE, matrix)
    if os.environ.get("DATAFERRY_WRITE_PERMISSIONS"):
        PAGE.write_text(made, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == made


# --- what must hold whatever the table says

PUBLIC = {
    *("merchants-directory", "merchants-rules", "merchants-merchant", "compliance-checklist"),
    *("exchange-listings", "exchange-listing", "exchange-sheet", "exchange-sheet-pdf", "exchange-sheet-json"),
    *("exchange-registrations", "exchange-registration", "exchange-notices", "exchange-offers", "exchange-offer"),
    *("exchange-offer-policy", "exchange-certificate", "exchange-credential", "exchange-certificate-pdf"),
    *(
        "exchange-status-list",
        "exchange-suspension-list",
        "exchange-credential-address",
        "exchange/certificates/<slug:serial>/",
    ),
    *("exchange-listing-address", "list_listings", "get_listing", "get_registration", "list_offers", "get_offer"),
}
"""What everybody may see, once it is published."""
ONES_OWN = {
    *("merchants-mine", "compliance-cases", "compliance-border", "compliance-border-approvals", "exchange-mine"),
    *("exchange-registration-new", "exchange-trade", "exchange-invoices", "exchange-statements", "delivery-mine"),
    *("delivery-desk", "exchange-objection-new"),
    *("list_negotiations", "list_agreements", "list_invoices", "list_statements"),
}
"""Pages and lists on which every member finds what is theirs, and nothing else; everybody may object to a notice."""
PRIVATE = {
    *("application", "paper", "case", "item", "evidence", "clearance", "decision", "approval", "kept", "private"),
    *("negotiation", "agreement", "rivals", "invoice", "payment", "statement", "dispute", "deed", "entitlement"),
    *("rivals_entitlement", "notice", "owner_statement", "transfer"),
}
"""Things that strangers do not even learn to be there."""
TERMS = {"private", "negotiation", "agreement", "invoice", "payment", "statement", "dispute", "deed", "entitlement"}
"""What only both sides of a trade and the operator know."""
STRANGERS = ("member", "another merchant's manager", "another assessor", "officer of the other city")
PARTIES = ("supplier's manager", "supplier's member", "buyer's manager", "buyer's member")
STAFF = (
    *("assessor", "another assessor", "officer of the city", "officer of the other city"),
    *("operator of the city", "operator of the other city", "administrator"),
)


def done(outcome: str) -> bool:
    return outcome in (m.YES, m.REFUSED)


def comers(cells: dict[str, str]) -> set[str]:
    return {role for role, outcome in cells.items() if done(outcome)}


def posting(matrix: m.Matrix, name: str, act: str) -> list[tuple[m.Try, dict[str, str]]]:
    """The lines of a page on which an act is posted."""
    found = [(line, cells) for line, cells in matrix.items() if line.name == name and f"do={act}" in line.posted]
    assert found, f"{name} is never posted {act}"
    return found


def test_nothing_ends_in_a_fault_of_ours(matrix: m.Matrix) -> None:
    assert not [(line.label, role) for line, cells in matrix.items() for role in cells if cells[role] == m.FAULT]


def test_a_visitor_gets_public_pages_and_nothing_else(matrix: m.Matrix) -> None:
    for line, cells in matrix.items():
        if done(cells["visitor"]) and line.name != "delivery-file":
            assert line.name in PUBLIC, line.label
            assert not line.changes, line.label
            assert not line.things & PRIVATE, line.label


def test_what_is_private_is_not_there_for_strangers(matrix: m.Matrix) -> None:
    for line, cells in matrix.items():
        if line.things & PRIVATE and line.name not in DOORS:
            for role in STRANGERS:
                own = role == "another merchant's manager" and line.things & {"rivals", "rivals_entitlement"}
                assert own or cells[role] in (m.MISSING, m.NOT_TAKEN), f"{role}: {line.label}: {cells[role]}"


def test_buyers_never_see_the_terms_of_other_buyers(matrix: m.Matrix) -> None:
    for line, cells in matrix.items():
        if line.things & TERMS:
            assert not done(cells["another merchant's manager"]), line.label
        if line.things & {"rivals", "rivals_entitlement"}:
            assert not done(cells["buyer's manager"]), line.label
            assert not done(cells["buyer's member"]), line.label


def test_an_officer_or_operator_binds_their_own_city_only(matrix: m.Matrix) -> None:
    """What they may do in the other city is what any member may. A rate of the day is one for both cities."""
    for line, cells in matrix.items():
        if line.name == "exchange-money-desk":
            continue
        for role in ("officer of the other city", "operator of the other city"):
            if line.changes and line.posted and cells[role] == m.YES:
                assert cells["member"] == m.YES, f"{role}: {line.label}"


def test_only_operators_confirm_payments_and_send_money_back(matrix: m.Matrix) -> None:
    for act in ("confirm", "fail", "refund"):
        for line, cells in posting(matrix, "exchange-payment", act):
            assert comers(cells) == {"operator of the city"}, line.label


def test_only_officers_clear_and_only_operators_list(matrix: m.Matrix) -> None:
    officers, operators = {"officer of the city"}, {"operator of the city"}
    for name, act, deciders in (
        ("compliance-case", "decide", officers),
        ("compliance-border-decision", "sign&", officers),
        ("compliance-border-approval", "confirm", officers),
        ("compliance-item", "find", {"assessor"}),
        ("exchange-registration", "notice", operators),
        ("exchange-registration", "certify", operators),
        ("exchange-registration", "dismissed", operators),
        ("exchange-listing", "list", operators),
        ("exchange-dispute", "uphold", operators),
        ("merchants-application", "refuse", operators),
        ("merchants-application", "check", operators),
    ):
        for line, cells in posting(matrix, name, act):
            assert {role for role in EXCHANGE.roles if cells[role] == m.YES} <= deciders, line.label
            assert deciders <= comers(cells), line.label


def test_managers_sign_and_members_do_not(matrix: m.Matrix) -> None:
    for name, act, signer in (
        ("exchange-agreement", "sign-buyer", "buyer's manager"),
        ("exchange-agreement", "sign-supplier", "supplier's manager"),
        ("exchange-registration", "submit", "supplier's manager"),
        ("exchange-listing-edit", "sign", "supplier's manager"),
        ("exchange-prices", "offer", "supplier's manager"),
    ):
        for line, cells in posting(matrix, name, act):
            assert {role for role in EXCHANGE.roles if cells[role] == m.YES} == {signer}, line.label


def test_administrators_do_no_trade_acts(matrix: m.Matrix) -> None:
    for line, cells in matrix.items():
        if done(cells["administrator"]):
            assert done(cells["member"]), line.label
            assert not line.changes or cells["administrator"] == cells["member"], line.label


def test_staff_trade_nothing(matrix: m.Matrix) -> None:
    """Who examines and decides neither orders, bargains, offers nor opens keys."""
    traded = {"exchange-offer", "exchange-negotiation", "exchange-prices", "delivery-entitlement", "delivery-profile"}
    traded |= {"order_offer", "request_terms", "counter_terms", "accept_terms", "sign_agreement", "accept_delivery"}
    for line, cells in matrix.items():
        if line.name in traded and (line.posted or line.address.startswith("/api/")) and line.changes:
            for role in STAFF:
                assert cells[role] != m.YES, f"{role}: {line.label}"


def test_doors_for_programs_open_to_keys_alone(matrix: m.Matrix) -> None:
    keys = {"buyer's manager", "buyer's member"}
    for line, cells in matrix.items():
        if line.name in DOORS and line.name != "sharing-shares":
            opened = {role for role in EXCHANGE.roles if cells[role] == m.YES}
            assert opened <= keys, line.label
        if line.name == "delivery-file":
            assert set(cells.values()) == {m.REFUSED}, "an address without its signature"


def test_everybody_can_do_their_work(matrix: m.Matrix) -> None:
    """The table is not right because everything is shut."""
    able = {
        "supplier's manager": {"exchange-prices", "exchange-listing-edit", "compliance-open", "merchants-application"},
        "supplier's member": {"compliance-item", "exchange-negotiation", "exchange-paper"},
        "buyer's manager": {"exchange-offer", "exchange-agreement", "exchange-invoice", "delivery-entitlement"},
        "buyer's member": {"exchange-offer", "delivery-profile", "sharing-metadata", "delivery-download"},
        "assessor": {"compliance-case", "compliance-item"},
        "officer of the city": {"compliance-case", "compliance-border-decision", "compliance-clearance"},
        "operator of the city": {"exchange-registration", "exchange-listing", "exchange-payment", "exchange-dispute"},
    }
    for role, names in able.items():
        yes = {
            line.name
            for line, cells in matrix.items()
            if line.name in PAGES
            and cells[role] == m.YES
            and (line.posted or (not line.changes and not PAGES[line.name].posts))
        }
        assert names <= yes, (role, names - yes)
