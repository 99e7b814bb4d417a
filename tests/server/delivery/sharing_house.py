"""A bought product for tests of Delta Sharing: two versions of a table, an agreement in force, a key."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from server import market
from server.releases import hexagons, make_release


@dataclass
class Bought:
    """What a buyer has. `rows` are the product's own, by version: plain values, geometry as WKB."""

    supplier: market.Party
    buyer: market.Party
    listing: Any
    entitlement: Any
    key: Any
    token: str
    rows: list[list[dict[str, Any]]]

    @property
    def table(self) -> str:
        return f"{self.entitlement.share}.data.two_city_chargers"

    @property
    def address(self) -> str:
        """Of the table, below the site."""
        return f"/delta-sharing/shares/{self.entitlement.share}/schemas/data/tables/two_city_chargers"

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def changed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The next version: the first row is gone, the second has another figure, one is new."""
    kept = [dict(row) for row in rows[1:]]
    kept[0]["chargers"] += 1000
    return [*kept, {**kept[-1], "district": "shanghai new"}]


def make_folders(folder: Path) -> list[Path]:
    """Two releases of one product, as the builder leaves them; not to be changed."""
    rows = {"1.0.0": hexagons(), "1.1.0": changed(hexagons())}
    return [make_release(folder / version, version=version, rows=each) for version, each in rows.items()]


def make_bought(folders: list[Path], days: int = 30, **policy: Any) -> Bought:
    """Two versions on the list; the first bought with those that follow; a key with every scope."""
    from dataferry.server import journal
    from dataferry.server.delivery.actions.keys import issue_key
    from dataferry.server.delivery.models import Entitlement
    from dataferry.server.workshop.actions import register_release

    supplier, buyer = market.make_merchant("hong-kong", "supplier"), market.make_merchant("hong-kong", "buyer")
    listing = market.make_listed(supplier, register_release(folders[0]))
    offer = market.make_offer(listing, supplier.manager, later_releases=True, policy=policy)
    agreement = market.make_agreement(offer, buyer)
    market.sign_both(agreement, supplier, buyer)
    journal.catch_up()
    entitlement = Entitlement.objects.get(agreement=agreement)
    list_next(listing, supplier, register_release(folders[1]))
    key, token = issue_key(buyer.manager, entitlement, ["share", "files", "rows"], days)
    return Bought(supplier, buyer, listing, entitlement, key, token, [stored(hexagons()), stored(changed(hexagons()))])


def list_next(listing: Any, supplier: market.Party, release: Any) -> None:
    """The next release of a listing, as `update_release` leaves it."""
    from dataferry.server.exchange.models import ListingRelease
    from dataferry.server.journal import clock

    cleared = market.make_clearance(release, supplier.merchant)
    number = listing.releases.count() + 1
    ListingRelease.objects.create(
        listing=listing, version=number, release=release, clearance=cleared, since=clock.now()
    )


def stored(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    import shapely

    return [{**row, "geometry": shapely.to_wkb(row["geometry"])} for row in rows]
