"""Promise: for every role and every page and operation of the challenge it is written down what comes of it; a new page
without a line fails; and what must never be is asserted beside the table, so that no new table can wave it through."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from server import matrix as m
from server.challenge.matrix import CHALLENGE
from server.challenge.matrix_lines import OPERATIONS, PAGES
from server.challenge.matrix_season import season

PAGE = Path(__file__).parents[3] / "docs/reference/challenge-permissions.md"
Matrix = m.Matrix


pytestmark = pytest.mark.slow

_kept: list[Matrix] = []


@pytest.fixture
def matrix(db: None, home: Path, store: Path) -> Matrix:
    """The whole matrix, tried once for all tests of this module: it is plain text."""
    if not _kept:
        with season() as made:
            _kept.append(m.tried(CHALLENGE, made))
    return _kept[0]


def test_every_address_has_its_line_and_every_line_its_address() -> None:
    names = {name for name, _route, _view in m.patterns(CHALLENGE)}
    assert not names - set(PAGES), "a page without a line in matrix_lines.PAGES"
    assert not set(PAGES) - names, "a line without a page"
    operations = {name for name, *_rest in m.operations_tried(CHALLENGE)}
    assert not operations - set(OPERATIONS), "an operation without a line in matrix_lines.OPERATIONS"
    assert not set(OPERATIONS) - operations, "a line without an operation"


def test_the_page_of_the_documentation_is_what_was_tried(matrix: Matrix) -> None:
    """Write it anew with `python tools/make_challenge_permissions.py`, and look at what changed."""
    made = m.page_of(CHALLENGE, matrix)
    if os.environ.get("DATAFERRY_WRITE_PERMISSIONS"):
        PAGE.write_text(made, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == made


# --- what must hold whatever the table says

PUBLIC = {
    *("editions", "edition", "edition-amendment", "challenge-calendar", "challenge-results", "challenge-results-press"),
    *("challenge-results-json", "challenge-results-csv", "challenge-certificate", "challenge-certificate-pdf"),
    *("challenge-credential", "challenge-credential-address", "challenge/certificates/<slug:serial>/"),
    *("challenge-status-list", "list_editions", "get_edition", "get_edition_file", "list_amendments", "get_amendment"),
    *("get_edition_results",),
}
"""What everybody may see."""
ONES_OWN = {
    *("challenge-mine", "challenge-register", "challenge-sessions", "challenge-mentoring", "challenge-desk"),
    *("list_own_teams", "register_team", "list_team_invitations", "list_entries", "list_sheets", "list_sessions"),
}
"""Pages and lists on which every member finds what is theirs, and nothing else."""
THE_FINAL = {"challenge-final-screen", "challenge-final-clock"}
"""Who sits in the final, as a team or as a judge, sees who is on: it is not anonymous."""
OF_BOTH_CITIES = {
    *("edition-move", "edition-announce", "edition-accept", "challenge-round-result", "challenge-final-order"),
    *("challenge-final-timer", "challenge-nominations", "challenge-certificates", "challenge-listings"),
}
"""What binds both cities, or the joint final."""
PRIVATE = {
    *(
        "team",
        "check",
        "documented",
        "paper",
        "receipt",
        "invitation",
        "member",
        "entry",
        "artefact",
        "sheet",
        "signed",
    ),
    *("other_signed", "appeal", "nomination", "judge", "reopening"),
}
"""Things that strangers do not even learn to be there."""
ASKED_FIRST = {"challenge-nomination-package", "challenge-listing", "challenge-listing-dossier"}
"""Organisers' pages: refused to others before anything is looked up, whether it is there or not."""


def done(outcome: str) -> bool:
    return outcome in (m.YES, m.REFUSED)


def test_nothing_ends_in_a_fault_of_ours(matrix: Matrix) -> None:
    assert not [(line.label, role) for line, cells in matrix.items() for role in cells if cells[role] == m.FAULT]


