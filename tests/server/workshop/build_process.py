"""A worker's process with one build: `build_process.py ask FOLDER | die MOMENT | work | tell | old`."""

import json
import os
import signal
import sys
from pathlib import Path

import django

django.setup()

from django.db import connection  # noqa: E402

from dataferry.server import jobs  # noqa: E402
from dataferry.server.jobs.models import Job  # noqa: E402
from dataferry.server.workshop import jobs as builds  # noqa: E402
from dataferry.server.workshop import queue, registering  # noqa: E402
from dataferry.server.workshop.models import Build, Product, Publication, Release  # noqa: E402


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


def old() -> None:
    """Rows as 0.1.0 left them, written while the tables still are its."""
    document = {"title": {"en": "Chargers 充電"}, "description": {}, "summary": {}, "evidence": {}}
    texts = [json.dumps(each) for each in (document, {"en": "T"}, {"code": "products.no_rows", "data": {}})]
    when = "2026-01-02 03:04:05+00:00"
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO workshop_product (id, slug, created_at) VALUES (1, 'chargers', %s)", [when])
        release = "INSERT INTO workshop_release (id, product_id, version, digest, folder, document, registered_at)"
        for number in (1, 2):
            values = [number, 1, f"{number}.0.0", f"sha256:{number}", f"releases/{number}", texts[0], when]
            cursor.execute(f"{release} VALUES (%s, %s, %s, %s, %s, %s, %s)", values)
        columns = (
            "id, slug, version, source, title, state, attempts, task_id, step, share, error, requested_at, release_id"
        )
        for number, state, error, made in (
            (1, "done", None, 1),
            (2, "failed", texts[2], None),
            (3, "queued", None, None),
            (4, "running", None, None),
        ):
            values = [
                number,
                "chargers",
                f"{number}.0.0",
                "/x",
                texts[1],
                state,
                1,
                "t",
                "reading",
                0.5,
                error,
                when,
                made,
            ]
            marks = ", ".join(["%s"] * len(values))
            cursor.execute(f"INSERT INTO workshop_build ({columns}) VALUES ({marks})", values)


def new() -> list[object]:
    """The same rows as this version sees them."""
    told = [(b.pk, b.state, b.attempts, b.job.key, (b.error or {}).get("code")) for b in Build.objects.order_by("pk")]
    product = Product.objects.get()
    return [told, Publication.objects.count(), product.newest_id, product.words.splitlines(), product.owner_id]


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
    elif command == "old":
        old()
    elif command == "new":
        print(json.dumps(new()))


main(*sys.argv[1:])
