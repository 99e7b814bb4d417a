"""Promise: of 200 buyers who order the last one at the same instant one gets it; money and numbers stand races too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from server.databases import python

RACING = str(Path(__file__).with_name("racing_orders.py"))


@pytest.mark.slow
def test_the_last_one_is_sold_once(migrated_house: dict[str, str]) -> None:
    said = json.loads(python(migrated_house, RACING).splitlines()[-1])
    assert said["ordered"] == {"done": 1, "server.exchange.sold_out": 199}
    assert (said["sold"], said["agreements"], said["offer"]) == (1, 1, "sold_out")
    assert said["signed"]["done"] == 2, "one signature a side"
    assert sum(said["signed"].values()) == 20
    assert set(said["signed"]) <= {"done", "server.exchange.signed_already", "server.journal.no_such_move"}
    assert said["confirmed"] == {"done": 10}, "the same message ten times is one payment"
    assert said["refunded"] == {"done": 3, "server.exchange.more_than_paid": 7}, "500 hold three times 150"
    assert said["left"] == 50
    assert said["billed"] == {"done": 40}, "each period twice is one invoice"
    assert said["numbers"] == list(range(1, 22)), "21 invoices, none missing, none twice"
    assert said["payments"] + said["transfers"] == 1, "one transfer is a payment or unmatched, never both"
    assert said["claimed"].pop("done") == (5 if said["payments"] else 1)
    assert set(said["claimed"]) <= {"server.exchange.reference_used", "server.exchange.transfer_known"}
    assert said["replayed"]
