"""What is lost is found, what is due is run once, what is old goes, and the queue can be counted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from dataferry.server import jobs
from dataferry.server.jobs import actions, housekeeping, queries, registry, schedule, sweeper
from dataferry.server.jobs.json_values import as_json
from dataferry.server.jobs.models import Job, Schedule, Worker
from dataferry.server.jobs.transport import run_job
from server.jobs.doing import Clock, fresh, raising

pytestmark = pytest.mark.django_db

State = Job.State


# Sweeping


def test_lost_jobs_are_put_back_with_a_wait_then_given_up(ask: Callable[..., Job], clock: Clock) -> None:
    job = ask(attempts=2)
    for attempt in (1, 2):
        assert actions.start(job.pk) is not None
        assert sweeper.sweep() == 0, "its lease still runs"
        task = fresh(job).task_id
        DBTaskResult.objects.filter(pk=task).update(status="RUNNING")
        clock.later(timedelta(seconds=61))
        assert sweeper.sweep() == 1
        assert DBTaskResult.objects.get(pk=task).status == "FAILED"
        if attempt == 1:
            assert (fresh(job).state, job.not_before - clock.now) == (State.QUEUED, timedelta(seconds=5))
            clock.now = job.not_before
    assert (fresh(job).state, job.error["code"], job.fault) == (State.FAILED, "server.jobs.lost", True)
    assert sweeper.sweep() == 0


def test_a_message_lost_on_the_way_is_sent_again_once(ask: Callable[..., Job], clock: Clock) -> None:
    job = ask()
    DBTaskResult.objects.update(status="RUNNING")
    sweeper.sweep()
    assert DBTaskResult.objects.count() == 1, "it may only be late"
    clock.later(timedelta(minutes=1))
    sweeper.sweep()
    sweeper.sweep()
    assert DBTaskResult.objects.filter(status="READY").count() == 1
    assert str(DBTaskResult.objects.get(status="READY").pk) == fresh(job).task_id


def test_a_worker_of_another_machine_is_only_judged_by_its_lease(ask: Callable[..., Job], clock: Clock) -> None:
    now = clock.now
    Worker.objects.create(name="w", place="elsewhere", pid=1, born="1", started_at=now, seen_at=now)
    job = ask()
    actions.start(job.pk, "w")
    assert sweeper.sweep() == 0
    assert [each.alive for each in queries.workers()] == [True]
    clock.later(timedelta(minutes=2))
    assert [each.alive for each in queries.workers()] == [False]
    assert sweeper.sweep() == 1
    clock.later(timedelta(days=2))
    sweeper.sweep()
    assert not Worker.objects.exists()


# The schedule


def test_a_scheduled_job_runs_once_a_tick_and_once_after_a_long_silence(kinds: Any, clock: Clock) -> None:
    registry._rhythms.clear()
    jobs.scheduled("test.hourly", every=timedelta(hours=1))(lambda running: None)
    begin = clock.now

    def ran() -> int:
        """Tick, and do what was asked for."""
        asked = schedule.tick()
        assert schedule.tick() == 0, "the tick is taken"
        for job in Job.objects.filter(state=State.QUEUED):
            run_job.func(job.pk)
        return asked

    assert ran() == 1
    clock.later(timedelta(minutes=59))
    assert ran() == 0
    clock.later(timedelta(minutes=1))
    assert ran() == 1
    clock.later(timedelta(hours=5, minutes=30))
    assert ran() == 1, "what was missed runs once"
    assert Schedule.objects.get().next_run == begin + timedelta(hours=7), "the grid is kept"
    assert Job.objects.filter(state=State.DONE).count() == 3


def test_a_run_that_has_not_ended_is_not_started_again_beside_itself(kinds: Any, clock: Clock) -> None:
    registry._rhythms.clear()
    jobs.scheduled("test.slow", every=timedelta(minutes=1))(lambda running: None)
    for _ in range(3):
        assert schedule.tick() == 1
        clock.later(timedelta(minutes=1))
    assert Job.objects.count() == 1


def test_a_daily_job_waits_for_its_time_of_day_in_the_sites_zone(kinds: Any, clock: Clock) -> None:
    registry._rhythms.clear()
    jobs.scheduled("test.daily", at=time(3, 40))(lambda running: None)
    zone = timezone.get_default_timezone()
    clock.now = datetime(2026, 3, 1, 12, 0, tzinfo=zone)
    assert schedule.tick() == 0
    assert timezone.localtime(Schedule.objects.get().next_run) == datetime(2026, 3, 2, 3, 40, tzinfo=zone)
    clock.now = datetime(2026, 3, 2, 3, 40, tzinfo=zone)
    assert schedule.tick() == 1
    clock.later(-timedelta(seconds=20))
    assert schedule.tick() == 0, "a machine whose clock is behind does not run it twice"
    assert timezone.localtime(Schedule.objects.get().next_run).day == 3


def test_a_rhythm_that_became_quicker_holds_at_once(kinds: Any, clock: Clock) -> None:
    registry._rhythms.clear()
    Schedule.objects.create(name="test.now_hourly", next_run=clock.now + timedelta(days=20))
    jobs.scheduled("test.now_hourly", every=timedelta(hours=1))(lambda running: None)
    schedule.tick()
    assert Schedule.objects.get().next_run == clock.now + timedelta(hours=1)


@pytest.mark.parametrize("rhythm", [{}, {"every": timedelta(1), "at": time()}, {"every": timedelta()}])
def test_a_schedule_has_one_rhythm(rhythm: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"test\.never"):
        jobs.scheduled("test.never", **rhythm)


# Housekeeping and figures


def test_old_jobs_go_and_faults_that_nobody_saw_stay_longer(ask: Callable[..., Job], clock: Clock) -> None:
    assert registry.rhythms()["jobs.prune"].at == time(3, 40)
    done, seen, unseen, waits = ask(), ask(raising(ValueError())), ask(), ask()
    Job.objects.filter(pk=done.pk).update(state=State.DONE, finished_at=clock.now)
    Job.objects.filter(pk__in=[seen.pk, unseen.pk]).update(state=State.FAILED, fault=True, finished_at=clock.now)
    jobs.dismiss(seen.pk)
    DBTaskResult.objects.filter(pk=done.task_id).update(status="SUCCESSFUL", finished_at=clock.now)

    def prune() -> set[int]:
        job = jobs.enqueue("jobs.prune", subject="", payload={}, asked_by=None)
        assert run_job.func(job.pk) == "done"
        fresh(job).delete()
        return set(Job.objects.values_list("pk", flat=True))

    assert prune() == {done.pk, seen.pk, unseen.pk, waits.pk}
    clock.later(timedelta(days=31))
    assert prune() == {unseen.pk, waits.pk}
    assert not DBTaskResult.objects.filter(status="SUCCESSFUL").exists()
    clock.later(timedelta(days=301))
    assert prune() == {waits.pk}
    assert housekeeping.BATCH > 1


def test_the_queue_is_counted_and_each_knows_its_place(ask: Callable[..., Job], clock: Clock) -> None:
    first, second, third = ask(), ask(), ask()
    clock.later(timedelta(seconds=1))
    late = ask()
    Job.objects.filter(pk=late.pk).update(not_before=clock.now + timedelta(minutes=1))
    actions.start(first.pk)
    assert [queries.place_in_queue(fresh(job)) for job in (first, second, third, late)] == [0, 1, 2, 0]
    depth = queries.depth()
    assert (depth.due, depth.later, depth.running, depth.oldest) == (2, 1, 1, second.not_before)
    assert [job.pk for job in queries.history(before=third.pk)] == [second.pk, first.pk]
    assert queries.asked_by(7).count() == 4


def test_values_of_all_kinds_become_json() -> None:
    value = {"a": {1}, 2: (float("inf"), b"x"), "\0": "y" * 3000}
    assert as_json(value) == {"a": [1], "2": ["inf", "b'x'"], "\\x00": "y" * 1999 + "…"}
    assert as_json(value, None)["\\x00"] == "y" * 3000
