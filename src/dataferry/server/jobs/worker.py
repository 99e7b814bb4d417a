"""A worker process: one job at a time from django-tasks' queue, a pulse beside it, and an end in bounded time."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import close_old_connections, connections
from django.db.utils import Error as DatabaseError
from django_tasks import DEFAULT_TASK_BACKEND_ALIAS
from django_tasks_db.management.commands.db_worker import Worker as Taker

from dataferry.server.jobs import running
from dataferry.server.jobs.processes import sign_on
from dataferry.server.jobs.pulse import HANDING_BACK, Pulse

logger = logging.getLogger(__name__)

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)


class OneTask(Taker):
    """django-tasks' worker, made to take one task and come back."""

    def __init__(self, name: str) -> None:
        super().__init__(
            queue_names=["*"],
            interval=0,
            batch=True,
            backend_name=DEFAULT_TASK_BACKEND_ALIAS,
            startup_delay=False,
            max_tasks=1,
            worker_id=name,
            excluded_queue_names=[],
        )
        self.took = False

    def run_task(self, db_task_result: Any) -> None:
        self.took = True
        super().run_task(db_task_result)


@dataclass
class Ending:
    """How a worker comes to its end: asked once, it lets its job finish for `grace` seconds, then hands it back."""

    grace: float
    over: bool = False
    heard: bool = False
    asked: threading.Event = field(default_factory=threading.Event)
    _again: threading.Event = field(default_factory=threading.Event)

    def ask(self) -> None:
        """From a signal. A second one ends the grace."""
        if self.asked.is_set():
            self._again.set()
        self.asked.set()

    def hear(self, *_: object) -> None:
        """From Python's own handler, in the main thread: no job is begun after this. It may hold no lock here."""
        self.heard = True

    def watch(self, pulse: Pulse) -> None:
        """Runs beside the job: the handler may be deep in a library, where Python's own handlers would wait for it."""
        self.asked.wait()
        if self.over:
            return
        self._again.wait(self.grace)
        pulse.hand_back_softly()
        time.sleep(HANDING_BACK)
        pulse.hand_back_and_end()


@contextlib.contextmanager
def _signals(ending: Ending) -> Iterator[None]:
    """Signals reach `ending` at once, through a pipe that the system writes to: the main thread may be busy."""
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    before = {number: signal.signal(number, ending.hear) for number in SIGNALS}
    old = signal.set_wakeup_fd(theirs, warn_on_full_buffer=False)

    def listen() -> None:
        while number := os.read(ours, 1):
            if number[0] in SIGNALS:
                ending.ask()

    listener = threading.Thread(target=listen, name="signals", daemon=True)
    listener.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(old)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(theirs)
        listener.join()
        os.close(ours)


def work(*, interval: float = 1.0, grace: float = 20.0, until_empty: bool = False) -> None:
    """Do jobs until a signal comes (or, `until_empty`, none is due).

    Args:
        interval: seconds between looks at an empty queue.
        grace: seconds that a running job has to finish after SIGTERM; then it is handed back.
        until_empty: end when there is nothing to do now.
    """
    ending = Ending(grace)
    with _signals(ending):
        worker = sign_on()
        running.named(worker.name)
        pulse = Pulse(worker)
        threading.Thread(target=ending.watch, args=(pulse,), name="ending", daemon=True).start()
        pulse.start()
        try:
            while not (ending.heard or ending.asked.is_set()):
                if not _take_one(worker.name):
                    if until_empty:
                        return
                    ending.asked.wait(interval)
        finally:
            if not ending.asked.is_set():
                ending.over = True
                ending.asked.set()
            pulse.stop()
            with contextlib.suppress(DatabaseError):
                worker.delete()
            connections.close_all()


def _take_one(name: str) -> bool:
    """Take one task. A database that is away for a while does not end the worker."""
    taker = OneTask(name)
    try:
        taker.run()
    except DatabaseError as error:
        logger.warning("worker %s (process %s): the database does not answer: %s", name, os.getpid(), error)
        close_old_connections()
    return taker.took
