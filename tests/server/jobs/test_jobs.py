"""A job's life: every move that is allowed and none that is not, told at its end, tried again after a known while."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from dataferry.messages import InputError, MissingError, RefusedError, UnavailableError
from dataferry.server import jobs
from dataferry.server.jobs import actions, queries, registry, sweeper
from dataferry.server.jobs.models import TRANSITIONS, Job, Worker
from dataferry.server.jobs.transport import run_job
from server.jobs.doing import Clock, fresh, raising

pytestmark = pytest.mark.django_db

State = Job.State
CODE = "server.jobs.pruning"


# The table of transitions


@pytest.mark.parametrize(("before", "after"), [*itertools.product(State.values, State.values)])
def test_only_the_moves_of_the_table_are_made(ask: Callable[..., Job], before: str, after: str) -> None:
    job = ask()
    Job.objects.update(state=before)
    if after in TRANSITIONS[before]:
        actions.move(job.pk, after)
        assert fresh(job).state == after
    else:
        with pytest.raises(RefusedError, match=str(job.pk)):
            actions.move(job.pk, after)
        assert fresh(job).state == before


@pytest.mark.parametrize("state", [state for state in State.values if state != State.QUEUED])
def test_a_job_that_does_not_wait_cannot_be_started(ask: Callable[..., Job], state: str) -> None:
    job = ask(lambda running: pytest.fail("done twice"))
    Job.objects.update(state=state)
    assert run_job.func(job.pk) == "not to be had"
    assert (fresh(job).state, job.attempts) == (state, 0)


@pytest.mark.parametrize("state", [State.DONE, State.FAILED, State.CANCELLED])
def test_what_has_ended_cannot_be_cancelled(ask: Callable[..., Job], state: str) -> None:
    job = ask()
    Job.objects.update(state=state)
    with pytest.raises(RefusedError, match="ended"):
        jobs.cancel(job.pk, 7)


@pytest.mark.parametrize("act", [jobs.retry, jobs.dismiss])
@pytest.mark.parametrize("state", [state for state in State.values if state != State.FAILED])
def test_only_failed_jobs_are_tried_again_or_dismissed(ask: Callable[..., Job], state: str, act: Any) -> None:
    job = ask()
    Job.objects.update(state=state)
    with pytest.raises(RefusedError, match="failed"):
        act(job.pk)
    assert fresh(job).state == state


def test_what_is_not_there_is_said_to_be_missing() -> None:
    for act in (lambda: jobs.cancel(99, None), lambda: jobs.retry(99), lambda: jobs.dismiss(99)):
        with pytest.raises(MissingError):
            act()
    assert run_job.func(99) == "not to be had"


# Asking


def test_a_job_is_asked_for_in_the_callers_transaction(ask: Callable[..., Job]) -> None:
    def change_that_fails() -> None:
        with transaction.atomic():
            ask()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_that_fails()
    assert not Job.objects.exists()
    assert not DBTaskResult.objects.exists()


def test_one_open_job_a_key_and_a_new_one_after_its_end(ask: Callable[..., Job]) -> None:
    first = ask(key="a")
    assert ask(key="a").pk == first.pk
    assert ask(key="b").pk != first.pk
    assert ask().pk != ask().pk
    run_job.func(first.pk)
    assert ask(key="a").pk != first.pk


def test_a_failed_job_is_not_tried_again_beside_a_newer_one_of_its_key(ask: Callable[..., Job]) -> None:
    first = ask(raising(ValueError()), key="a")
    run_job.func(first.pk)
    ask(key="a")
    with pytest.raises(RefusedError, match="again meanwhile"):
        jobs.retry(first.pk)
    assert fresh(first).state == State.FAILED


def test_a_kind_that_nobody_handles_is_a_fault_of_ours() -> None:
    with pytest.raises(ValueError, match=r"test\.unknown"):
        jobs.enqueue("test.unknown", subject="", payload={}, asked_by=None)


def test_the_database_keeps_one_open_job_a_key() -> None:
    row = {"kind": "a", "subject": "", "key": "k", "not_before": timezone.now(), "requested_at": timezone.now()}
    Job.objects.create(**row)
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.create(**row)
    Job.objects.create(**{**row, "state": State.DONE})


# Doing


def test_what_is_done_is_told_on_the_way_and_at_the_end(ask: Callable[..., Job], clock: Clock) -> None:
    seen = []

    def work(running: jobs.Running) -> dict[str, Any]:
        clock.later(timedelta(seconds=5))
        running.progress(CODE, 0.25, rows=3)
        running.progress(CODE, 0.5, rows=4)
        running.progress("server.jobs.pruned", 7, jobs=4)
        seen.append((fresh(job).step, job.share, job.lease_until))
        return {"rows": 4}

    job = ask(work)
    assert run_job.func(job.pk) == "done"
    lease = clock.now + timedelta(seconds=60)
    assert seen == [({"code": "server.jobs.pruned", "data": {"jobs": 4}}, 1.0, lease)]
    assert (fresh(job).state, job.share, job.result, job.lease_until, job.worker) == (
        State.DONE,
        1.0,
        {"rows": 4},
        None,
        "",
    )
    assert job.finished_at == clock.now


def test_a_word_a_second_is_written_and_each_new_step(ask: Callable[..., Job], monkeypatch: pytest.MonkeyPatch) -> None:
    from dataferry.server.jobs import running as room

    moments = iter([0.0, 10.0, 10.5, 10.9, 11.1])
    monkeypatch.setattr(room.time, "monotonic", lambda: next(moments))
    seen = []

    def work(running: jobs.Running) -> None:
        for code, rows in (("a.b", 1), ("a.b", 2), ("a.c", 3), ("a.c", 4)):
            running.progress(code, rows=rows)
            seen.append(fresh(job).step["data"]["rows"])

    job = ask(work)
    run_job.func(job.pk)
    assert seen == [1, 1, 3, 3]


def test_the_effect_and_the_end_are_one_transaction(ask: Callable[..., Job]) -> None:
    def work(running: jobs.Running) -> None:
        with running.finishing() as result:
            Worker.objects.create(name="effect", pid=1, started_at=timezone.now(), seen_at=timezone.now())
            result["made"] = "effect"
            raise ZeroDivisionError

    job = ask(work)
    assert run_job.func(job.pk) == "server.jobs.broke"
    assert not Worker.objects.exists()
    assert (fresh(job).state, job.result) == (State.FAILED, None)


def test_a_worker_that_lost_its_lease_can_change_nothing(ask: Callable[..., Job], clock: Clock) -> None:
    """The first attempt wakes up after a second one has begun: its words, effect and failure count for nothing."""
    refused = []

    def work(running: jobs.Running) -> None:
        if running.attempt == 2:
            return
        clock.later(timedelta(minutes=2))
        assert sweeper.sweep() == 1
        clock.later(timedelta(minutes=1))
        assert actions.start(job.pk) is not None
        for act in (lambda: running.progress(CODE), lambda: running.finishing().__enter__()):
            with pytest.raises(jobs.Stopped):
                act()
            refused.append(act)
        assert running.cancelled()
        assert not actions.renew(job.pk, 1)
        assert not actions.hand_back(job.pk, 1)
        raise InputError("tables.empty", file="late.csv")

    job = ask(work)
    assert run_job.func(job.pk) == "server.jobs.moved_on"
    assert len(refused) == 2
    assert (fresh(job).state, job.attempts) == (State.RUNNING, 2)
    assert job.error is None


def test_an_error_of_the_asker_is_told_at_once_and_is_no_fault_of_ours(ask: Callable[..., Job]) -> None:
    job = ask(raising(InputError("tables.empty", file="a\0\udc80.csv", share=float("nan"))))
    assert run_job.func(job.pk) == "tables.empty"
    assert (fresh(job).state, job.fault, job.attempts) == (State.FAILED, False, 1)
    assert job.error == {"code": "tables.empty", "data": {"file": "a\\x00\\udc80.csv", "share": "nan"}, "retry": False}
    assert queries.faults() == []


def test_a_fault_is_logged_and_told_without_its_details(
    ask: Callable[..., Job], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("dataferry"), "propagate", True)
    job = ask(raising(ZeroDivisionError("secret detail")))
    run_job.func(job.pk)
    assert (fresh(job).state, job.fault) == (State.FAILED, True)
    assert job.error["data"] == {"kind": "ZeroDivisionError"}
    assert "secret detail" in caplog.text
    assert [each.pk for each in queries.faults()] == [job.pk]
    jobs.dismiss(job.pk)
    assert queries.faults() == []


def test_what_may_pass_is_tried_again_after_a_known_while(ask: Callable[..., Job], clock: Clock) -> None:
    job = ask(raising(UnavailableError("server.jobs.lost", retry=True, attempts=0)), attempts=8)
    waits = []
    while run_job.func(job.pk) == "server.jobs.lost" and fresh(job).state == State.QUEUED:
        waits.append((job.not_before - clock.now).total_seconds())
        assert run_job.func(job.pk) == "not to be had", "too early"
        newest = DBTaskResult.objects.get(pk=job.task_id)
        assert newest.run_after == job.not_before
        clock.now = job.not_before
    assert waits == [5, 30, 120, 600, 1800, 7200, 7200]
    assert (job.state, job.attempts, job.fault) == (State.FAILED, 8, True)
    assert fresh(jobs.retry(job.pk)).state == State.QUEUED
    assert (fresh(job).most_attempts, job.attempts) == (16, 8)


def test_a_kind_of_a_newer_version_waits_for_a_worker_that_knows_it(ask: Callable[..., Job], clock: Clock) -> None:
    job = ask()
    registry._handlers.pop("test.job")
    run_job.func(job.pk)
    assert (fresh(job).state, job.error["code"]) == (State.QUEUED, "server.jobs.unknown_kind")
    jobs.handler("test.job")(lambda running: None)
    clock.now = job.not_before
    run_job.func(job.pk)
    assert (fresh(job).state, job.error) == (State.DONE, None)


# Cancelling


def test_a_waiting_job_is_cancelled_at_once_and_its_room_is_told(ask: Callable[..., Job]) -> None:
    told = []
    job = ask(lambda running: pytest.fail("done"), given_up=lambda job: told.append((job.pk, job.state)))
    assert jobs.cancel(job.pk, 7).state == State.CANCELLED
    assert told == [(job.pk, State.CANCELLED)]
    assert run_job.func(job.pk) == "not to be had"


def test_a_running_job_is_cancelled_at_its_next_word_and_not_tried_again(ask: Callable[..., Job]) -> None:
    def work(running: jobs.Running) -> None:
        assert jobs.cancel(running.job.pk, 7).state == State.RUNNING
        running.progress(CODE)
        pytest.fail("went on")

    job = ask(work)
    assert run_job.func(job.pk) == "cancelled"
    assert (fresh(job).state, job.finished_at is not None) == (State.CANCELLED, True)


@pytest.mark.parametrize(
    "ending",
    [
        lambda running: None,
        lambda running: running.finishing().__enter__(),
        raising(UnavailableError("server.jobs.lost", retry=True, attempts=1)),
        raising(InputError("tables.empty", file="a")),
        raising(ValueError()),
    ],
)
def test_a_cancelled_job_ends_cancelled_however_its_handler_ends(
    ask: Callable[..., Job], ending: registry.Work
) -> None:
    def work(running: jobs.Running) -> Any:
        jobs.cancel(running.job.pk, None)
        return ending(running)

    job = ask(work)
    run_job.func(job.pk)
    assert fresh(job).state == State.CANCELLED


def test_a_cancelled_job_whose_worker_is_gone_is_not_tried_again(ask: Callable[..., Job], clock: Clock) -> None:
    job = ask()
    actions.start(job.pk)
    jobs.cancel(job.pk, None)
    clock.later(timedelta(minutes=5))
    sweeper.sweep()
    assert fresh(job).state == State.CANCELLED


def test_what_follows_from_an_end_never_keeps_it_open(ask: Callable[..., Job]) -> None:
    def given_up(_job: Job) -> None:
        Job.objects.create(kind="x", subject="", not_before=timezone.now(), requested_at=timezone.now())
        raise ZeroDivisionError

    job = ask(raising(ValueError()), given_up=given_up)
    run_job.func(job.pk)
    assert fresh(job).state == State.FAILED
    assert Job.objects.count() == 1
