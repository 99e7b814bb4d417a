"""An edition is written, answered for, announced and amended in public; every act is journaled or refused."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataferry.messages import InputError, RefusedError
from dataferry.server.challenge.edition_file import changed_text
from server.challenge.editions import Clock, edition_text, make_entry, make_organiser, make_team
from server.persons import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def organiser(home: Any) -> Any:
    return make_organiser()


@pytest.fixture
def actions(clock: Clock) -> Any:
    from dataferry.server.challenge.actions import editions

    return editions


def acts() -> list[str]:
    from dataferry.server import journal

    return [event.act for event in journal.events()]


def drafted(actions: Any, organiser: Any, changes: dict[str, str] | None = None) -> Any:
    return actions.create_edition(organiser, edition_text(changes=changes))


def test_an_edition_becomes_rows_that_say_what_its_file_says(actions: Any, organiser: Any) -> None:
    edition = drafted(actions, organiser)
    assert (edition.state, edition.version, edition.digest) == ("drafted", 1, edition.file.digest())
    assert list(edition.divisions.order_by("code").values_list("code", "quota")) == [("hk", 2), ("sh", 3)]
    assert edition.phases.filter(kind="submission").count() == 2
    assert set(edition.rounds.values_list("code", flat=True)) == {"screening-hk", "screening-sh", "final"}
    assert edition.versions.get().source == edition_text()
    assert acts() == ["challenge.edition_created"]


def test_a_text_with_faults_makes_no_rows(actions: Any, organiser: Any) -> None:
    from dataferry.server.challenge.models import Edition

    with pytest.raises(InputError) as caught:
        actions.create_edition(organiser, edition_text(changes={"quota: 2": "quota: -2"}))
    assert caught.value.data["problems"][0]["data"]["line"] == 10
    assert not Edition.objects.exists()
    assert acts() == []


@pytest.mark.parametrize("text", ["slug: new", "slug: harbour-2026"])
def test_a_name_that_is_taken_or_reserved_is_refused(actions: Any, organiser: Any, text: str) -> None:
    drafted(actions, organiser)
    with pytest.raises(RefusedError) as caught:
        actions.create_edition(organiser, edition_text().replace("slug: harbour-2026", text))
    assert caught.value.http_status == 409


def test_a_draft_changes_freely_and_the_second_to_save_is_told(actions: Any, organiser: Any) -> None:
    edition = drafted(actions, organiser)
    changed = edition_text(changes={"quota: 2": "quota: 4", "  coaching: {": "  # {", "  appeals: {": "  # {"})
    edition = actions.change_edition(organiser, edition, changed, 1)
    assert (edition.version, edition.divisions.get(code="hk").quota) == (2, 4)
    assert not edition.phases.filter(kind__in=("coaching", "appeals")).exists()
    with pytest.raises(RefusedError) as caught:
        actions.change_edition(organiser, edition, edition_text(), 1)
    assert caught.value.http_status == 409
    assert actions.change_edition(organiser, edition, changed, 2).version == 2
    with pytest.raises(RefusedError, match="stays so"):
        actions.change_edition(organiser, edition, changed.replace("slug: harbour-2026", "slug: other"), 2)


def test_an_edition_is_announced_when_what_it_needs_is_known(actions: Any, organiser: Any, clock: Clock) -> None:
    unknown = {'opens: "2026-04-13T10:00", closes: "2026-06-01T00:00"': "opens: null"}
    edition = drafted(actions, organiser, unknown)
    with pytest.raises(RefusedError) as caught:
        actions.announce(organiser, edition)
    assert {problem["data"]["field"] for problem in caught.value.data["problems"]} == {
        "phases.registration.opens",
        "phases.registration.closes",
    }
    edition = actions.change_edition(organiser, edition, edition_text(), 1)
    edition = actions.announce(organiser, edition)
    assert (edition.state, edition.announced_at) == ("announced", clock.at)
    assert acts()[-1] == "challenge.edition_announced"
    with pytest.raises(RefusedError, match="amendment"):
        actions.change_edition(organiser, edition, edition_text(), edition.version)
    with pytest.raises(RefusedError, match="cannot become"):
        actions.announce(organiser, edition)


def test_an_amendment_is_public_signed_and_names_every_change(actions: Any, organiser: Any) -> None:
    from dataferry.server import journal
    from dataferry.server.challenge.amendment_document import amendment_document
    from dataferry.server.challenge.edition_file.tree import as_bytes
    from dataferry.server.challenge.queries import editions as queries

    edition = actions.announce(organiser, drafted(actions, organiser))
    before = edition.digest
    text = edition_text(changes={"quota: 2": "quota: 4", "most: 4": "most: 5"})
    made = actions.amend(organiser, edition, text, "  More entries than expected.  ", 1)
    assert (made.number, made.amendment, made.reason) == (2, True, "More entries than expected.")
    assert {(one["path"], one["old"], one["new"], one["locked"]) for one in made.changes} == {
        ("divisions.hk.quota", 2, 4, True),
        ("eligibility.team_size.most", 4, 5, False),
    }
    edition.refresh_from_db()
    assert edition.divisions.get(code="hk").quota == 4
    signature = queries.signature_of(made)
    assert signature is not None
    key = journal.trusted_keys()[signature.key]
    assert isinstance(key, Ed25519PublicKey)
    made.refresh_from_db()
    key.verify(bytes.fromhex(signature.value), as_bytes(amendment_document(made, before)))
    event = list(journal.events())[-1]
    assert (event.payload["digest"], event.payload["previous"]) == (edition.digest, before)
    assert "expected" not in event.payload_text


@pytest.mark.parametrize("reason", ["", "  \n ", "x" * 5000, "a\x00b"])
def test_an_amendment_needs_a_reason(actions: Any, organiser: Any, reason: str) -> None:
    edition = actions.announce(organiser, drafted(actions, organiser))
    with pytest.raises(InputError):
        actions.amend(organiser, edition, edition_text(changes={"quota: 2": "quota: 4"}), reason, 1)
    assert edition.versions.count() == 1


def test_an_amendment_without_a_change_or_of_a_draft_is_refused(actions: Any, organiser: Any) -> None:
    edition = drafted(actions, organiser)
    with pytest.raises(RefusedError) as caught:
        actions.amend(organiser, edition, edition_text(changes={"quota: 2": "quota: 4"}), "Why", 1)
    assert caught.value.code == "server.challenge.edition_not_amendable"
    actions.announce(organiser, edition)
    with pytest.raises(RefusedError) as caught:
        actions.amend(organiser, edition, f"# the same\n{edition_text()}", "Why", 1)
    assert caught.value.code == "server.challenge.edition_unchanged"


@pytest.mark.parametrize("path", ["rubrics.first.criteria.data.floor", "divisions.hk.quota"])
def test_a_round_that_has_begun_keeps_its_rules(actions: Any, organiser: Any, path: str) -> None:
    edition = actions.announce(organiser, drafted(actions, organiser))
    edition.rounds.filter(code="screening-hk").update(state="open")
    with pytest.raises(RefusedError) as caught:
        actions.amend(organiser, edition, changed_text(edition_text(), {path: 1}), "Why", 1)
    assert (caught.value.code, caught.value.data["round"]) == ("server.challenge.round_begun", "screening-hk")
    assert actions.amend(organiser, edition, edition_text(changes={"quota: 3": "quota: 5"}), "Why", 1).number == 2


def test_a_division_with_teams_cannot_go(actions: Any, organiser: Any) -> None:
    edition = actions.announce(organiser, drafted(actions, organiser))
    make_team(edition, "sh")
    changes = {"divisions.sh.city": "hong-kong", "rounds.final.least_per_city": {"hong-kong": 2}}
    text = changed_text(edition_text(), changes)
    with pytest.raises(RefusedError, match="has teams"):
        actions.amend(organiser, edition, text, "Why", 1)


def test_an_organiser_answers_for_unverified_values_until_they_change(actions: Any, organiser: Any) -> None:
    from dataferry.server.challenge.queries import editions as queries

    rows = '  "*": {mark: organiser, verified: {by: Synthetic organiser, on: "2026-03-01"}}'
    guessed = f"{rows}\n  divisions.*.quota: {{mark: inferred}}\n  rounds.*.method: {{mark: house}}"
    edition = drafted(actions, organiser, {rows: guessed})
    open_ones = queries.unaccepted(edition)
    assert set(open_ones) == {
        "divisions.hk.quota",
        "divisions.sh.quota",
        "rounds.screening-hk.method",
        "rounds.screening-sh.method",
        "rounds.final.method",
    }
    assert queries.rounds_ready(edition)["screening-hk"]
    assert actions.accept_unverified(organiser, edition, open_ones) == sorted(open_ones)
    assert actions.accept_unverified(organiser, edition, open_ones) == []
    assert not any(queries.rounds_ready(edition).values())
    with pytest.raises(InputError):
        actions.accept_unverified(organiser, edition, ["rubrics.first.criteria.data.weight"])
    text = edition_text(changes={rows: guessed, "quota: 2": "quota: 4"})
    edition = actions.change_edition(organiser, edition, text, 1)
    assert queries.unaccepted(edition) == ["divisions.hk.quota"]


def test_an_edition_moves_only_when_what_the_step_stands_on_is_there(
    actions: Any, organiser: Any, clock: Clock
) -> None:
    def refused(state: str) -> str:
        with pytest.raises(RefusedError) as caught:
            actions.move_edition(organiser, edition, state)
        edition.refresh_from_db()
        return caught.value.code.rpartition(".")[2]

    edition = actions.announce(organiser, drafted(actions, organiser))
    clock.during("before")
    assert refused("open") == "edition_too_early"
    assert refused("screening") == "no_such_move"
    clock.during("registration")
    edition = actions.move_edition(organiser, edition, "open")
    clock.set("2026-06-30T15:59:59+00:00")
    assert refused("closed") == "edition_too_early"
    clock.set("2026-06-30T16:00:00+00:00")
    edition = actions.move_edition(organiser, edition, "closed")
    entry = make_entry(make_team(edition), state="locked")
    assert refused("screening") == "entries_undecided"
    entry.state = "eligible"
    entry.save()
    edition = actions.move_edition(organiser, edition, "screening")
    assert refused("finalists_published") == "round_not_closed"
    edition.rounds.filter(stage="screening").update(state="closed")
    assert refused("finalists_published") == "edition_no_result"
    with pytest.raises(InputError):
        actions.move_edition(organiser, edition, "won")
    assert acts().count("challenge.edition_moved") == 3


@pytest.mark.parametrize("act", ["create", "change", "accept", "announce", "amend", "move"])
def test_only_organisers_may_and_the_whole_needs_both_cities(actions: Any, organiser: Any, act: str) -> None:
    edition = drafted(actions, organiser)
    calls = {
        "create": lambda user: actions.create_edition(user, edition_text("another")),
        "change": lambda user: actions.change_edition(user, edition, edition_text(), 1),
        "accept": lambda user: actions.accept_unverified(user, edition, ["divisions.hk.quota"]),
        "announce": lambda user: actions.announce(user, edition),
        "amend": lambda user: actions.amend(user, edition, edition_text(), "Why", 1),
        "move": lambda user: actions.move_edition(user, edition, "archived"),
    }
    refused = [make_person(), make_person("", "judge"), make_person("", "administrator")]
    if act not in ("create", "change"):
        refused.append(make_organiser("shanghai"))
    for user in refused:
        with pytest.raises(RefusedError) as caught:
            calls[act](user)
        assert caught.value.code == "server.people.not_allowed"
    edition.refresh_from_db()
    assert (edition.state, edition.version) == ("drafted", 1)


def test_who_sees_which_edition(actions: Any, organiser: Any) -> None:
    from django.contrib.auth.models import AnonymousUser

    from dataferry.server.challenge.models import Edition
    from dataferry.server.challenge.queries import editions as queries

    draft = drafted(actions, organiser)
    public = actions.create_edition(organiser, edition_text("public-one"))
    Edition.objects.filter(pk=public.pk).update(state="open")
    rehearsal = actions.create_edition(organiser, edition_text("rehearsal") + "synthetic: true\n")
    Edition.objects.filter(pk=rehearsal.pk).update(state="open")
    member, partner = make_person(), make_team(rehearsal).people[0]

    def seen(user: Any) -> set[str]:
        return set(queries.visible_editions(user).values_list("slug", flat=True))

    assert seen(AnonymousUser()) == seen(member) == {"public-one"}
    assert seen(partner) == {"public-one", "rehearsal"}
    assert seen(organiser) == {draft.slug, "public-one", "rehearsal"}


def test_every_move_that_is_not_in_the_table_is_refused_with_a_reason(actions: Any, organiser: Any) -> None:
    from dataferry.server.challenge.models import Edition
    from dataferry.server.challenge.states import TRANSITIONS, EditionState, Life

    edition = drafted(actions, organiser)
    before = len(acts())
    for state in EditionState:
        Edition.objects.filter(pk=edition.pk).update(state=state)
        for target in set(EditionState) - TRANSITIONS[Life.EDITION][state]:
            with pytest.raises(RefusedError) as caught:
                actions.move_edition(organiser, edition, target)
            assert caught.value.code == "server.challenge.no_such_move"
            assert all(caught.value.text(language) for language in ("en", "zh-Hant", "zh-Hans"))
        edition.refresh_from_db()
        assert edition.state == state
    assert len(acts()) == before


@given(steps=st.lists(st.tuples(st.sampled_from(["both", "hk", "judge", "member"]), st.integers(0, 13)), max_size=12))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_walk_of_anybody_leaves_the_edition_where_the_journal_says(
    actions: Any, organiser: Any, clock: Clock, steps: list[tuple[str, int]]
) -> None:
    """Random acts by every role: what is refused changes nothing, what is done is journaled with its state after."""
    from django.db import transaction

    from dataferry.server import journal
    from dataferry.server.challenge.states import EditionState

    with transaction.atomic():
        who = {"both": organiser, "hk": make_organiser("hong-kong"), "judge": make_person("", "judge")}
        who["member"] = make_person()
        edition = drafted(actions, organiser)
        known = "drafted"
        for role, step in steps:
            targets = ["announced", *EditionState.values]
            done, told = True, ""
            try:
                known = actions.move_edition(who[role], edition, targets[step % len(targets)]).state
            except RefusedError as error:
                done, told = False, error.text("zh-Hans")
            assert done or told
            if done:
                assert role == "both"
                assert list(journal.events())[-1].payload.get("after", "announced") == known
            edition.refresh_from_db()
            assert edition.state == known
        transaction.set_rollback(True)
