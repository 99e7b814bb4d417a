"""Promise: a mailing reaches each of its people once, whatever is repeated; one bad address keeps nobody waiting."""

from __future__ import annotations

import smtplib
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dataferry.messages import InputError, RefusedError
from dataferry.server import jobs, journal, letters
from dataferry.server.jobs.models import Job
from dataferry.server.letters import jobs as letter_jobs
from dataferry.server.letters.models import Campaign, Letter
from server.letters.conftest import MailServer
from server.persons import make_person

pytestmark = pytest.mark.django_db
Work = Callable[..., int]

TEMPLATE = letters.Template(
    {"en": "News for {team}", "zh-Hant": "{team} 的消息", "zh-Hans": "{team} 的消息"},
    {"en": "Dear {team}", "zh-Hant": "親愛的 {team}", "zh-Hans": "亲爱的 {team}"},
)
AWAY = ConnectionRefusedError(111, "Connection refused")


def busy(code: int) -> smtplib.SMTPRecipientsRefused:
    return smtplib.SMTPRecipientsRefused({"someone@example.org": (code, b"no")})


@pytest.fixture
def crowd() -> list[User]:
    return [make_person(f"p{number:02}@example.org") for number in range(12)]


@pytest.fixture(autouse=True)
def _small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letter_jobs, "SLICE", 5)


def mailing(crowd: list[User], key: str = "2026:shortlist", **more: Any) -> Campaign:
    recipients = [(user, {"team": f"Team {user.pk}"}) for user in crowd]
    options = {"template": TEMPLATE, "asked_by": crowd[0], **more}
    return letters.post_many(recipients, campaign=key, **options)


def states(campaign: Campaign) -> Counter[str]:
    return Counter(campaign.letters.values_list("state", flat=True))


def test_everybody_gets_their_own_letter_once(crowd: list[User], mail: MailServer, work: Work) -> None:
    crowd[3].profile.language = "zh-hans"
    crowd[3].profile.save()
    campaign = mailing(crowd)
    assert mail.taken == []
    assert work() == 3, "in slices, so that other jobs have their turn between them"
    assert mail.opened == 3, "one connection for each slice"
    assert Counter(mail.addresses) == Counter(f"p{number:02}@example.org" for number in range(12))
    assert mail.taken[3].body == f"亲爱的 Team {crowd[3].pk}\n"
    assert letters.campaign_counts([campaign])[campaign.pk] == letters.Counts(sent=12)
    event = list(journal.events())[-1]
    assert (event.act, event.actor) == ("letters.campaign_posted", f"person:{crowd[0].pk}")
    assert event.payload["letters"] == event.payload["new"] == 12


def test_repeating_writes_only_to_who_is_new(crowd: list[User], mail: MailServer, work: Work) -> None:
    first = mailing(crowd[:7])
    mailing(crowd[:7])
    work()
    again = mailing(crowd)
    work()
    assert first.pk == again.pk
    assert len(mail.taken) == len(set(mail.addresses)) == 12
    assert [event.payload["new"] for event in journal.events() if event.act == "letters.campaign_posted"] == [7, 5]


def test_a_mailing_keeps_its_text_and_faults_write_nothing(crowd: list[User]) -> None:
    mailing(crowd[:1])
    other = letters.Template({"en": "Other"}, {"en": "other"})
    with pytest.raises(RefusedError) as caught:
        mailing(crowd, template=other)
    assert caught.value.code == "server.letters.campaign_differs"
    for template, code in (
        (letters.Template({"en": "{teem}"}, {"en": "x"}), "unknown_field"),
        (letters.Template({"en": "x"}, {"en": "x", "zh-Hans": "{team.pk}"}), "half_said"),
        (letters.Template({}, {}), "no_text"),
    ):
        with pytest.raises(InputError) as wrong:
            mailing(crowd, "bad", template=template)
        assert wrong.value.code == f"server.letters.{code}"
    recipients = [(crowd[0], {"team": "fine"}), (crowd[1], {"team": "two\nlines"})]
    with pytest.raises(InputError) as forged:
        letters.post_many(recipients, campaign="forged", template=TEMPLATE, asked_by=None)
    assert forged.value.code == "server.letters.line_break"
    assert Campaign.objects.count() == Letter.objects.count() == 1


