"""A process in which several people reach for the same registration or listing at the same instant."""

import collections
import json
import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402

from dataferry.messages import DataferryError  # noqa: E402
from dataferry.server import journal  # noqa: E402
from dataferry.server.exchange.actions import listings, objections, registrations, sheets  # noqa: E402
from dataferry.server.exchange.models import Certificate, Listing, Registration, SpecificationSheet  # noqa: E402
from dataferry.server.journal import clock  # noqa: E402
from dataferry.server.workshop.actions import register_release  # noqa: E402
from server.market import make_clearance, make_listing, make_merchant  # noqa: E402
from server.persons import make_person  # noqa: E402
from server.releases import make_release  # noqa: E402

RACERS = 8
RIGHTS = {"kinds": ["use"]}


def race(acts: list[Callable[[], Any]]) -> dict[str, int]:
    """All at once, each with a connection of its own; how often each outcome came."""
    outcomes: collections.Counter[str] = collections.Counter()
    start, lock = threading.Barrier(len(acts)), threading.Lock()

    def run(act: Callable[[], Any]) -> None:
        start.wait()
        try:
            act()
            outcome = "done"
        except DataferryError as error:
            outcome = error.code
        finally:
            connection.close()
        with lock:
            outcomes[outcome] += 1

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return dict(outcomes)


def main() -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with tempfile.TemporaryDirectory(dir=os.environ["DATAFERRY_HOME"]) as folder:
        release = register_release(make_release(Path(folder) / "release"))
    operator = make_person("", "exchange-operator")
    suppliers = [make_merchant("hong-kong", "supplier") for _ in range(RACERS)]
    entries = []
    for each in suppliers:
        entry = registrations.open_registration(each.manager, release, each.merchant, "public", RIGHTS)
        entries.append(registrations.submit(each.manager, entry))
    said: dict[str, Any] = {
        "noticed": race([lambda e=each: registrations.publish_notice(operator, e) for each in entries])
    }
    noticed = Registration.objects.get(state="notice")
    strangers = [make_person() for _ in range(RACERS)]
    said["objected"] = race(
        [lambda p=each: objections.file_objection(p, noticed, "other", "Mine.") for each in strangers]
    )
    filed = list(noticed.objections.all())
    said["decided"] = race(
        [lambda o=each: objections.decide_objection(operator, o, "dismissed", "Not shown.") for each in filed]
    )
    noticed.refresh_from_db()
    said["quiet"] = noticed.state
    with clock.standing_at(noticed.notice_until):
        supplier = next(each for each in suppliers if each.merchant.pk == noticed.supplier_id)
        make_clearance(release, supplier.merchant)
        registrations.certify(operator, noticed)
    draft = make_listing(supplier, release, operator, listed=False)
    listings.submit_listing(supplier.manager, draft)
    said["listed"] = race([lambda: listings.list_it(operator, draft)] * RACERS)
    fresh = Listing.objects.get(pk=draft.pk)
    said["sheets"] = race([lambda: sheets.make_sheet(Listing.objects.get(pk=draft.pk))] * RACERS)
    said["editions"] = list(SpecificationSheet.objects.values_list("edition", flat=True))
    said["releases"] = fresh.releases.count()
    said["certificates"] = Certificate.objects.filter(listing=fresh).count()
    said["replayed"] = journal.replay(journal.selected()).holds
    print(json.dumps(said))


main()
