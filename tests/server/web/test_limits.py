"""Promise: a caller gets its allowance and no more, over all processes, at a price of a few writes a minute."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from dataferry.server.web.limits import SLICES, Limiter, client_address
from dataferry.server.web.models import Allowance

THING = "/api/v1/thing"


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1_000_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def rates(settings: Any, db: None) -> dict[str, int]:
    settings.API_RATES = {"read": 20, "write": 3, "expensive": 1, "refused": 2}
    return settings.API_RATES


@pytest.mark.parametrize("limit", [1, 3, 19, 20, 200])
def test_exactly_the_allowance_is_given_and_again_in_the_next_minute(rates: dict[str, int], limit: int) -> None:
    rates["read"] = limit
    clock = Clock()
    limiter = Limiter(clock)
    given = [limiter.count("read", "a") for _ in range(limit + 5)]
    assert [standing.allowed for standing in given] == [True] * limit + [False] * 5
    assert [standing.remaining for standing in given[:limit]] == list(range(limit - 1, -1, -1))
    assert given[0].reset == 20
    assert limiter.count("read", "b").allowed
    clock.now += 60
    assert limiter.count("read", "a").remaining == limit - 1


def test_processes_share_the_allowance(rates: dict[str, int]) -> None:
    clock = Clock()
    first, second = Limiter(clock), Limiter(clock)
    given = sum(limiter.count("read", "a").allowed for _ in range(30) for limiter in (first, second))
    assert given == 20


def test_counting_costs_a_few_writes_not_one_a_request(rates: dict[str, int]) -> None:
    rates["read"] = 1000
    limiter = Limiter(Clock())
    with CaptureQueriesContext(connection) as queries:
        for _ in range(1000):
            limiter.count("read", "a")
    # One more when it looks for counts of former hours to remove.
    assert len(queries) == SLICES + 1
    assert Allowance.objects.count() == 1


def test_neither_tokens_nor_addresses_are_kept_and_old_counts_go(rates: dict[str, int]) -> None:
    clock = Clock()
    Limiter(clock).count("read", "token Bearer secret")
    assert "secret" not in Allowance.objects.get().key
    clock.now += 7200
    Limiter(clock).count("read", "other")
    assert Allowance.objects.count() == 1


def test_a_caller_is_told_how_it_stands_and_when_to_come_again(caller: Client, rates: dict[str, int]) -> None:
    answer = caller.get(THING)
    assert (answer["RateLimit-Limit"], answer["RateLimit-Remaining"]) == ("20", "19")
    assert 0 < int(answer["RateLimit-Reset"]) <= 60
    for _ in range(19):
        assert caller.get(THING).status_code == 200
    refused = caller.get(THING)
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 60
    assert refused.json()["retry"] is True


def test_reading_writing_and_dear_requests_are_counted_apart(caller: Client, rates: dict[str, int]) -> None:
    assert [caller.post("/api/v1/dear").status_code for _ in range(2)] == [200, 429]
    puts = [caller.put(THING, "{}", content_type="application/json").status_code for _ in range(4)]
    assert puts == [422, 422, 422, 429]
    assert caller.get(THING).status_code == 200


def test_a_guesser_of_tokens_is_stopped_by_address(caller: Client, rates: dict[str, int]) -> None:
    def guess(number: int) -> int:
        return caller.get("/api/v1/guarded", headers={"authorization": f"Bearer guess{number}"}).status_code

    assert [guess(number) for number in range(4)] == [401, 401, 429, 429]
    assert caller.get(THING).status_code == 429
    assert caller.get(THING, REMOTE_ADDR="192.0.2.7").status_code == 200


def test_zero_means_no_limit(caller: Client, rates: dict[str, int]) -> None:
    rates["read"] = 0
    answers = [caller.get(THING) for _ in range(30)]
    assert {answer.status_code for answer in answers} == {200}
    assert "RateLimit-Limit" not in answers[0]


def test_each_token_and_each_address_has_an_allowance_of_its_own(caller: Client, rates: dict[str, int]) -> None:
    rates["read"] = 1
    assert caller.get(THING, headers={"authorization": "Bearer a"}).status_code == 200
    assert caller.get(THING, headers={"authorization": "Bearer a"}).status_code == 429
    assert caller.get(THING, headers={"authorization": "Bearer b"}).status_code == 200
    assert caller.get(THING).status_code == 200
    assert caller.get(THING, REMOTE_ADDR="192.0.2.7").status_code == 200
    assert caller.get(THING, REMOTE_ADDR="192.0.2.7").status_code == 429


@pytest.mark.parametrize(
    ("remote", "forwarded", "proxy", "expected"),
    [
        ("192.0.2.1", "203.0.113.9", False, "192.0.2.1"),
        ("127.0.0.1", "10.0.0.1, 203.0.113.9", True, "203.0.113.9"),
        ("127.0.0.1", "", True, "127.0.0.1"),
        ("127.0.0.1", "203.0.113.9, rubbish", True, "unknown"),
        ("2001:db8:1:2:3:4:5:6", "", False, "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "", False, "192.0.2.1"),
        ("", "", False, "unknown"),
    ],
)
def test_a_proxy_is_believed_only_where_there_is_one(
    settings: Any, remote: str, forwarded: str, proxy: bool, expected: str
) -> None:
    settings.BEHIND_PROXY = proxy
    request = RequestFactory().get("/", REMOTE_ADDR=remote, headers={"x-forwarded-for": forwarded})
    assert client_address(request) == expected
