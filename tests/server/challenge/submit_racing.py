"""A process in which two people of a team hand the same entry in at the same instant, on a house of its own."""

import json
import threading
from datetime import datetime
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402

from dataferry.server import journal  # noqa: E402
from dataferry.server.challenge import clock  # noqa: E402
from dataferry.server.challenge.actions import entries  # noqa: E402
from dataferry.server.challenge.models import Artefact, Submission  # noqa: E402
from server.challenge.editions import WHEN, make_edition, make_entry, make_team  # noqa: E402

AT = datetime.fromisoformat(WHEN["submission"])
clock.now = lambda: AT  # type: ignore[assignment]

team = make_team(make_edition(), people=2)
entry = make_entry(team, state="draft")
Artefact.objects.create(
    entry=entry, role="deck", language="en", file_name="deck.pdf", bytes=1, sha256="0" * 64, place="-", received_at=AT
)
ended: list[str] = []
gate = threading.Barrier(2)


def hand_in(person: Any) -> None:
    try:
        gate.wait()
        ended.append(f"version {entries.submit(person, entry).number}")
    finally:
        connection.close()


threads = [threading.Thread(target=hand_in, args=[person]) for person in team.people]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
entry.refresh_from_db()
events = journal.events(acts=["challenge.entry_submitted"])
print(
    json.dumps(
        {
            "ended": sorted(ended),
            "kept": list(Submission.objects.order_by("number").values_list("number", flat=True)),
            "seconds": len({row.submitted_at for row in Submission.objects.all()}),
            "told": [event.payload["number"] for event in events],
            "state": entry.state,
        }
    )
)
