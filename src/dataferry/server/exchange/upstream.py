"""Who a product's money is shared with: weights declared at listing, suggested from the release's lineage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from dataferry.messages import InputError
from dataferry.server.exchange.texts import clean
from dataferry.server.merchants.models import Merchant
from dataferry.server.workshop.models import Release

MOST_OWNERS, MOST_OWNER, MOST_WEIGHT = 50, 200, 1_000_000


def publishers_of(release: Release) -> Counter[str]:
    """Publishers of the release's inputs; for each, how many columns of the product draw on what it publishes.

    An input that only decides which rows there are counts once.
    """
    document = release.document
    by_input: dict[str, str] = {}
    for each in document.get("inputs") or []:
        by_input[str(each.get("name"))] = str(each.get("publisher") or each.get("name"))[:MOST_OWNER]
    drawn = {
        (str(origin.get("input")), str(column.get("column")))
        for column in (document.get("lineage") or {}).get("columns") or []
        for origin in column.get("from") or []
    }
    counted: Counter[str] = Counter()
    for name, publisher in by_input.items():
        counted[publisher] += max(1, sum(1 for source, _column in drawn if source == name))
    return counted


def suggested(release: Release, supplier: Merchant) -> list[dict[str, Any]]:
    """Half to the supplier for the work, half to the publishers by the columns that draw on them.

    A suggestion, not a rule: owners of open data ask for nothing, and the supplier declares what was agreed.
    """
    counted = publishers_of(release)
    whole = sum(counted.values()) or 1
    rows = [{"owner": supplier.number, "weight": whole}]
    rows += [{"owner": owner, "weight": weight} for owner, weight in sorted(counted.items())]
    return rows


def checked_shares(given: Any) -> list[dict[str, Any]]:
    """Declared weights as they are kept, in the order given.

    Raises:
        InputError: no owner, one named twice, a weight that is no positive integer, or too many of them.
    """
    rows = given if isinstance(given, list | tuple) else []
    if not rows:
        raise InputError("server.exchange.text_missing", field="shares")
    if len(rows) > MOST_OWNERS:
        raise InputError("server.exchange.too_many", field="shares", most=MOST_OWNERS)
    found: dict[str, int] = {}
    for row in rows:
        row = row if isinstance(row, Mapping) else {}
        owner = clean(row.get("owner"), "shares", MOST_OWNER, required=True)
        weight = row.get("weight")
        if isinstance(weight, bool) or not isinstance(weight, int) or not 0 < weight <= MOST_WEIGHT:
            raise InputError("server.exchange.bad_weight", owner=owner, most=MOST_WEIGHT)
        if owner in found:
            raise InputError("server.exchange.owner_twice", owner=owner)
        found[owner] = weight
    return [{"owner": owner, "weight": weight} for owner, weight in found.items()]
