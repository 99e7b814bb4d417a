"""A real worker process with jobs of the tests: `worker_process.py migrate | ask | work | tick ...`."""

import os
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "small_settings"
sys.path.insert(0, str(Path(__file__).parent))

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from dataferry.server import jobs  # noqa: E402
from dataferry.server.jobs import registry, schedule  # noqa: E402
from dataferry.server.jobs.worker import work  # noqa: E402

registry.BACK_OFF = (timedelta(0),)
PATIENCE = 60


def effect(running: jobs.Running, what: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO effects (job, attempt, what) VALUES (%s, %s, %s)", [running.job.pk, running.attempt, what]
        )


def say(name: str) -> None:
    (settings.HOME / name).touch()


def wait_for(name: str, running: jobs.Running | None = None) -> None:
    end = time.monotonic() + PATIENCE
    while not (settings.HOME / name).exists() and time.monotonic() < end:
        if running is not None and running.cancelled():
            raise jobs.Stopped
        time.sleep(0.01)


@jobs.handler("test.quick", attempts=3)
def quick(running: jobs.Running) -> None:
    with transaction.atomic():
        effect(running, "tried")
    with running.finishing():
        effect(running, "done")


@jobs.handler("test.waits", attempts=3)
def waits(running: jobs.Running) -> None:
    """Says that it began, and goes on when it may; asks now and then whether it is still wanted."""
    say(f"began-{running.attempt}")
    wait_for(f"go-{running.attempt}", running)
    with running.finishing():
        effect(running, "done")


@jobs.handler("test.deaf", attempts=3)
def deaf(running: jobs.Running) -> None:
    """A library call that never asks."""
    say(f"began-{running.attempt}")
    wait_for(f"go-{running.attempt}")
    with running.finishing():
        effect(running, "done")


@jobs.handler("test.dies_finishing", attempts=3)
def dies_finishing(running: jobs.Running) -> None:
    with running.finishing():
        effect(running, "done")
        if running.attempt == 1:
            os.kill(os.getpid(), signal.SIGKILL)


@jobs.handler("test.dies_always", attempts=2)
def dies_always(running: jobs.Running) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@jobs.handler("test.hangs", attempts=1, longest=timedelta(seconds=0))
def hangs(running: jobs.Running) -> None:
    wait_for("never")


def main(command: str, *arguments: str) -> None:
    if command == "migrate":
        call_command("migrate", interactive=False, verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE effects (job bigint, attempt int, what text)")
    elif command == "ask":
        for _ in range(int(arguments[1])):
            jobs.enqueue(arguments[0], subject="test", payload={}, asked_by=None)
    elif command == "cancel":
        jobs.cancel(int(arguments[0]), None)
    elif command == "work":
        work(interval=0.02, grace=float(arguments[0]), until_empty=arguments[1] == "until-empty")
    elif command == "tick":
        registry._rhythms.clear()
        for number in range(int(arguments[0])):
            jobs.scheduled(f"test.tick_{number}", every=timedelta(hours=1))(lambda running: None)
        wait_for("go")
        print(schedule.tick(datetime(2026, 1, 1, tzinfo=UTC)))


main(*sys.argv[1:])
