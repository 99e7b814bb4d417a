"""Shared by the tests of letters: persons, a mail server that answers as told, jobs done at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from server.persons import make_person

TEXTS = {"en": "Your result", "zh-Hant": "你的結果", "zh-Hans": "你的结果"}
BODIES = {
    "en": "Dear team,\n\nyou won.",
    "zh-Hant": "親愛的隊伍：\n\n你們獲獎了。",
    "zh-Hans": "亲爱的队伍：\n\n你们获奖了。",
}


class MailServer:
    """Takes letters, unless `answers` holds what goes wrong with the next ones (None: nothing)."""

    def __init__(self) -> None:
        self.taken: list[Any] = []
        self.answers: list[BaseException | None] = []
        self.opened = 0

    def take(self, message: Any) -> None:
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        # What would be sent is written out, so that nothing unsendable counts as sent.
        message.message().as_bytes()
        self.taken.append(message)

    @property
    def addresses(self) -> list[str]:
        return [message.to[0] for message in self.taken]


SERVER = MailServer()


class Backend:
    """The mail back end of the tests."""

    def __init__(self, **_options: Any) -> None:
        self.server = SERVER

    def open(self) -> None:
        self.server.opened += 1

    def close(self) -> None:
        pass

    def send_messages(self, messages: list[Any]) -> int:
        for message in messages:
            self.server.take(message)
        return len(messages)


@pytest.fixture
def mail(settings: Any) -> Iterator[MailServer]:
    settings.EMAIL_BACKEND = "server.letters.conftest.Backend"
    settings.DEFAULT_FROM_EMAIL = "Dataferry <noreply@ferry.example>"
    SERVER.__init__()  # type: ignore[misc]
    yield SERVER
    SERVER.__init__()  # type: ignore[misc]


@pytest.fixture(autouse=True)
def _home_and_no_waits(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataferry.server.jobs import registry
    from dataferry.server.letters import actions, jobs

    monkeypatch.setattr(registry, "BACK_OFF", (timedelta(0),))
    monkeypatch.setattr(actions, "MARKING_WAITS", (0.0, 0.0, 0.0))
    monkeypatch.setattr(jobs, "SECOND_TRY", timedelta(0))


@pytest.fixture
def work() -> Callable[..., int]:
    """Does every job that is due, once each round, for so many rounds at most."""
    from django.utils import timezone

    from dataferry.server import jobs

    def done(rounds: int = 60) -> int:
        count = 0
        for _ in range(rounds):
            due = jobs.Job.objects.filter(state="queued", not_before__lte=timezone.now()).order_by("pk")
            numbers = list(due.values_list("pk", flat=True))
            if not numbers:
                break
            for number in numbers:
                jobs.run(number)
                count += 1
        return count

    return done


@pytest.fixture
def reader(db: None) -> Any:
    """Somebody who chose Traditional Chinese."""
    user = make_person("reader@example.org")
    user.profile.language = "zh-hant"
    user.profile.save()
    return user
