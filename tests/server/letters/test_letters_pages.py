"""Promise: operators see which letters were not sent and why, act on them, and read neither texts nor addresses."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dataferry.server import letters
from dataferry.server.letters.models import Letter
from server.letters.conftest import BODIES, TEXTS, MailServer
from server.persons import make_person

pytestmark = pytest.mark.django_db
PAGE = "/en/operations/letters/"
NO_SUCH = smtplib.SMTPRecipientsRefused({"reader@example.org": (550, b"5.1.1 <reader@example.org> unknown")})
Work = Callable[..., int]


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(make_person("ops@example.org", "organiser"))
    return client


def failed(reader: User, mail: MailServer, work: Work, count: int) -> list[Letter]:
    posted = [letters.post(reader, key=f"k{n}", subject=TEXTS, body=BODIES, about=f"entry:{n}") for n in range(count)]
    mail.answers = [NO_SUCH] * count
    work()
    return posted


def text_of(client: Client, address: str = PAGE) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return str(answer.content.decode())


@pytest.mark.parametrize(
    ("roles", "status"),
    [
        (None, 302),
        ((), 403),
        (("judge",), 403),
        (("data-holder",), 403),
        (("organiser",), 200),
        (("administrator",), 200),
    ],
)
def test_operators_only(client: Client, roles: tuple[str, ...] | None, status: int) -> None:
    if roles is not None:
        client.force_login(make_person("", *roles))
    assert client.get(PAGE).status_code == status
    refused = {302: 302, 403: 403}
    for address in ("retry/", "1/retry/", "mailings/1/cancel/"):
        answer = client.post(PAGE + address)
        assert answer.status_code == refused.get(status, 404 if "1" in address else 302)
        assert client.get(PAGE + address).status_code == 405


def test_an_empty_house_says_so(operator: Client) -> None:
    text = text_of(operator)
    assert "No letter has failed." in text
    assert "No mailing has been sent yet." in text
    assert "There is no such letter." in text_of(operator, PAGE + "?state=withheld")
    assert "No letter has failed." in text_of(operator, PAGE + "?state=nonsense")


def test_a_failed_letter_is_seen_with_its_reason_and_sent_again(
    operator: Client, reader: User, mail: MailServer, work: Work
) -> None:
    letter, other = failed(reader, mail, work, 2)
    text = text_of(operator)
    assert "refuses this letter for good (550 5.1.1)" in text
    assert "entry:0" in text
    for secret in ("reader@example.org", TEXTS["zh-Hant"], "隊伍"):
        assert secret not in text
    assert "2 letters could not be sent" in text_of(operator, "/en/operations/")
    answer = operator.post(f"{PAGE}{letter.pk}/retry/", follow=True)
    assert "The letter is sent again." in answer.content.decode()
    again = operator.post(f"{PAGE}{letter.pk}/retry/", follow=True)
    assert "is not to be tried again" in again.content.decode()
    assert "1 letter is sent again." in operator.post(PAGE + "retry/", follow=True).content.decode()
    work()
    assert set(Letter.objects.values_list("state", flat=True)) == {"sent"}
    assert other.pk


def test_mailings_show_how_far_they_are_and_can_be_cancelled(
    operator: Client, reader: User, mail: MailServer, work: Work
) -> None:
    template = letters.Template({"en": "<b>News"}, {"en": "secret text"})
    recipients: list[Any] = [(reader, {}), (make_person(), {})]
    campaign = letters.post_many(recipients, campaign="2026:<i>shortlist", template=template, asked_by=None)
    text = text_of(operator)
    assert "2026:&lt;i&gt;shortlist" in text
    assert '<progress aria-labelledby="mailing-' in text
    assert "secret text" not in text
    answer = operator.post(f"{PAGE}mailings/{campaign.pk}/cancel/", follow=True)
    assert "What was sent stays sent." in answer.content.decode()
    work()
    assert mail.taken == []
    again = operator.post(f"{PAGE}mailings/{campaign.pk}/cancel/", follow=True)
    assert "was cancelled and sends nothing" in again.content.decode()
    assert "cancelled before" in text_of(operator, PAGE + "?state=withheld")


def test_the_list_is_paged_and_asks_no_more_with_more_rows(
    operator: Client, reader: User, mail: MailServer, work: Work
) -> None:
    failed(reader, mail, work, 2)
    text_of(operator)
    with CaptureQueriesContext(connection) as few:
        text_of(operator)
    for number in range(58):
        user = make_person() if number % 10 == 0 else reader
        Letter.objects.create(user=user, key=f"x{number}", language="en", subject="s", body="b", state="failed")
    letters.post_many([(reader, {})], campaign="c", template=letters.Template(TEXTS, BODIES), asked_by=None)
    letters.post_many([(reader, {})], campaign="d", template=letters.Template(TEXTS, BODIES), asked_by=None)
    with CaptureQueriesContext(connection) as many:
        text = text_of(operator)
    assert len(many) <= len(few) + 1, "one question for all mailings together"
    assert len(re.findall(r'id="letter-\d+"', text)) == 50
    older = re.search(r'rel="next" href="([^"]+)"', text)
    assert older is not None
    assert len(re.findall(r'id="letter-\d+"', text_of(operator, PAGE + older[1].replace("&amp;", "&")))) == 10
