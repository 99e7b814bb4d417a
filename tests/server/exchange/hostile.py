"""What hostile tests of the exchange share: values that cannot be, the season of the matrix, all that is logged."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from server import matrix as m
from server.exchange.matrix_season import season

BUYER = "buyer's manager"
MARKUP = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
NASTY = (
    "",
    "\x00",
    "a\x00b\x1b[31m\x7f",
    "\u200b\u202e\ufeff\u2066",
    MARKUP,
    "{{ 7|add:7 }}{% debug %}%(number)s%s{number}",
    "'; DROP TABLE exchange_offer; --",
    "city = 'x' OR 1=1",
    '=HYPERLINK("http://x.example")',
    "-1",
    "0",
    "99999999999999999999999999",
    "1e400",
    "NaN",
    "٣",
    "0001-01-01",
    "9999-12-31",
    "10000-01-01",
    "9999-12-31T23:59",
    "0001-01-01T00:00",
    "../../../etc/passwd",
    "no-such-value",
    "é" * 30_000,
)
EVERYWHERE = ("\x00", MARKUP, "0001-01-01")
"""Tried in all fields of a form at once, too."""
NASTY_JSON = (
    *(None, True, -1, 0, 2**63, 10**30, 1.5, float("inf"), float("nan"), [], {}, [[[[]]]], {"a": {"b": [None]}}),
    *("", "\ud800", "a\u0000b", MARKUP, "0001-01-01", "9999-12-31", "+10000-01-01", "x" * 30_000),
)
NASTY_TERMS = (
    *({"amount": each} for each in (-1, 2**53, 10**30, 1.5, "1", True, None, [], float("inf"))),
    *({"days": each} for each in (-1, 0, 10**9, "x")),
    *({"starts": each} for each in ("0001-01-01", "9999-12-31", "10000-01-01", "2027-02-30", "", 5, "\ud800")),
    {"columns": ["'; DROP TABLE x; --", "\x00", MARKUP, "\ud800"]},
    {"columns": "city"},
    {"rows": [{"column": "1=1 --", "test": "equals", "value": "x"}]},
    {"rows": {"$where": "1"}},
    {"rows": "1=1"},
    {"limits": {"most_rows": -1, "calls_a_day": 10**40}},
    {"limits": [1]},
    {"price": {"amount": 0}, "supplier": "M-1"},
    {"later_releases": "yes"},
    {"__proto__": {}, "\ud800": 1, "": 2},
)
HOSTILE_NUMBERS = ("99999999999999999999", "-1", "..", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "%00", "%0a", "%ed%a0%80", "é")


@dataclass(frozen=True)
class Market:
    """The season of the matrix, and everything that was logged while it was made."""

    season: m.Season
    said: list[str]

    def client(self, role: str) -> Any:
        from django.test import Client

        made = Client(raise_request_exception=False)
        if role != "visitor":
            made.force_login(self.season.people[role], backend="dataferry.server.people.backends.NameOrEmail")
        return made


class Listener(logging.Handler):
    """Keeps every record as text, before anything is hidden in it, with all that our formatters write of it.

    Django hangs the request itself on some records; `portal.logs` leaves it out.
    """

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        more = {name: str(value) for name, value in vars(record).items() if name not in ("msg", "args", "request")}
        self.said.append(f"{record.getMessage()} {more}")


@contextmanager
def listening() -> Iterator[list[str]]:
    """All loggers at DEBUG, whether or not they hand on what they hear."""
    listener = Listener()
    every = [logging.getLogger(), *(logging.getLogger(name) for name in logging.root.manager.loggerDict)]
    kept = [(each, each.level) for each in every]
    apart = [each for each in every if each.parent is None or not each.propagate]
    for each in every:
        each.setLevel(logging.DEBUG)
    for each in apart:
        each.addHandler(listener)
    try:
        yield listener.said
    finally:
        for each in apart:
            each.removeHandler(listener)
        for each, level in kept:
            each.setLevel(level)


@pytest.fixture(scope="module")
def market(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    """One season for all tests of this module; each of them takes back what it did."""
    from django.conf import settings
    from django.db import transaction

    from dataferry.server import jobs

    def work() -> None:
        while job := jobs.Job.objects.filter(state="queued").order_by("pk").first():
            jobs.run(job.pk)

    folder = tmp_path_factory.mktemp("hostile")
    (folder / "home").mkdir()
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock(), transaction.atomic():
        patch.setattr(settings, "HOME", folder / "home")
        patch.setattr(settings, "STORE", str(folder / "home/snapshots"))
        patch.setattr(settings, "API_RATES", {})
        patch.setattr(settings, "PASSWORD_HASHERS", ["django.contrib.auth.hashers.MD5PasswordHasher"])
        with listening() as said:
            made = season(folder, work)
        yield Market(made, said)
        transaction.set_rollback(True)


@contextmanager
def undone() -> Iterator[None]:
    from django.db import transaction

    point = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(point)


def read(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def worker_of(line: m.Try) -> str:
    """Who gets furthest with what a line posts: whoever is checked last before the action itself."""
    staff = {
        "do=return": "operator of the city",
        "do=refuse&": "operator of the city",
        "do=check": "operator of the city",
        "do=dismissed": "operator of the city",
        "do=upheld": "operator of the city",
        "do=confirm&": "operator of the city",
        "do=refund": "operator of the city",
        "do=uphold": "operator of the city",
        "do=dismiss": "operator of the city",
        "do=suspend": "operator of the city",
        "do=decide": "officer of the city",
        "do=find&": "assessor",
        "do=request&items": "assessor",
        "base=": "operator of the city",
    }
    if line.name.startswith(("compliance-border-decision", "compliance-border-approval", "compliance-clearance")):
        return "officer of the city"
    if line.name in ("exchange-offer", "exchange-invoice", "delivery-entitlement", "delivery-profile"):
        return "buyer's manager"
    if line.name == "exchange-negotiation" or any(each in line.posted for each in ("do=dispute", "do=accept")):
        return "supplier's manager" if line.place == "begun" else "buyer's manager"
    if line.name == "exchange-objection-new":
        return "member"
    return next((who for act, who in staff.items() if act in line.posted), "supplier's manager")