def test_a_visitor_gets_public_pages_and_nothing_else(matrix: Matrix) -> None:
    for line, cells in matrix.items():
        if cells["visitor"] not in (m.SIGN_IN, m.MISSING):
            assert line.name in PUBLIC, line.label
            assert not line.changes, line.label
        elif not line.name.startswith("get_edition"):
            assert cells["visitor"] == m.SIGN_IN, line.label


def test_a_judge_gets_no_team_entry_or_person_of_what_they_judge(matrix: Matrix) -> None:
    own = {"judge_desk", "judge_ballots"}
    for line, cells in matrix.items():
        for role in ("judge", "another judge"):
            if done(cells[role]) and line.name not in PUBLIC | ONES_OWN | THE_FINAL:
                assert line.module in own, f"{role}: {line.label}"
                assert "team" not in line.things, f"{role}: {line.label}"


def test_only_the_judge_comes_to_a_sheet(matrix: Matrix) -> None:
    for line, cells in matrix.items():
        if line.module == "judge_desk" and "sheet" in line.things:
            comers = {role for role in CHALLENGE.roles if done(cells[role])}
            assert comers <= {"judge"}, line.label


def test_another_team_gets_what_any_member_gets(matrix: Matrix) -> None:
    for line, cells in matrix.items():
        # Who is in a team registers no second one.
        if line.name not in ("challenge-register", "register_team"):
            assert cells["member of another team"] == cells["member"], line.label


def test_an_organiser_binds_their_own_city_only(matrix: Matrix) -> None:
    for line, cells in matrix.items():
        if not line.changes or cells["member"] == m.YES:
            continue
        if (line.posted or line.address.startswith("/api/")) and line.name != "edition-new":
            assert cells["organiser of the other city"] != m.YES, line.label
        if line.name in OF_BOTH_CITIES and (line.posted or line.name == "challenge-listings"):
            assert cells["organiser of the city"] in m.NO, line.label


def test_administrators_do_not_judge_and_organise_nothing(matrix: Matrix) -> None:
    for line, cells in matrix.items():
        if done(cells["administrator"]) and line.name not in ("get_edition", "challenge-entries"):
            assert done(cells["member"]), line.label
        if done(cells["administrator"]) and line.changes:
            assert cells["administrator"] == cells["member"], line.label


def test_mentors_change_nothing_but_that_they_are_mentors(matrix: Matrix) -> None:
    for line, cells in matrix.items():
        if line.changes and line.name != "end_mentorship":
            assert not done(cells["mentor"]) or cells["mentor"] == cells["member"], line.label


def test_what_is_private_is_not_there_for_strangers(matrix: Matrix) -> None:
    strangers = ("member", "member of another team", "another judge", "organiser of the other city")
    for line, cells in matrix.items():
        if line.things & PRIVATE and line.name not in ASKED_FIRST:
            for role in strangers:
                assert cells[role] != m.FORBIDDEN, f"{role}: {line.label}"


def test_the_team_its_leader_and_the_organisers_can_do_their_work(matrix: Matrix) -> None:
    """The table is not right because everything is shut."""
    able = {
        "team member": {"change_entry", "submit_entry", "declare_eligibility", "add_entry_dataset", "book_session"},
        "team leader": {"invite_to_team", "withdraw_team", "hand_over_team", "withdraw_entry", "attach_entry_release"},
        "judge": {"save_sheet", "sign_sheet", "recuse_sheet", "get_sheet_file", "challenge-desk-sheet"},
        "organiser of the city": {"list_division_checks", "assign_round", "drop_judge", "challenge-paper-read"},
        "organiser of both": {"challenge-round-result", "challenge-final-order", "challenge-certificates"},
        "mentor": {"get_entry", "challenge-mentored-team"},
    }
    for role, names in able.items():
        yes = {line.name for line, cells in matrix.items() if cells[role] in (m.YES, m.REFUSED)}
        assert names <= yes, (role, names - yes)
