"""What the permission matrix is tried on: four editions in four steps of their life, and everybody who may come.

    drafted   harbour-2028: written, not announced
    open      harbour-2027: teams register and write
    judged    harbour-2026: the screening of Hong Kong is open, sheets are on the desks
    played    harbour-2025: through, with results, an appeal, certificates and nominations

"The team" of the matrix is a team of Hong Kong in each of them. Rows are put where the acts are tested elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from server.challenge.editions import WHEN, edition_text, make_edition, make_entry
from server.challenge.judging_house import JudgedRound, score, sign
from server.matrix import Season
from server.persons import make_person

NOW = datetime.fromisoformat(WHEN["screening"])
SITE = "http://testserver"


@contextmanager
def season() -> Iterator[Season]:
    """The season, with the challenge's clock standing in the screening of 2026."""
    from dataferry.server.challenge import clock

    with clock.standing_at(NOW):
        people = _people()
        judged = _judged(people)
        places = {"judged": judged, "open": _open(people), "played": _played(people), "drafted": _drafted()}
        yield Season(people, places)


def _people() -> dict[str, Any]:
    from dataferry.server.people import Role

    return {
        "member": make_person("member@matrix.example"),
        "team member": make_person("insider@matrix.example"),
        "mentor": make_person("mentor@matrix.example"),
        "organiser of the city": make_person("hk@matrix.example", Role.ORGANISER, city="hong-kong"),
        "organiser of the other city": make_person("sh@matrix.example", Role.ORGANISER, city="shanghai"),
        "organiser of both": make_person("both@matrix.example", Role.ORGANISER),
        "administrator": make_person("administrator@matrix.example", Role.ADMINISTRATOR),
    }


def _join(team: Any, people: dict[str, Any]) -> None:
    """The second person of the team, and its mentor."""
    from dataferry.server.challenge.models import Mentorship, TeamMember

    insider = people["team member"]
    TeamMember.objects.create(team=team, edition=team.edition, user=insider, joined_at=NOW)
    Mentorship.objects.create(team=team, mentor=people["mentor"], since=NOW)


def _judged(people: dict[str, Any]) -> dict[str, Any]:
    from dataferry.server.challenge.actions import scoring
    from dataferry.server.challenge.models import AnonymityReport, EditionVersion

    edition = make_edition(state="screening")
    house = JudgedRound(edition).assigned()
    judges = {judge.pk: judge for judge in house.judges}
    by_entry: dict[int, set[int]] = {}
    for sheet in house.sheets:
        by_entry.setdefault(sheet.entry_id, set()).add(sheet.judge_id)
    own = next(s for s in house.sheets if len(by_entry[s.entry_id]) < len(judges) and _has_two(house, s.judge_id))
    other = next(judge for number, judge in judges.items() if number not in by_entry[own.entry_id])
    signed = next(s for s in house.sheets if s.judge_id == own.judge_id and s.pk != own.pk)
    score(own)
    sign(signed)
    other_signed = next(s for s in house.sheets if s.judge_id == other.pk)
    sign(other_signed)
    own.refresh_from_db()
    reopening = scoring.propose_reopening(house.second, signed, "Typed wrongly.")
    people |= {"judge": own.judge.user, "another judge": other.user}
    team = own.entry.team
    rival = next(e.team for e in house.entries if e.pk != own.entry_id)
    people |= {"team leader": _leader(team), "member of another team": _leader(rival)}
    _join(team, people)
    AnonymityReport.objects.create(entry=own.entry, judge=own.judge, reason="A name.", reported_at=NOW)
    version = edition.versions.get()
    EditionVersion.objects.create(
        edition=edition,
        number=2,
        source=version.source,
        document=version.document,
        digest=version.digest,
        amendment=True,
        reason="A date was wrong.",
        made_at=NOW,
    )
    _file(own.entry)
    others = sorted(e.code for e in house.entries if e.pk != own.entry_id)
    return {
        **_about(edition, team, own.entry),
        "sheet": own.pk,
        "signed": signed.pk,
        "reopening": reopening.pk,
        "judge": own.judge_id,
        "round": house.round.code,
        "conflict": _conflict(other, rival).pk,
        "relation": _relation(own.judge).pk,
        "amendment": 2,
        "position": 1,
        "other_entry": others[0],
        "person": make_person("chosen@matrix.example", "judge").pk,
        "person_email": "chosen@matrix.example",
        "other_signed": other_signed.pk,
        "sheet_revision": own.revision,
        "entry_number": own.entry_id,
        "grant": _grant(team).pk,
        "scores": {"novelty": "70"},
        "unplanned": "screening-sh",
        **_of_the_desk(edition, people),
    }


def _has_two(house: JudgedRound, judge: int) -> bool:
    return sum(sheet.judge_id == judge for sheet in house.sheets) > 1


def _leader(team: Any) -> Any:
    return team.members.get(is_leader=True, left_at=None).user


