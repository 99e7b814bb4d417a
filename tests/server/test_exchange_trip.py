"""Promise: a product of a city's data goes the whole way on the exchange, from its checks to a stranger's pandas.

Checked, cleared, registered, listed, agreed, paid, loaded, followed to its next version, revoked, settled; and the
journal alone tells every state of it.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dataferry.messages import RefusedError
from dataferry.server import journal
from server.delivery.test_real_clients import interpreters, obeyed, of_frame, ordered, told
from server.trip import NEXT, RAW, Trip

__all__ = ["interpreters"]
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def rows_of(release: Any) -> list[dict[str, Any]]:
    """The rows of a product; times as a data frame writes them."""
    import pyarrow.parquet as pq
    from django.conf import settings

    rows = pq.read_table(Path(settings.HOME) / release.folder / "data.parquet").to_pylist()
    return [{name: str(value) if isinstance(value, datetime) else value for name, value in row.items()} for row in rows]


@pytest.fixture
def trip(transactional_db: None, store: Path) -> Trip:
    return Trip.begin()


def test_the_whole_trip(
    trip: Trip,
    live_server: Any,
    tmp_path: Path,
    interpreters: dict[str, str],
    work: Any,
) -> None:
    raw_tracks_stay_where_they_are(trip)
    release = trip.release()
    registration = trip.noticed(release)
    with pytest.raises(RefusedError) as refused:
        trip.certified(registration)
    assert refused.value.code == "server.exchange.no_clearance", "no compliance, no certificate, no listing"
    decision = trip.decide(release)
    assert decision.outcome == "needs-human", "an aggregate by cell and hour goes to an officer"
    trip.signed(release)
    trip.cleared(release)
    listing = trip.listed(trip.certified(registration))
    agreement = trip.agreed(listing)
    assert agreement.state == "signed", "nothing is delivered before it is paid"
    payment = trip.paid(agreement)
    journal.catch_up()
    work()
    entitlement, profile = profile_of(trip, agreement, live_server, tmp_path)
    table = f"{entitlement.share}.data.{release.product.slug.replace('-', '_')}"
    python = interpreters["1.4.2"]
    loaded, addresses = obeyed(python, profile, [{"do": "load", "table": table}, {"do": "files", "table": table}])
    assert of_frame(loaded) == told(rows_of(release))
    the_next_version_is_seen(trip, listing, release, python, profile, table)
    revocation_reaches_the_next_byte(trip, entitlement, addresses["value"][0])
    shares_sum_to_the_cent(trip, payment, agreement)
    assert journal.replay(journal.events()).findings == []
    assert journal.verify().sound


def raw_tracks_stay_where_they_are(trip: Trip) -> None:
    """The Shanghai tracks are blocked with the right articles, whoever would like to sign something else."""
    from dataferry.server.compliance.actions.border import sign_decision

    release = trip.release(RAW)
    assert release.document["privacy"]["privacy_class"] == "sensitive-personal"
    decision = trip.decide(release)
    assert decision.outcome == "blocked"
    assert {"EV-01", "GEO-02"} <= {reason["rule"] for reason in decision.document["reasons"]}
    with pytest.raises(RefusedError):
        sign_decision(trip.officer, decision, "free", "Let it go.")
    with pytest.raises(RefusedError):
        trip.cleared(release)


def profile_of(trip: Trip, agreement: Any, live_server: Any, folder: Path) -> tuple[Any, Path]:
    from dataferry.formats.delta_sharing import Profile
    from dataferry.server.delivery.actions.keys import issue_key
    from dataferry.server.delivery.models import Entitlement

    entitlement = Entitlement.objects.get(agreement=agreement)
    key, token = issue_key(trip.buying, entitlement, ["share", "files"], 30)
    profile = folder / "bought.share"
    profile.write_text(Profile(f"{live_server.url}/delta-sharing", token, key.expires_at).to_text())
    return entitlement, profile


def the_next_version_is_seen(trip: Trip, listing: Any, release: Any, python: str, profile: Path, table: str) -> None:
    """A second release is decided and cleared like the first, and a buyer of later releases sees what changed."""
    from dataferry.server.exchange.actions import listings

    later = trip.release(release.product.slug, *NEXT)
    with pytest.raises(RefusedError):
        listings.update_release(trip.supplying, listing, later)
    trip.signed(later)
    trip.cleared(later)
    listings.update_release(trip.supplying, listing, later)
    version, loaded, changes = obeyed(
        python,
        profile,
        [
            {"do": "version", "table": table},
            {"do": "load", "table": table},
            {"do": "changes", "table": table, "options": {"starting_version": 1}},
        ],
    )
    assert version["value"] == 1
    assert of_frame(loaded) == told(rows_of(later))
    gone = {row["cell"] + str(row["hour"]) for row in rows_of(release)}
    gone -= {row["cell"] + str(row["hour"]) for row in rows_of(later)}
    frame = changes["value"]
    kinds = [row[frame["columns"].index("_change_type")] for row in frame["rows"]]
    assert gone
    assert ordered([[kind] for kind in kinds if kind == "delete"]) == [["delete"]] * len(gone)


def revocation_reaches_the_next_byte(trip: Trip, entitlement: Any, address: str) -> None:
    """The address that pandas just read from answers 403 to the next range, and both sides hold a signed notice."""
    from dataferry.server.delivery.actions import entitlements

    def range_of() -> int:
        asked = urllib.request.Request(address, headers={"Range": "bytes=0-99"})  # noqa: S310
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    assert range_of() == 206
    entitlements.revoke(trip.operator, entitlement, "The source was withdrawn.")
    assert range_of() == 403
    assert [notice.kind for notice in entitlement.notices.all()][-1] == "revoked"


def shares_sum_to_the_cent(trip: Trip, payment: Any, agreement: Any) -> None:
    from dataferry.server.exchange.actions.statements import make_statement
    from dataferry.server.journal import clock
    from dataferry.server.journal.numbers import BOTH_CITIES

    assert payment.amount == 100_001
    shares = list(payment.shares.all())
    assert sum(share.amount for share in shares) == 100_001
    assert {share.beneficiary for share in shares} >= {trip.supplier.reference, "Shanghai EV public data centre"}
    day = clock.now().astimezone(BOTH_CITIES).date()
    with clock.standing_at(clock.now() + timedelta(days=2)):
        statement = make_statement(trip.supplier, "HKD", day, day)
    own = sum(share.amount for share in shares if share.beneficiary == trip.supplier.reference)
    assert statement.document["totals"]["earned"] == own
