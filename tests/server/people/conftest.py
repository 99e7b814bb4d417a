"""Fixtures of the tests of people: a mailbox and an administrator."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from server.persons import PASSWORD, make_person


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
