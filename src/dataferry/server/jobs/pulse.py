"""What a worker does on time, however long its job takes: renew the lease, say that it lives, tick, sweep."""

from __future__ import annotations

import logging
import os
import threading
import time

from django.conf import settings
from django.db import close_old_connections, connections
from django.db.utils import Error as DatabaseError
from django.utils import timezone

from dataferry.server.jobs import actions, running, schedule, sweeper
from dataferry.server.jobs.models import Worker

logger = logging.getLogger(__name__)

MOST_SECONDS = 10.0
BEATS_A_LEASE = 4
HANDING_BACK = 2.0
HUNG = 70


class Pulse:
    """A thread beside the main one, with a database connection of its own."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.every = min(MOST_SECONDS, settings.JOB_LEASE_SECONDS / BEATS_A_LEASE)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._beat_on, name="pulse", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """No beat after this."""
        self._end.set()
        self._thread.join()

    def _beat_on(self) -> None:
        while not self._end.is_set():
            try:
                close_old_connections()
                self.beat()
            except DatabaseError as error:
                # It may be away for a while, or busy; the lease is longer than some missed beats.
                logger.warning("worker %s: a beat was missed: %s", self.worker.name, error)
            except Exception:
                logger.exception("worker %s: a beat failed", self.worker.name)
            self._end.wait(self.every)
        connections.close_all()

    def beat(self) -> None:
        """One beat."""
        held = running.held()
        if held is not None:
            if time.monotonic() - held.began > held.longest:
                self._let_go_of_hung(held)
            actions.renew(held.job.pk, held.attempt)
        if not Worker.objects.filter(pk=self.worker.pk).update(seen_at=timezone.now()):
            # Its row went while the database or this machine was away.
            self.worker.seen_at = timezone.now()
            self.worker.save(force_insert=True)
        schedule.tick()
        sweeper.sweep()

    def _let_go_of_hung(self, held: running.Running) -> None:
        """A handler that does not come back cannot be stopped from outside: the process ends, the job is lost."""
        logger.error(
            "job %s (%s) runs for more than %.0f s: this worker ends", held.job.pk, held.job.kind, held.longest
        )
        _end_process(HUNG)

    def hand_back_softly(self) -> None:
        """From now on the handler is told to stop at its next word."""
        held = running.held()
        if held is not None:
            held.handing_back = True

    def hand_back_and_end(self) -> None:
        """The handler did not come back in time: give the job away and end the process under it."""
        held = running.held()
        try:
            if held is not None:
                actions.hand_back(held.job.pk, held.attempt)
            Worker.objects.filter(pk=self.worker.pk).delete()
        except DatabaseError as error:
            logger.warning("worker %s: its job could not be handed back: %s", self.worker.name, error)
        _end_process(0)


def _end_process(code: int) -> None:
    logging.shutdown()
    os._exit(code)
