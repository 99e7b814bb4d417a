"""A process in which windows and people write the same sheet at the same instant, on a house of its own. Prints JSON.

Two threads of a test share one connection to an embedded database in memory; here each has its own, as on a server.
"""

import json
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402

from dataferry.messages import DataferryError  # noqa: E402
from dataferry.server import journal  # noqa: E402
from dataferry.server.challenge import clock  # noqa: E402
from dataferry.server.challenge.actions import judges, scoring  # noqa: E402
from dataferry.server.challenge.models import ScoreSheet, SheetRevision  # noqa: E402
from server.challenge.editions import WHEN, make_edition  # noqa: E402
from server.challenge.judging_house import FIRST, JudgedRound, score  # noqa: E402

clock.now = lambda: datetime.fromisoformat(WHEN["screening"])  # type: ignore[assignment]


def at_once(*acts: Callable[[], Any]) -> list[str]:
    """Run all at the same instant; what each answered, or the code of its refusal."""
    answers, gate = [], threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> None:
        try:
            gate.wait()
            answers.append(str(act()))
        except DataferryError as error:
            answers.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(answers)


house = JudgedRound(make_edition()).assigned()
first, second, third = house.sheets[:3]
user = first.judge.user


def save(data: str, revision: int) -> str:
    return str(scoring.save_sheet(user, first, revision, {"data": data}).scores["data"])


saved = at_once(*(lambda data=data: save(data, 1) for data in ("10", "20", "30", "40")))
row = ScoreSheet.objects.get(pk=first.pk)
kept = {"revision": row.revision, "data": row.scores["data"]}

whole = score(second)
judge = whole.judge.user
other = {**FIRST, "data": "1"}
mixed = at_once(
    lambda: f"signed {scoring.sign_sheet(judge, whole, whole.revision).scores['data']}",
    lambda: f"saved {scoring.save_sheet(judge, whole, whole.revision, other).scores['data']}",
)
after = ScoreSheet.objects.get(pk=second.pk)

ready = score(third)
signed = at_once(*([lambda: scoring.sign_sheet(ready.judge.user, ready).number] * 3))
team, seat = house.sheets[-1].entry.team, house.sheets[-1].judge
at_once(*([lambda: judges.declare_conflict(house.organiser, seat, team, "organiser", "Kin.").pk] * 3))
print(
    json.dumps(
        {
            "saved": saved,
            "kept": kept,
            "mixed": mixed,
            "after": [after.state, after.scores["data"]],
            "revisions": [each.scores["data"] for each in SheetRevision.objects.filter(sheet=second)],
            "signed": signed,
            "events": sum(event.object == f"sheet:{third.pk}" for event in journal.events()),
            "conflicts": seat.conflicts.filter(team=team, withdrawn_at=None).count(),
        }
    )
)
