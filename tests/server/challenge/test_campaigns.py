"""Promise: nobody gets a letter twice and nobody is left out, whatever breaks; letters to judges know no team."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dataferry.messages import InputError, RefusedError
from dataferry.server import jobs, journal
from dataferry.server.challenge.actions import campaigns as actions
from dataferry.server.challenge.models import MailCampaign, Team, TeamMember
from dataferry.server.challenge.queries import campaigns as queries
from dataferry.server.letters.models import Campaign, Letter
from dataferry.server.web.problems import ConflictError
from server.challenge.editions import Clock, make_entry, make_team
from server.challenge.judging_house import JudgedRound
from server.persons import make_person

pytestmark = pytest.mark.django_db
SUBJECT = {"en": "News for {team}", "zh-Hant": "給 {team} 的消息"}
BODY = {"en": "Dear {name},\n{edition}: {deadline} {{not a field}}", "zh-Hant": "{name}：{edition}"}


def client_of(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def draft(
    user: Any, edition: Any, audience: str = "members", *, division: Any = None, **texts: dict[str, str]
) -> MailCampaign:
    subject, body = texts.get("subject", SUBJECT), texts.get("body", BODY)
    return actions.write_campaign(user, edition, audience=audience, division=division, subject=subject, body=body)


def confirmed(user: Any, campaign: MailCampaign) -> MailCampaign:
    found = queries.addressees(campaign.edition, campaign.division, campaign.audience)
    return actions.confirm_campaign(user, campaign, campaign.revision, len(found))


def crowd(edition: Any, count: int) -> None:
    """One team of so many people, written at once."""
    from django.contrib.auth.models import User

    from dataferry.server.challenge import clock
    from dataferry.server.people.models import Profile

    team = make_team(edition, "hk", people=0)
    users = User.objects.bulk_create([User(username=f"crowd{number}") for number in range(count)])
    Profile.objects.bulk_create([Profile(user=user) for user in users], ignore_conflicts=True)
    TeamMember.objects.bulk_create(
        [TeamMember(team=team, edition=edition, user=user, joined_at=clock.now()) for user in users]
    )


def written_to(campaign: MailCampaign) -> list[int]:
    rows = Letter.objects.filter(campaign__key=queries.post_key(campaign))
    return sorted(rows.values_list("user", flat=True))


# --- whom


def test_each_audience_is_who_it_says(edition: Any, organiser: Any) -> None:
    early, late, chosen, second, out = (make_team(edition, "hk", people=2) for _ in range(5))
    for team, state in ((late, "submitted"), (chosen, "shortlisted"), (second, "reserve"), (out, "rejected")):
        make_entry(team, state=state)
    gone = make_team(edition, "hk")
    Team.objects.filter(pk=gone.pk).update(withdrawn_at=edition.created_at)

    def told(audience: str) -> list[int]:
        return queries.addressees(edition, None, audience)

    everybody = [early, late, chosen, second, out]
    assert told("leaders") == sorted(team.people[0].pk for team in everybody)
    assert told("members") == sorted(each.pk for team in everybody for each in team.people)
    assert told("without_entry") == sorted(each.pk for each in early.people)
    assert told("finalists") == sorted(each.pk for each in chosen.people)
    assert told("reserves") == sorted(each.pk for each in second.people)
    assert told("not_chosen") == sorted(each.pk for each in out.people)
    assert told("judges") == told("mentors") == told("judges_overdue") == []


def test_judges_who_owe_sheets(edition: Any, clock: Clock) -> None:
    clock.during("screening")
    judged = JudgedRound(edition).assigned()
    assert queries.addressees(edition, None, "judges_overdue") == sorted(each.user_id for each in judged.judges)
    row = draft(judged.organiser, edition, "judges_overdue", subject={"en": "{sheets}"}, body={"en": "{city}"})
    values = queries.letter_values(row, [judged.judges[0].user_id])[judged.judges[0].user_id]
    assert int(values["sheets"]) > 0
    assert values["city"] == "Hong Kong"
    assert not {"team", "entry"} & set(values)


def test_an_organiser_writes_to_their_own_people_only(edition: Any, hk_organiser: Any, organiser: Any) -> None:
    hk, sh = make_team(edition, "hk"), make_team(edition, "sh")
    division = edition.divisions.get(code="hk")
    with pytest.raises(RefusedError):
        draft(hk_organiser, edition)
    with pytest.raises(RefusedError):
        draft(hk_organiser, edition, division=edition.divisions.get(code="sh"))
    row = draft(hk_organiser, edition, division=division)
    assert queries.addressees(edition, row.division, row.audience) == [hk.people[0].pk]
    with pytest.raises(RefusedError, match="not among the recipients"):
        actions.try_campaign(hk_organiser, row, sh.people[0].pk)
    both = draft(organiser, edition)
    assert list(queries.campaigns_for(hk_organiser, edition)) == [row]
    with pytest.raises(RefusedError):
        actions.cancel_campaign(hk_organiser, both)


# --- words


@pytest.mark.parametrize(
    ("subject", "body", "code"),
    [
        ("{team.__class__}", "x", "stray_brace"),
        ("{team}", "{team!r:>99999999}", "stray_brace"),
        ("x", "{password}", "unknown_field"),
        ("x\r\nBcc: all@example.org", "x", "line_break"),
        ("x", "{0}", "stray_brace"),
        ("x", "{name}" * 201, "too_many_placeholders"),
        ("x", "", "no_text"),
    ],
)
def test_hostile_templates_do_not_go_out(edition: Any, organiser: Any, subject: str, body: str, code: str) -> None:
    make_team(edition, "hk")
    row = draft(organiser, edition, subject={"en": subject}, body={"en": body})
    assert code in {finding.code.rpartition(".")[2] for finding in actions.faults(row)}
    with pytest.raises(InputError):
        confirmed(organiser, row)
    assert not Letter.objects.exists()
    page = client_of(organiser).get(f"/en/challenge/editions/{edition.slug}/desk/mail/{row.pk}/")
    assert page.status_code == 200
    assert "There is no letter in this language" in page.content.decode()


@pytest.mark.parametrize("name", ["🛳️ عبّارة {name}", "x\u202egnp.exe", "a" * 200, "Line\nBcc: x@example.org"])
def test_any_name_of_a_team_keeps_no_letter_back(edition: Any, organiser: Any, name: str) -> None:
    team = make_team(edition, "hk", name)
    row = confirmed(organiser, draft(organiser, edition))
    actions.write_batch(row.pk)
    (letter,) = Letter.objects.filter(user=team.people[0])
    assert "\n" not in letter.subject
    assert name.split()[0][:100] in letter.subject
    assert "{not a field}" in letter.body
    assert "{edition}" not in letter.body


def test_a_letter_to_judges_names_no_team(edition: Any, clock: Clock) -> None:
    clock.during("screening")
    judged = JudgedRound(edition).assigned()
    team = judged.entries[0].team
    for text in (f"See ＴＥＡＭ {team.name.upper()}", "{team}", "{entry}"):
        row = draft(judged.organiser, edition, "judges", subject={"en": "News"}, body={"en": text})
        with pytest.raises(InputError):
            confirmed(judged.organiser, row)
    assert not Letter.objects.exists()


def test_very_long_texts_are_refused(edition: Any, organiser: Any) -> None:
    with pytest.raises(InputError) as refused:
        draft(organiser, edition, body={"zh-Hant": "長" * 20_001})
    assert refused.value.data["field"] == "body_zh-Hant"
    with pytest.raises(InputError):
        draft(organiser, edition, subject={"en": "x\x00"})


# --- once to each


def test_a_crash_between_batches_loses_and_doubles_nobody(
    edition: Any, organiser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "BATCH", 2)
    crowd(edition, 7)
    row = confirmed(organiser, draft(organiser, edition))
    real, calls = actions._post, []

    def breaking(campaign: Any, ids: list[int]) -> None:
        calls.append(ids)
        real(campaign, ids)
        if len(calls) == 2:
            raise OSError("the machine is gone, after the letters were written")

    monkeypatch.setattr(actions, "_post", breaking)
    actions.write_batch(row.pk)
    with pytest.raises(OSError, match="gone"):
        actions.write_batch(row.pk)
    row.refresh_from_db()
    assert row.written == len(written_to(row)) == 2, "the broken batch is not there at all"
    actions.repeat_campaign(organiser, row)
    while actions.write_batch(row.pk):
        pass
    row.refresh_from_db()
    assert written_to(row) == sorted(row.addressees)
    assert len(row.addressees) == row.written == row.recipients == 7
    assert row.sent_at is not None
    MailCampaign.objects.filter(pk=row.pk).update(written=0, sent_at=None)
    while actions.write_batch(row.pk):
        pass
    assert written_to(row) == sorted(row.addressees), "even where the count is lost"


def test_who_joins_later_is_not_written_to_and_who_ends_the_account_keeps_nobody_back(
    edition: Any, organiser: Any
) -> None:
    crowd(edition, 3)
    row = confirmed(organiser, draft(organiser, edition))
    make_team(edition, "hk")
    first = row.addressees[0]
    TeamMember.objects.filter(user=first).update(user=None)
    from django.contrib.auth.models import User

    User.objects.filter(pk=first).delete()
    actions.write_batch(row.pk)
    assert written_to(row) == row.addressees[1:]


def test_the_confirmation_is_for_what_was_seen(edition: Any, organiser: Any) -> None:
    crowd(edition, 2)
    row = draft(organiser, edition)
    with pytest.raises(ConflictError, match="now there are 2"):
        actions.confirm_campaign(organiser, row, 1, 1)
    actions.change_campaign(
        organiser, row, 1, audience="members", division=None, subject=SUBJECT, body={"en": "Other", "zh-Hant": "其他"}
    )
    with pytest.raises(ConflictError, match="Read it again"):
        actions.confirm_campaign(organiser, row, 1, 2)
    actions.confirm_campaign(organiser, row, 2, 2)
    with pytest.raises(RefusedError, match="gone out already"):
        actions.confirm_campaign(organiser, row, 2, 2)


def test_cancelled_between_batches_nothing_more_goes_out(
    edition: Any, organiser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "BATCH", 2)
    crowd(edition, 5)
    row = confirmed(organiser, draft(organiser, edition))
    actions.write_batch(row.pk)
    actions.cancel_campaign(organiser, row)
    assert actions.write_batch(row.pk) is None
    assert Counter(Letter.objects.values_list("state", flat=True)) == {"withheld": 2}
    assert Campaign.objects.get(key=queries.post_key(row)).cancelled_at is not None
    with pytest.raises(RefusedError):
        actions.repeat_campaign(organiser, row)
    assert jobs.Job.objects.get(pk=row.job).state == "cancelled"


def test_a_thousand_recipients_cost_the_same_questions_per_batch(edition: Any, organiser: Any) -> None:
    crowd(edition, 1_000)
    row = confirmed(organiser, draft(organiser, edition))
    counts = []
    while True:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            if actions.write_batch(row.pk) is None:
                break
        counts.append(len(asked))
    row.refresh_from_db()
    assert (len(counts), row.written, len(written_to(row))) == (5, 1_000, 1_000)
    assert len(set(counts[1:-1])) == 1, counts
    assert max(counts) - min(counts) <= 12, "the first makes the post's row, the last tells the journal"


def test_the_job_writes_and_the_post_sends_in_each_readers_language(
    edition: Any, organiser: Any, django_capture_on_commit_callbacks: Any
) -> None:
    from dataferry.server.people.models import Profile

    team = make_team(edition, "hk", "Harbour Watch", people=2)
    Profile.objects.filter(user=team.people[1]).update(language="zh-hant")
    row = confirmed(organiser, draft(organiser, edition))
    assert jobs.run(row.job) == "done"
    (post,) = jobs.Job.objects.filter(kind="letters.send_campaign")
    jobs.run(post.pk)
    subjects = {each.to[0]: each.subject for each in mail.outbox}
    assert subjects[team.people[0].email] == "News for Harbour Watch"
    assert subjects[team.people[1].email] == "給 Harbour Watch 的消息"
    counts = queries.post_counts([row])[row.pk]
    assert (counts.sent, counts.failed) == (2, 0)
    told = journal.Event.objects.filter(object=f"mail:{row.pk}")
    assert [event.act.partition(".")[2] for event in told.order_by("sequence")] == [
        "campaign_written",
        "campaign_confirmed",
        "campaign_written_out",
    ]
    assert not [event for event in told if "Harbour" in str(event.payload)]


def test_a_try_goes_to_oneself_alone(edition: Any, organiser: Any) -> None:
    team = make_team(edition, "hk", "Harbour Watch")
    letter = actions.try_campaign(organiser, draft(organiser, edition), team.people[0].pk)
    assert (letter.user, letter.subject) == (organiser, "[Test] News for Harbour Watch")
    assert Letter.objects.count() == 1


def test_the_pages_are_the_organisers_of_those_people(
    edition: Any, organiser: Any, hk_organiser: Any, sh_organiser: Any
) -> None:
    team = make_team(edition, "hk", "<script>alert(1)</script>")
    base = f"/en/challenge/editions/{edition.slug}/desk/mail/"
    form = {"audience": "leaders", "division": "hk", "subject_en": "News for {team}", "body_en": "Dear {name}"}
    for stranger in (team.people[0], make_person()):
        assert client_of(stranger).get(base).status_code == 403
        assert client_of(stranger).post(f"{base}new/", form).status_code == 403
    client = client_of(hk_organiser)
    assert client.post(f"{base}new/", {**form, "division": ""}).status_code == 422, "not both cities"
    assert client.post(f"{base}new/", form).status_code == 302
    row = MailCampaign.objects.get()
    for place in ("", "change/", "confirm/"):
        assert client_of(sh_organiser).get(f"{base}{row.pk}/{place}").status_code == 404
        assert client.get(f"{base}{row.pk}/{place}").status_code == 200
    html = client.get(f"{base}{row.pk}/").content.decode()
    assert "News for &lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert client.post(f"{base}{row.pk}/", {"do": "try", "like": team.people[0].pk}).status_code == 302
    assert client.post(f"{base}{row.pk}/confirm/", {"revision": 1, "expected": 1}).status_code == 302
    row.refresh_from_db()
    assert (row.recipients, row.addressees) == (1, [team.people[0].pk])
    assert client.post(f"{base}{row.pk}/", {"do": "cancel"}).status_code == 302
    assert "Cancelled" in client.get(base).content.decode()
