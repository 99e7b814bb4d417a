"""A process in which deliveries are granted, revoked, fetched and billed at the same instant, on a house of its own.

Prints what came of it, as one line of JSON.
"""

import json
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from dataferry.messages import DataferryError  # noqa: E402
from dataferry.server import journal  # noqa: E402
from dataferry.server.delivery.actions import entitlements as acts  # noqa: E402
from dataferry.server.delivery.models import DeliveryNotice, Entitlement, FirstDelivery, MeterEvent, ServedTable  # noqa: E402
from server.delivery.house import Delivered, bearer, register  # noqa: E402
from server.market import make_agreement, make_listed, make_merchant, make_offer, sign_both  # noqa: E402


def at_once(*all_acts: Callable[[], Any]) -> dict[str, int]:
    """Run all at the same instant; how they ended."""
    ended: list[str] = []
    gate = threading.Barrier(len(all_acts))

    def run(act: Callable[[], Any]) -> None:
        try:
            gate.wait()
            ended.append(str(act() or "done"))
        except DataferryError as error:
            ended.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in all_acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return dict(sorted(Counter(ended).items()))


release = register(Path(settings.HOME) / "built")
supplier, buyer = make_merchant("hong-kong", "supplier"), make_merchant("hong-kong", "buyer")
listing = make_listed(supplier, release)
offer = make_offer(listing, supplier.manager, policy={"calls_a_day": 5})
agreement = sign_both(make_agreement(offer, buyer), supplier, buyer)
# News is heard after the commit; whoever else hears it at the same instant makes no second one.
granted = at_once(*[lambda: acts.grant(agreement) and "one"] * 4, *[lambda: journal.catch_up() and "heard"] * 2)
entitlement = Entitlement.objects.get()
sale = Delivered(supplier, buyer, listing, agreement, entitlement)
_key, token = sale.key("rows", "files")


def fetch(query: str, **headers: str) -> str:
    answer = Client(SERVER_NAME="localhost").get(
        f"/delivery/rows/{entitlement.share}?{query}", **bearer(token), **headers
    )
    # Being made by another: the client comes again, as it would.
    return fetch(query, **headers) if answer.status_code == 503 else str(answer.status_code)


same = at_once(*[lambda: fetch("limit=3")] * 8)
counted_same = MeterEvent.objects.count()
by_name = at_once(*[lambda: fetch("limit=4", HTTP_IDEMPOTENCY_KEY="job-7")] * 6)
counted_named = MeterEvent.objects.count() - counted_same
capped = at_once(*[lambda number=number: fetch(f"limit={number}") for number in range(10, 20)])
stopped = at_once(
    *[lambda: acts.revoke(supplier.manager, entitlement, "Not paid.") and "revoked"] * 2,
    *[lambda: acts.suspend(supplier.manager, entitlement, "Not paid.") and "suspended"] * 2,
    *[lambda: acts.bring_into_line(entitlement.pk) and "in line"] * 2,
)
print(
    json.dumps(
        {
            "granted": granted,
            "entitlements": Entitlement.objects.count(),
            "notices": dict(Counter(DeliveryNotice.objects.values_list("kind", flat=True))),
            "same": same,
            "counted_same": counted_same,
            "by_name": by_name,
            "counted_named": counted_named,
            "capped": capped,
            "events": MeterEvent.objects.count(),
            "served": ServedTable.objects.count(),
            "first": FirstDelivery.objects.count(),
            "state": Entitlement.objects.get().state,
            "stopped": stopped,
            "replay": journal.replay(journal.selected()).holds,
        }
    )
)
