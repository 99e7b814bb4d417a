"""Processes on a house for the tests of backup: `fill RELEASE_DIR`, `write`, `look`.

python -m server.portal.house_at_work write
"""

import json
import sys
from itertools import count
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth.models import Group  # noqa: E402
from django.db import transaction  # noqa: E402
from django.test import Client  # noqa: E402

from dataferry.server import journal  # noqa: E402
from dataferry.server.workshop.actions import register_release  # noqa: E402
from dataferry.server.workshop.models import Release  # noqa: E402
from dataferry.tables import SnapshotStore  # noqa: E402


def fill(release: str) -> None:
    """A release, snapshots and an anchor."""
    register_release(Path(release))
    store = SnapshotStore(settings.STORE)
    store.put(b"a,b\n1,2\n", name="small.csv", media_type="text/csv")
    store.put(bytes(range(256)) * 40_000, name="large.bin", media_type="application/octet-stream")
    journal.make_anchor()
    with transaction.atomic():
        journal.append("system", "people.group_made", "group:first", {})


def write() -> None:
    """Changes with their events, until killed."""
    for n in count():
        with transaction.atomic():
            Group.objects.create(name=f"writer-{n}")
            journal.append("system", "people.group_made", f"group:writer-{n}", {"n": n})
        print(n, flush=True)


def look() -> None:
    """What stands there, as one line of JSON."""
    release = Release.objects.get()
    client = Client(headers={"host": "localhost"})
    groups = set(Group.objects.filter(name__startswith="writer").values_list("name", flat=True))
    said = {event.object.removeprefix("group:") for event in journal.events(acts=["people.group_made"])}
    page = client.get(f"/en/products/{release.product.slug}/{release.version}/")
    value = {
        "page": page.status_code,
        "whole": groups == said - {"first"},
        "written": len(groups),
        "sound": journal.verify().sound,
        "anchored": journal.verify().anchored,
        "snapshots": sorted(snapshot.name for snapshot in SnapshotStore(settings.STORE).list()),
    }
    print(json.dumps(value))


if __name__ == "__main__":
    {"fill": fill, "write": write, "look": look}[sys.argv[1]](*sys.argv[2:])