def _about(edition: Any, team: Any, entry: Any) -> dict[str, Any]:
    return {
        "slug": edition.slug,
        "edition": edition.slug,
        "division": team.division.code,
        "team": team.pk,
        "entry": entry.code,
        "revision": entry.revision,
        "subcategory": entry.subcategory,
    }


def _conflict(judge: Any, team: Any) -> Any:
    from dataferry.server.challenge.models import Conflict

    return Conflict.objects.create(judge=judge, team=team, source="self", reason="Friends.", found_at=NOW)


def _grant(team: Any) -> Any:
    from dataferry.server.challenge.models import DataGrant

    dataset = _dataset("lent", "private")
    return DataGrant.objects.create(
        team=team, dataset=dataset, phase="coaching", granted_at=NOW, until=NOW + timedelta(days=9)
    )


def _relation(judge: Any) -> Any:
    from dataferry.server.challenge.models import Relation

    named = {"kind": "employer", "other": "Elsewhere", "other_folded": "elsewhere"}
    return Relation.objects.create(edition=judge.edition, judge=judge, declared_at=NOW, **named)


def _of_the_desk(edition: Any, people: dict[str, Any]) -> dict[str, Any]:
    """A session for every team, and a letter that is not confirmed."""
    from dataferry.server.challenge.models import MailCampaign, Mentorship, TrainingSession

    words = {"en": "Training", "zh-Hant": "培訓", "zh-Hans": "培训"}
    session = TrainingSession.objects.create(
        edition=edition,
        division=edition.divisions.get(code="hk"),
        kind="training",
        title=words,
        starts_at=NOW + timedelta(days=1),
        ends_at=NOW + timedelta(days=1, hours=2),
        capacity=20,
    )
    campaign = MailCampaign.objects.create(
        edition=edition,
        division=edition.divisions.get(code="hk"),
        audience="leaders",
        subject=words,
        body=words,
        written_by=people["organiser of both"],
        written_at=NOW,
    )
    mentorship = Mentorship.objects.filter(team__edition=edition).first()
    return {"session": session.pk, "campaign": campaign.pk, "mentorship": mentorship.pk if mentorship else 0}


def _file(entry: Any, role: str = "deck") -> Any:
    """A PDF of the entry, as if it had been handed in and inspected."""
    from dataferry.server.challenge import store
    from dataferry.server.challenge.models import Artefact
    from dataferry.server.challenge.rehearsal import acts

    body = acts.small_paper().read_bytes()
    digest = hashlib.sha256(body).hexdigest()
    place = f"{digest[:2]}/{digest}"
    path = store.path_of(place)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return Artefact.objects.create(
        entry=entry,
        role=role,
        language="en",
        file_name="deck.pdf",
        media_type="application/pdf",
        bytes=len(body),
        sha256=digest,
        place=place,
        facts={"pages": 1},
        inspected_at=NOW,
        received_at=NOW,
    )


def _dataset(slug: str, visibility: str) -> Any:
    from dataferry.server.catalogue.models import Dataset

    published = NOW if visibility == "public" else None
    return Dataset.objects.create(
        slug=slug, title={"en": slug}, visibility=visibility, published_at=published, licence="CC-BY-4.0"
    )


def _release(owner: Any) -> Any:
    from dataferry.server.workshop.models import Product, Release

    product, _new = Product.objects.get_or_create(slug="owl-map", owner=owner)
    made: dict[str, Any] = {"digest": "sha256:0", "folder": "f", "document": {"inputs": []}}
    return Release.objects.get_or_create(product=product, version="1.0.0", defaults=made)[0]


def _receipt(check: Any) -> Any:
    """What is left of a paper that was destroyed."""
    from dataferry.server.challenge.models import IdentityPaper

    span = {"received_at": NOW, "destroy_at": NOW, "destroyed_at": NOW}
    return IdentityPaper.objects.create(
        check_asked=check,
        digest="sha256:0",
        bytes=1,
        media_type="application/pdf",
        destroyed_because="replaced",
        **span,
    )


