"""Reading tables for pages: at most a few at once, and none that a visitor waits for too long.

The SQL engine works outside of Python's lock, in a thread; a page that does not get its answer in time is told so, and
the thread keeps its place until the engine is done, so that slow questions never pile up.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from functools import cache
from typing import TypeVar

from dataferry.messages import UnavailableError, speaking
from dataferry.server.display.languages import page_language

AT_ONCE = 2
WAIT_SECONDS = 5.0
ANSWER_SECONDS = 20.0

Answer = TypeVar("Answer")


@cache
def _places() -> tuple[ThreadPoolExecutor, threading.BoundedSemaphore]:
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="preview"), threading.BoundedSemaphore(AT_ONCE)


def in_time(work: Callable[[], Answer]) -> Answer:
    """What `work` answers. It must not use the database: it runs in another thread.

    Raises:
        UnavailableError: `server.catalogue.preview_busy`, all places are taken; `server.catalogue.preview_slow`.
    """
    threads, free = _places()
    if not free.acquire(timeout=WAIT_SECONDS):
        raise UnavailableError("server.catalogue.preview_busy", retry=True)
    language = page_language()

    def spoken() -> Answer:
        with speaking(language):
            return work()

    future = threads.submit(spoken)
    future.add_done_callback(lambda _done: free.release())
    try:
        return future.result(ANSWER_SECONDS)
    except TooSlow:
        raise UnavailableError("server.catalogue.preview_slow", retry=True, seconds=int(ANSWER_SECONDS)) from None
