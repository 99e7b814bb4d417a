"""Promise: a letter that was posted is sent once, to the right person in their language, or its failure is seen."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, transaction
from django.utils import timezone

from dataferry.messages import InputError, RefusedError
from dataferry.server import jobs, journal, letters
from dataferry.server.jobs.models import Job
from dataferry.server.letters import actions
from dataferry.server.letters.jobs import ATTEMPTS, look_after
from dataferry.server.letters.models import TRANSITIONS, Letter, changed
from dataferry.server.people.actions import delete_account
from dataferry.server.people.personal_data import export_all
from server.letters.conftest import BODIES, TEXTS, MailServer
from server.persons import make_person

pytestmark = pytest.mark.django_db
Work = Callable[..., int]

GONE = smtplib.SMTPServerDisconnected("Connection unexpectedly closed")
AWAY = ConnectionRefusedError(111, "Connection refused")
GREYLISTED = smtplib.SMTPRecipientsRefused({"reader@example.org": (451, b"4.7.1 <reader@example.org>: try later")})
NO_SUCH = smtplib.SMTPRecipientsRefused({"reader@example.org": (550, b"5.1.1 <reader@example.org> unknown")})
WRONG_PASSWORD = smtplib.SMTPAuthenticationError(535, b"5.7.8 no")


def post(to: Any, key: str = "result:1", **more: Any) -> Letter:
    return letters.post(to, key=key, subject=TEXTS, body=BODIES, about="entry:1", **more)


def fresh(letter: Letter) -> Letter:
    letter.refresh_from_db()
    return letter


def test_a_letter_is_sent_in_the_readers_language(reader: User, mail: MailServer, work: Work) -> None:
    letter = post(reader)
    assert (letter.state, mail.taken) == ("queued", [])
    work()
    (message,) = mail.taken
    assert message.to == ["reader@example.org"]
    assert message.subject == "你的結果"
    assert message.body == "親愛的隊伍：\n\n你們獲獎了。\n"
    sent = message.message()
    assert sent["Message-ID"].endswith("@ferry.example>")
    assert sent["Content-Language"] == "zh-Hant-HK"
    assert sent["Auto-Submitted"] == "auto-generated"
    assert sent.get_content_type() == "text/plain"
    assert fresh(letter).state == "sent"
    assert letter.sent_at is not None
    assert letters.counts() == letters.Counts(sent=1)


def test_the_same_key_is_the_same_letter(reader: User, mail: MailServer, work: Work) -> None:
    first, second = post(reader), post(reader)
    work()
    third = letters.post(reader, key="result:1", subject={"en": "Other"}, body={"en": "other"})
    work()
    assert first.pk == second.pk == third.pk
    assert len(mail.taken) == 1
    with pytest.raises(ValueError, match="another person"):
        post(make_person())


def test_a_letter_falls_with_the_transaction_that_posted_it(reader: User, mail: MailServer, work: Work) -> None:
    def fails() -> None:
        with transaction.atomic():
            post(reader)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    work()
    assert not Letter.objects.exists()
    assert not mail.taken
    post(reader)
    work()
    assert len(mail.taken) == 1


def test_languages_fall_back_and_bad_texts_are_refused(reader: User, mail: MailServer, work: Work) -> None:
    assert letters.post(reader, key="a", subject={"en": "S"}, body={"en": "B"}).language == "en"
    both = letters.post(reader, key="b", subject={"en": "S", "zh-Hant": "題"}, body={"en": "B"})
    assert (both.language, both.subject) == ("en", "S")
    for subject, body in (
        ({"en": "S"}, {"zh-Hant": "B"}),
        ({"en": "a\nBcc: x@y.z"}, {"en": "B"}),
        ({"en": "S"}, {"en": "x" * 200_001}),
    ):
        with pytest.raises(InputError):
            letters.post(reader, key="c", subject=subject, body=body)
    assert Letter.objects.count() == 2


def test_nobody_without_a_verified_address_or_an_account_gets_a_letter(mail: MailServer, work: Work) -> None:
    unverified = make_person("new@example.org", verified=False)
    gone = make_person("gone@example.org")
    delete_account(gone)
    shut_out = make_person("out@example.org", is_active=False)
    later_gone = make_person("later@example.org")
    posted = [post(user, f"k{user.pk}") for user in (unverified, gone, shut_out, later_gone)]
    User.objects.filter(pk=later_gone.pk).update(is_active=False)
    work()
    assert mail.taken == []
    assert [fresh(letter).state for letter in posted] == ["withheld"] * 4
    assert [letter.subject for letter in posted[1:3]] == ["", ""], "no text is kept for an account that has ended"
    assert posted[0].failure == "server.letters.no_address"


# What goes wrong at the mail server


@pytest.mark.parametrize("trouble", [AWAY, GONE, TimeoutError(), GREYLISTED, WRONG_PASSWORD, OSError(28, "disk full")])
def test_what_passes_is_tried_again_until_it_is_taken(
    trouble: BaseException, reader: User, mail: MailServer, work: Work
) -> None:
    letter = post(reader)
    mail.answers = [trouble] * 3
    work(3)
    assert fresh(letter).state == "queued"
    assert letter.reason
    assert "@" not in str(letter.failure_data) + str(Job.objects.values_list("error", flat=True)[0])
    work()
    assert fresh(letter).state == "sent"
    assert letter.failure == ""
    assert len(mail.taken) == 1


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (NO_SUCH, "refused"),
        (smtplib.SMTPDataError(554, b"5.7.1 policy"), "refused"),
        (UnicodeEncodeError("ascii", "ü", 0, 1, "no"), "unsendable"),
    ],
)
def test_what_never_passes_fails_at_once_and_no_operator_is_woken(
    trouble: BaseException, code: str, reader: User, mail: MailServer, work: Work
) -> None:
    letter = post(reader)
    mail.answers = [trouble]
    assert work() == 1
    assert (fresh(letter).state, letter.failure) == ("failed", f"server.letters.{code}")
    job = Job.objects.get()
    assert (job.state, job.fault) == ("failed", False)
    assert "reader@" not in str(job.error)


def test_a_server_that_stays_away_fails_the_letter_and_tells_operators(
    reader: User, mail: MailServer, work: Work
) -> None:
    letter = post(reader)
    mail.answers = [AWAY] * ATTEMPTS
    assert work(ATTEMPTS + 5) == ATTEMPTS
    assert (fresh(letter).state, letter.failure) == ("failed", "server.letters.no_server")
    assert Job.objects.get().fault
    jobs.retry(Job.objects.get().pk)
    work()
    assert fresh(letter).state == "sent", "the job's own page can try it again, too"


def test_an_unknown_fault_fails_the_letter_and_loses_nothing(reader: User, mail: MailServer, work: Work) -> None:
    letter = post(reader)
    mail.answers = [ZeroDivisionError()]
    work()
    assert (fresh(letter).state, letter.failure) == ("failed", "server.jobs.broke")


# Crashes


def test_a_letter_whose_job_died_while_sending_is_sent_again_with_the_same_marks(
    reader: User, mail: MailServer, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = post(reader)

    def dies(_letter: Letter) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(actions, "mark_sent", dies)
        with pytest.raises(KeyboardInterrupt):
            jobs.run(Job.objects.get().pk)
    assert fresh(letter).state == "sending"
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert jobs.sweep() == 1
    work()
    assert fresh(letter).state == "sent"
    first, second = (message.message().as_bytes() for message in mail.taken)
    assert first == second, "whoever gets both can see that they are one"


def test_a_busy_database_is_asked_again_before_the_note_is_given_up(
    reader: User, mail: MailServer, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = post(reader)
    refusals = [DatabaseError("locked"), DatabaseError("locked")]

    def busy(*arguments: Any, **changes: Any) -> bool:
        if arguments[1] == "sent" and refusals:
            raise refusals.pop()
        return changed(*arguments, **changes)

    monkeypatch.setattr(actions, "changed", busy)
    work()
    assert fresh(letter).state == "sent"
    assert len(mail.taken) == 1


def test_two_jobs_never_send_the_same_letter(reader: User, mail: MailServer, work: Work) -> None:
    letter = post(reader)
    job = Job.objects.get()
    other = jobs.enqueue("letters.send", subject="x", payload={"letter": letter.pk}, asked_by=None)
    Job.objects.filter(pk=job.pk).update(state="running", lease_until=timezone.now() + timedelta(minutes=1))
    assert actions.begin(letter.pk, job.pk) is not None
    assert jobs.run(other.pk) == "done"
    assert mail.taken == []
    assert fresh(letter).state == "sending"
    Job.objects.filter(pk=job.pk).update(state="failed")
    assert actions.begin(letter.pk, other.pk) is not None, "the first is gone, the next may"


def test_a_letter_without_a_job_is_found(reader: User, mail: MailServer, work: Work) -> None:
    letter = post(reader)
    Job.objects.all().delete()
    assert work() == 0
    running = jobs.Running(jobs.enqueue("letters.look_after", subject="x", payload={}, asked_by=None))
    running.progress = lambda *_arguments, **_data: None  # type: ignore[method-assign]
    assert look_after(running) == {"letters": 1}
    assert look_after(running) == {"letters": 0}
    work()
    assert fresh(letter).state == "sent"


def test_no_state_is_reached_by_a_forbidden_move(reader: User) -> None:
    letter = post(reader)
    for state in Letter.State.values:
        for target in Letter.State.values:
            Letter.objects.filter(pk=letter.pk).update(state=state)
            assert changed(letter.pk, target) == (target in TRANSITIONS[state])


# People


def test_letters_are_exported_and_end_with_the_account(reader: User, mail: MailServer, work: Work) -> None:
    post(reader)
    work()
    waiting = post(reader, "result:2")
    rows = export_all(reader)["rooms"]["letters"]
    assert [(row["subject"], row["state"]) for row in rows] == [("你的結果", "sent"), ("你的結果", "queued")]
    assert rows[0]["body"] == BODIES["zh-Hant"]
    delete_account(reader)
    assert not Letter.objects.exists()
    assert Job.objects.get(key=waiting.job_key).state == "cancelled"
    work()
    assert len(mail.taken) == 1


def test_texts_and_addresses_stay_out_of_jobs_journal_and_logs(
    reader: User, mail: MailServer, work: Work, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    post(reader)
    mail.answers = [GREYLISTED, NO_SUCH]
    work()
    told = str(list(Job.objects.values())) + caplog.text + "".join(event.payload_text for event in journal.events())
    for secret in ("reader@", "結果", "隊伍"):
        assert secret not in told


# Operators


def test_operators_try_failed_letters_again_and_it_is_journalled(reader: User, mail: MailServer, work: Work) -> None:
    operator = make_person("ops@example.org", "exchange-operator")
    posted = [post(reader, f"k{number}") for number in range(3)]
    mail.answers = [NO_SUCH] * 3
    work()
    with pytest.raises(RefusedError):
        letters.retry(reader, posted[0].pk)
    letters.retry(operator, posted[0].pk)
    with pytest.raises(RefusedError) as caught:
        letters.retry(operator, posted[0].pk)
    assert caught.value.code == "server.letters.not_failed"
    assert letters.retry_failed(operator) == 2
    assert letters.retry_failed(operator) == 0
    work()
    assert [fresh(letter).state for letter in posted] == ["sent"] * 3
    told = [(event.act, event.object) for event in journal.events()][-2:]
    assert told == [("letters.letter_retried", f"letter:{posted[0].pk}"), ("letters.failed_retried", "letters:failed")]