def _open(people: dict[str, Any]) -> dict[str, Any]:
    from dataferry.server.challenge.actions.eligibility import declare, hand_in_paper
    from dataferry.server.challenge.actions.memberships import answer_invitation, invite
    from dataferry.server.challenge.actions.teams import register_team
    from dataferry.server.challenge.models import EligibilityCheck, Phase
    from dataferry.server.challenge.rehearsal import acts

    edition = make_edition("harbour-2027")
    Phase.objects.filter(edition=edition, kind__in=("registration", "submission")).update(
        opens_at=NOW - timedelta(days=9), closes_at=NOW + timedelta(days=9)
    )
    hk = edition.divisions.select_related("edition").get(code="hk")
    leader = people["team leader"]
    team = register_team(leader, edition, hk, name="Harbour Owls", kind="individual")
    register_team(people["member of another team"], edition, hk, name="Peak Cats", kind="individual")
    insider = invite(leader, team, people["team member"].email)
    member = answer_invitation(people["team member"], insider, True)
    _join_mentor(team, people)
    invitation = invite(leader, team, "asked@matrix.example")
    entry = make_entry(team, state="draft")
    artefact = _file(entry)
    declared = team.checks.get(rule="minimum-age", member__user=leader)
    acts_check = EligibilityCheck.objects.get(team=team, rule="residence", member__user=leader)
    declare(leader, acts_check, {"said": "hong-kong"})
    paper = hand_in_paper(leader, acts_check, acts.Handed.of(acts.small_paper(), "paper.pdf"))
    return {
        **_about(edition, team, entry),
        "member": member.pk,
        "invitation": invitation.pk,
        "check": declared.pk,
        "documented": acts_check.pk,
        "paper": paper.pk,
        "receipt": _receipt(acts_check).pk,
        "dataset": _dataset("open-to-all", "public").slug,
        "name": _release(leader).product.slug,
        "version": "1.0.0",
        "artefact": artefact.pk,
        "round": "screening-hk",
        **_of_the_desk(edition, people),
    }


def _join_mentor(team: Any, people: dict[str, Any]) -> None:
    from dataferry.server.challenge.models import Mentorship

    Mentorship.objects.create(team=team, mentor=people["mentor"], since=NOW)


def _played(people: dict[str, Any]) -> dict[str, Any]:
    """Played by a rehearsal; then people of the matrix take the places of those who played."""
    from dataferry.server.challenge import clock
    from dataferry.server.challenge.models import Appeal, Edition, Judge, Mentorship, Nomination, TeamMember
    from dataferry.server.challenge.rehearsal.cast import Size
    from dataferry.server.challenge.rehearsal.playing import Rehearsal

    text = edition_text("harbour-2025").replace("2026", "2025").replace("anchors: 1", "anchors: 0")

    class Play(Rehearsal):
        def inspect(self, job: int) -> None:
            """Nothing: what files are found to be is tested elsewhere."""

    size = Size({"hk": 3, "sh": 4}, {"hong-kong": 3, "shanghai": 3})
    play = Play(text, size, seed=3)
    with clock.standing_at(NOW):
        for step in play.steps[:-1]:
            step()
    edition = Edition.objects.get(slug="harbour-2025")
    nomination = Nomination.objects.filter(edition=edition, entry__division__code="hk").first()
    assert nomination is not None, "somebody of Hong Kong should be nominated"
    entry, team = nomination.entry, nomination.entry.team
    TeamMember.objects.filter(team=team, is_leader=True).update(user=people["team leader"])
    TeamMember.objects.filter(team=team, is_leader=False).update(user=people["team member"])
    Mentorship.objects.create(team=team, mentor=people["mentor"], since=NOW)
    rival = edition.teams.filter(division=team.division).exclude(pk=team.pk)[0]
    TeamMember.objects.filter(team=rival, is_leader=True).update(user=people["member of another team"])
    judge, other = Judge.objects.filter(edition=edition, city="hong-kong").order_by("pk")[:2]
    Judge.objects.filter(pk=judge.pk).update(user=people["judge"])
    Judge.objects.filter(pk=other.pk).update(user=people["another judge"])
    final = edition.rounds.get(code="final")
    result = final.results.order_by("-revision")[0]
    filed_by = people["team leader"]
    _listed(entry, result, filed_by)
    appeal = Appeal.objects.create(
        result=result, entry=entry, grounds="arithmetic", statement="A sum.", filed_by=filed_by, filed_at=NOW
    )
    return {
        **_about(edition, team, entry),
        "round": "final",
        "screening": "screening-hk",
        "revision_number": result.revision,
        "result": result.pk,
        "slot": _slot(final, entry).pk,
        "appeal": appeal.pk,
        "nomination": nomination.pk,
        "serial": entry.certificates.order_by("pk")[0].serial,
        "sheet": final.sheets.filter(judge=judge, entry=entry)[0].pk,
        "judge": judge.pk,
    }


def _listed(entry: Any, result: Any, owner: Any) -> None:
    from dataferry.server.challenge.actions.listing import dossier_of
    from dataferry.server.challenge.models import ListingDraft

    release = _release(owner)
    dossier = dossier_of(entry, release, result)
    ListingDraft.objects.create(entry=entry, release=release, dossier=dossier, digest="sha256:0", offered_at=NOW)


def _slot(final: Any, entry: Any) -> Any:
    from dataferry.server.challenge.models import Slot

    return Slot.objects.create(round=final, entry=entry, position=1)


def _drafted() -> dict[str, Any]:
    edition = make_edition("harbour-2028", state="drafted")
    return {"slug": edition.slug, "edition": edition.slug, "round": "screening-hk", "division": "hk"}