def test_one_bad_address_keeps_nobody_waiting(crowd: list[User], mail: MailServer, work: Work) -> None:
    campaign = mailing(crowd)
    mail.answers = [None, busy(550), None, busy(451), None, UnicodeEncodeError("ascii", "ü", 0, 1, "no")]
    work()
    assert states(campaign) == {"sent": 10, "failed": 2}
    assert len(mail.taken) == len(set(mail.addresses)) == 10
    assert Job.objects.filter(kind="letters.send").count() == 1, "the one that was busy had tries of its own"


def test_a_server_that_goes_away_in_the_middle_costs_no_letter(crowd: list[User], mail: MailServer, work: Work) -> None:
    campaign = mailing(crowd)
    gone = smtplib.SMTPServerDisconnected("gone")
    mail.answers = [None, None, gone, AWAY, None, None, AWAY]
    work()
    assert states(campaign) == {"sent": 12}
    assert len(mail.taken) == len(set(mail.addresses)) == 12


def test_a_server_that_stays_away_leaves_failed_letters_to_try_again(
    crowd: list[User], mail: MailServer, work: Work
) -> None:
    campaign = mailing(crowd)
    mail.answers = [None, None, *[AWAY] * letter_jobs.ATTEMPTS]
    work()
    assert states(campaign) == {"sent": 2, "failed": 10}
    assert Job.objects.get(kind="letters.send_campaign").fault
    assert letters.retry_failed(make_person("ops@example.org", "organiser")) == 10
    work()
    assert states(campaign) == {"sent": 12}
    assert len(set(mail.addresses)) == len(mail.taken) == 12


def test_a_worker_that_dies_between_two_letters_loses_none(
    crowd: list[User], mail: MailServer, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = mailing(crowd)
    mail.answers = [None, None, KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        jobs.run(Job.objects.get().pk)
    assert states(campaign) == {"sent": 2, "sending": 1, "queued": 9}
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    jobs.sweep()
    work()
    assert states(campaign) == {"sent": 12}
    assert len(mail.taken) == 12


def test_cancelling_stops_what_was_not_sent(crowd: list[User], mail: MailServer, work: Work) -> None:
    campaign = mailing(crowd)
    work(1)
    operator = make_person("ops@example.org", "organiser")
    with pytest.raises(RefusedError):
        letters.cancel_campaign(crowd[0], campaign.pk)
    letters.cancel_campaign(operator, campaign.pk)
    work()
    assert states(campaign) == {"sent": 5, "withheld": 7}
    assert letters.retry_failed(operator) == 0
    for act in (lambda: letters.cancel_campaign(operator, campaign.pk), lambda: mailing(crowd)):
        with pytest.raises(RefusedError) as caught:
            act()
        assert caught.value.code == "server.letters.campaign_cancelled"
    withheld = campaign.letters.filter(state="withheld").first()
    with pytest.raises(RefusedError):
        letters.retry(operator, withheld.pk)


def test_cancelling_its_job_cancels_the_mailing(crowd: list[User], mail: MailServer, work: Work) -> None:
    campaign = mailing(crowd)
    work(1)
    jobs.cancel(Job.objects.get(state="queued").pk, None)
    work()
    assert states(campaign) == {"sent": 5, "withheld": 7}
    campaign.refresh_from_db()
    assert campaign.cancelled_at is not None


def test_writing_asks_the_database_no_more_often_for_more_people(crowd: list[User]) -> None:
    mailing(crowd[:1], "the first of all")
    with CaptureQueriesContext(connection) as few:
        mailing(crowd[:2], "few")
    with CaptureQueriesContext(connection) as many:
        mailing(crowd, "many")
    assert len(many) == len(few)
