"""A worker's process with one build: `build_process.py ask FOLDER | die MOMENT | work | tell`."""

import json
import os
import signal
import sys
from pathlib import Path

import django

django.setup()

from dataferry.server import jobs  # noqa: E402
from dataferry.server.jobs.models import Job  # noqa: E402
from dataferry.server.workshop import jobs as builds  # noqa: E402
from dataferry.server.workshop import queue, registering  # noqa: E402
from dataferry.server.workshop.models import Publication, Release  # noqa: E402


def kill_after(module: object, name: str) -> None:
    """From now on this process ends hard when the named function has done its work."""
    real = getattr(module, name)

    def last(*arguments: object) -> None:
        real(*arguments)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(module, name, last)


def work() -> None:
    Job.objects.filter(state="running").update(lease_until="2000-01-01T00:00:00Z")
    jobs.sweep()
    Job.objects.update(not_before="2000-01-01T00:00:00Z")
    jobs.run(Job.objects.get(kind="workshop.build_product").pk)


def main(command: str, *arguments: str) -> None:
    if command == "ask":
        queue.request_build("sample-product", "0.1.0", Path(arguments[0]), {})
    elif command == "die":
        kill_after(*{"placed": (registering, "place"), "recorded": (builds, "finish_build")}[arguments[0]])
        work()
    elif command == "work":
        work()
    elif command == "tell":
        job = Job.objects.get(kind="workshop.build_product")
        print(json.dumps([[job.state, job.attempts], Release.objects.count(), Publication.objects.count()]))


main(*sys.argv[1:])
