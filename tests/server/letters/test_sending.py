"""Promise: whatever a real mail server answers is understood, and what is sent says what was written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from dataferry.messages import InputError
from dataferry.server import letters
from dataferry.server.jobs.models import Job
from dataferry.server.letters.models import Letter
from dataferry.server.letters.sending import as_message, message_id
from dataferry.server.letters.templates import LONGEST_SUBJECT, fit
from server.letters.conftest import BODIES, TEXTS
from server.letters.smtp_server import Told, smtp_server
from server.persons import make_person

Work = Callable[..., int]


@pytest.fixture
def server(settings: Any) -> Iterator[Told]:
    with smtp_server() as told:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", told.port
        settings.DEFAULT_FROM_EMAIL = "Dataferry <noreply@ferry.example>"
        yield told


def read(body: bytes) -> Any:
    return message_from_bytes(body, policy=policy.default)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("answers", "state", "code", "taken", "tries"),
    [
        ([], "sent", "", 1, 1),
        (["RCPT 451 4.7.1 greylisted"], "sent", "", 1, 2),
        (["MAIL 421 4.3.2 closing"], "sent", "", 1, 2),
        (["MAIL 550 5.7.1 not from here"], "sent", "", 1, 2),
        (["DONE 452 4.3.1 full"], "sent", "", 1, 2),
        (["RCPT 550 5.1.1 no such person"], "failed", "refused", 0, 1),
        (["DONE 554 5.7.1 policy"], "failed", "refused", 0, 1),
        (["DROP"], "sent", "", 2, 2),
    ],
)
def test_every_answer_of_a_mail_server_is_understood(
    server: Told, reader: User, work: Work, answers: list[str], state: str, code: str, taken: int, tries: int
) -> None:
    server.answers = answers
    letter = letters.post(reader, key="k", subject=TEXTS, body=BODIES)
    work()
    letter.refresh_from_db()
    assert (letter.state, letter.failure.removeprefix("server.letters.")) == (state, code)
    assert (len(server.taken), Job.objects.get().attempts) == (taken, tries)
    assert len(set(server.taken)) <= 1, "a letter that the server may have taken comes again unchanged"
    for body in server.taken:
        assert read(body)["Subject"] == "你的結果"
        assert read(body)["Message-ID"] == message_id(letter)
        assert read(body).get_content().replace("\r\n", "\n") == "親愛的隊伍：\n\n你們獲獎了。\n"


@pytest.mark.django_db
def test_a_mailing_goes_over_one_connection_whatever_happens_to_single_letters(server: Told, work: Work) -> None:
    crowd = [make_person() for _ in range(8)]
    template = letters.Template({"en": "News"}, {"en": "Dear {name}"})
    recipients = [(user, {"name": f"No {user.pk}"}) for user in crowd]
    campaign = letters.post_many(recipients, campaign="c", template=template, asked_by=None)
    server.answers = ["RCPT 550 5.1.1 no", "RCPT 451 4.7.1 later", "MAIL 421 4.7.0 too many", "DROP"]
    work()
    counts = letters.campaign_counts([campaign])[campaign.pk]
    assert (counts.sent, counts.failed, counts.waiting) == (7, 1, 0)
    said = [read(body).get_content().strip() for body in server.taken]
    assert len(set(said)) == 7
    assert len(said) == 8, "the one whose answer was lost came again"


@pytest.mark.django_db
def test_a_server_that_is_not_there(reader: User, work: Work, server: Told, settings: Any) -> None:
    settings.EMAIL_PORT = 9
    letter = letters.post(reader, key="k", subject=TEXTS, body=BODIES)
    work(2)
    letter.refresh_from_db()
    assert (letter.state, letter.failure_data) == ("queued", {"answer": "ConnectionRefusedError"})
    settings.EMAIL_PORT = server.port
    work()
    assert len(server.taken) == 1


def fits(text: str, part: Any) -> bool:
    try:
        return fit(text, part) == text
    except InputError:
        return False


SUBJECTS = st.text(min_size=1, max_size=LONGEST_SUBJECT).filter(lambda text: fits(text, "subject"))
BODY_TEXTS = st.text(max_size=2000).filter(lambda text: fits(text, "body"))


@given(SUBJECTS, BODY_TEXTS)
def test_what_may_be_written_arrives_as_it_was_written(subject: str, body: str) -> None:
    letter = Letter(pk=1, key="k", language="en", subject=subject, body=body, posted_at=timezone.now())
    raw = as_message(letter, "reader@example.org").message().as_bytes()
    head = raw.split(b"\n\n", 1)[0]
    assert sorted(line.split(b":")[0].lower() for line in head.split(b"\n") if line[:1] not in b" \t") == [
        b"auto-submitted", b"content-language", b"content-transfer-encoding", b"content-type", b"date",
        b"from", b"message-id", b"mime-version", b"subject", b"to",
    ]  # fmt: skip
    arrived = read(raw)
    assert arrived.get_content() == body + "\n"
    assert " ".join(str(arrived["Subject"]).split()) == " ".join(subject.split())
