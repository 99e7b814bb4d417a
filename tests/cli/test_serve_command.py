"""`dataferry web` and `dataferry worker` start what a city asks for, and nothing on a database of another form."""

from __future__ import annotations

import itertools
import json
import signal
from typing import Any

import pytest

from dataferry.cli import serve


def test_the_web_server_takes_the_place_of_the_command(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataferry.server.portal import house

    done: list[Any] = []
    monkeypatch.setattr(serve, "_enter", lambda: done.append("entered"))
    monkeypatch.setattr(house, "collect_static_files", lambda: done.append("static"))
    monkeypatch.setattr(serve, "share_figures", lambda _home: done.append("figures"))
    monkeypatch.setattr(serve.os, "execv", lambda program, words: done.append(words))
    assert command("web", "--processes", 3, "--port", 8123, "--host", "192.0.2.1").code == 0
    words = done.pop()
    assert done == ["entered", "static", "figures"]
    options = dict(itertools.pairwise(words))
    wanted = {"--workers": "3", "--port": "8123", "--host": "192.0.2.1", "--interface": "wsgi"}
    assert wanted.items() <= options.items()
    assert int(options["--workers-kill-timeout"]) > 0


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["web", "worker"])
def test_a_database_that_waits_for_migrations_is_refused(
    command: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    monkeypatch.setattr(connection, "close", lambda: None)
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda *_: [("one", False)])
    ended = command(name)
    assert ended.code == 7
    assert "server.portal.check_migrations" in ended.err
    assert "Traceback" not in ended.err


def test_several_workers_are_kept_going_and_stopped_together(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    log: list[Any] = []

    class Child:
        def __init__(self, name: str, words: list[str]) -> None:
            self.name, self.words = name, words

        def start(self) -> None:
            log.append(("start", self.name, self.words[self.words.index("--grace") + 1]))

        def revive(self) -> None:
            log.append(("revive", self.name))
            if len(log) > 8:
                signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(serve, "_enter", lambda: None)
    monkeypatch.setattr(serve, "Child", Child)
    monkeypatch.setattr(serve, "stop", lambda children, patience: log.append(("stop", len(children), patience)))
    monkeypatch.setattr(serve.time, "sleep", lambda _seconds: None)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        assert command("worker", "--processes", 2, "--grace", 7).code == 0
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert log[:2] == [("start", "worker 0", "7.0"), ("start", "worker 1", "7.0")]
    assert log[-1] == ("stop", 2, 7 + serve.HANDING_BACK)
    assert ("revive", "worker 1") in log


def test_one_worker_works_in_the_process_of_the_command(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataferry.server.jobs import worker

    asked: list[Any] = []
    monkeypatch.setattr(serve, "_enter", lambda: None)
    monkeypatch.setattr(worker, "work", lambda **options: asked.append(options))
    assert command("worker", "--until-empty", "--grace", 3).code == 0
    assert json.loads(json.dumps(asked)) == [{"grace": 3.0, "until_empty": True}]
