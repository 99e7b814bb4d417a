"""Fixtures of the tests of people: a mailbox, an administrator, empty counters."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache

from server.persons import PASSWORD, make_person


@pytest.fixture(autouse=True)
def _fresh_counters(settings: Any) -> None:
    """allauth counts tries in the cache, which outlives a test. Slow hashes of passwords are not what is tested."""
    cache.clear()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def administrator(db: None) -> Any:
    return make_person("root@example.org", "administrator")


@pytest.fixture
def member(db: None) -> Any:
    return make_person("member@example.org")


@pytest.fixture
def signed(client: Any, member: Any) -> Any:
    """A browser in which the member has just signed in with the password."""
    return sign_in(client, member.email)


def sign_in(client: Any, login: str, password: str = PASSWORD, **extra: Any) -> Any:
    client.post("/en/account/login/", {"login": login, "password": password}, **extra)
    return client


@pytest.fixture
def link_in(mailoutbox: list[Any]) -> Callable[[], str]:
    """The path of the link in the newest letter."""

    def find() -> str:
        found = re.search(r"https?://testserver(/\S+)", mailoutbox[-1].body)
        assert found, mailoutbox[-1].body
        return found[1]

    return find
