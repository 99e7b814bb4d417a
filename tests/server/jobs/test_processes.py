"""Real worker processes: killed, raced, asked to end. A job's effect happens once, and nothing runs for ever."""

from __future__ import annotations

import signal

import pytest

from dataferry.server.jobs.pulse import HUNG
from server.jobs.conftest import PATIENCE, Site

pytestmark = pytest.mark.slow


def test_a_job_killed_in_the_middle_is_done_by_the_next_worker_and_takes_effect_once(site: Site) -> None:
    site.run("ask", "test.waits", "1")
    first = site.worker()
    site.began(1)
    first.kill()
    first.wait()
    # The lease lasts a minute; a process of this machine that is gone need not be waited for.
    site.worker()
    site.began(2)
    site.go("go-1")
    site.go("go-2")
    site.until(lambda: site.jobs() == [("done", 2)])
    assert site.effects() == 1
    assert len(site.rows("SELECT * FROM jobs_worker")) == 1
    site.until(lambda: not site.rows("SELECT 1 FROM django_tasks_database_dbtaskresult WHERE status = 'RUNNING'"))


def test_a_worker_killed_between_effect_and_commit_leaves_no_effect_behind(site: Site) -> None:
    site.run("ask", "test.dies_finishing", "1")
    assert site.worker().wait(PATIENCE) == -signal.SIGKILL
    assert site.jobs() == [("running", 1)]
    assert site.effects() == 0
    site.worker()
    site.until(lambda: site.jobs() == [("done", 2)])
    assert site.effects() == 1


def test_a_job_that_kills_its_workers_is_given_up_with_a_reason(site: Site) -> None:
    site.run("ask", "test.dies_always", "1")
    for _ in range(2):
        assert site.worker().wait(PATIENCE) == -signal.SIGKILL
    site.worker()
    site.until(lambda: site.jobs("state, attempts, fault") in [[("failed", 2, 1)], [("failed", 2, True)]])
    assert "server.jobs.lost" in str(site.jobs("error"))


def test_workers_that_race_never_do_the_same_attempt_twice(site: Site) -> None:
    site.run("ask", "test.quick", "40")
    workers = [site.worker() for _ in range(3)]
    site.until(lambda: set(site.jobs()) == {("done", 1)})
    for worker in workers:
        worker.terminate()
        assert worker.wait(PATIENCE) == 0
    assert site.effects() == 40
    assert site.rows("SELECT count(*) FROM effects WHERE what = 'tried'") == [(40,)]
    assert site.rows("SELECT count(*) FROM jobs_worker") == [(0,)]


def test_a_silent_library_call_keeps_its_lease_and_is_done_once(site: Site) -> None:
    site.run("ask", "test.deaf", "1")
    site.worker(DATAFERRY_JOB_LEASE="1")
    site.began(1)
    (first,) = site.jobs("lease_until")
    site.until(lambda: site.jobs("lease_until")[0][0] > first[0])
    (second,) = site.jobs("lease_until")
    site.until(lambda: site.jobs("lease_until")[0][0] > second[0])
    assert site.jobs() == [("running", 1)]
    site.go("go-1")
    site.until(lambda: site.jobs() == [("done", 1)])
    assert site.effects() == 1


def test_a_worker_asked_to_end_finishes_its_job_when_that_is_soon_done(site: Site) -> None:
    site.run("ask", "test.deaf", "2")
    worker = site.worker(grace=PATIENCE)
    site.began(1)
    worker.terminate()
    site.go("go-1")
    assert worker.wait(PATIENCE) == 0
    assert site.jobs() == [("done", 1), ("queued", 0)]


@pytest.mark.parametrize("kind", ["test.waits", "test.deaf"])
def test_a_worker_asked_to_end_hands_a_long_job_back_and_no_try_is_counted(site: Site, kind: str) -> None:
    site.run("ask", kind, "1")
    worker = site.worker(grace=0)
    site.began(1)
    worker.terminate()
    assert worker.wait(PATIENCE) == 0
    assert site.jobs("state, attempts, most_attempts") == [("queued", 1, 4)]
    assert site.rows("SELECT count(*) FROM jobs_worker") == [(0,)]
    site.go("go-2")
    site.run("work", "20", "until-empty")
    assert site.jobs() == [("done", 2)]
    assert site.effects() == 1


def test_a_job_that_hangs_costs_its_worker_not_the_queue(site: Site) -> None:
    site.run("ask", "test.hangs", "1")
    assert site.worker(DATAFERRY_JOB_LEASE="1").wait(PATIENCE) == HUNG
    site.worker()
    site.until(lambda: site.jobs() == [("failed", 1)])


def test_a_running_job_is_cancelled_from_another_process(site: Site) -> None:
    site.run("ask", "test.waits", "1")
    site.worker()
    site.began(1)
    site.run("cancel", str(site.jobs("id")[0][0]))
    site.until(lambda: site.jobs() == [("cancelled", 1)])
    assert site.effects() == 0


def test_each_tick_of_the_schedule_is_had_by_one_of_several_workers(site: Site) -> None:
    workers = [site.start("tick", "25") for _ in range(3)]
    site.go("go")
    counts = [int(worker.communicate(timeout=PATIENCE)[0]) for worker in workers]
    assert sum(counts) == 25
    assert len(site.jobs()) == 25
