"""Promise: programs of a person read their deliveries and what was used of them; nobody else's are there."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from django.test import Client

from server.delivery.house import bearer, body_of, deliver, sold
from server.market import make_merchant, make_release_row
from server.persons import make_person

pytestmark = pytest.mark.django_db


def caller(person: Any) -> Any:
    from dataferry.server.people.actions import issue_token

    _token, secret = issue_token(person, name="test", scopes=["read"], days=1)
    return lambda path: Client().get(f"/api/v1{path}", **bearer(secret))


def test_deliveries_of_both_sides_and_their_use(registered: Any) -> None:
    sale = deliver(registered)
    second = sold(sale.supplier, sale.listing, make_merchant("hong-kong", "buyer"))
    number = sale.entitlement.number
    _key, token = sale.key("rows")
    assert Client().get(f"/delivery/rows/{sale.entitlement.share}?limit=3", **bearer(token)).status_code == 200
    buyer, supplier, stranger = (caller(each) for each in (sale.buyer.manager, sale.supplier.manager, make_person()))
    assert [each["number"] for each in buyer("/deliveries").json()["items"]] == [number]
    mine = supplier("/deliveries?side=supplier&limit=1").json()
    assert [each["number"] for each in mine["items"]] == [second.entitlement.number]
    assert supplier(f"/deliveries?side=supplier&limit=1&cursor={mine['next']}").json()["items"][0]["number"] == number
    assert supplier("/deliveries").json()["items"] == []
    told = buyer(f"/deliveries/{number}").json()
    assert (told["doors"], told["versions"][0]["release"]) == (["share", "files", "rows"], "1.0.0")
    assert told["table"] == f"{sale.entitlement.share}.data.two_city_chargers"
    for ask in (buyer, supplier):
        used = ask(f"/deliveries/{number}/usage").json()
        assert (used["calls"], used["rows"], used["months"][0]["rows"], used["calls_today"]) == (1, 3, 3, 1)
    for path in (f"/deliveries/{number}", f"/deliveries/{number}/usage"):
        assert stranger(path).status_code == 404
        assert Client().get(f"/api/v1{path}").status_code == 401
        # A key of a delivery is no token of a person, and the other way round.
        assert Client().get(f"/api/v1{path}", **bearer(token)).status_code == 401
    assert buyer("/deliveries?side=both").status_code == 422


def test_a_persons_token_opens_no_door(home: Any) -> None:
    from dataferry.server.people.actions import issue_token

    sale = deliver(make_release_row())
    _token, secret = issue_token(sale.buyer.manager, name="test", scopes=["publish"], days=1)
    assert Client().get(f"/delivery/rows/{sale.entitlement.share}", **bearer(secret)).status_code == 401


def test_a_buyers_program_makes_keys_downloads_and_revokes(registered: Any) -> None:
    from dataferry.server.people.actions import issue_token

    sale = deliver(registered)
    path = f"/api/v1/deliveries/{sale.entitlement.number}"

    def call(person: Any, method: str, end: str, body: Any = None, scope: str = "write") -> Any:
        _token, secret = issue_token(person, name="test", scopes=[scope], days=1)
        text = json.dumps(body or {})
        return Client().generic(method, path + end, text, content_type="application/json", **bearer(secret))

    buying, supplying = sale.buyer.manager, sale.supplier.manager
    wanted = {"scopes": ["rows"], "days": 3, "label": "nightly"}
    assert call(buying, "POST", "/keys", wanted, "read").status_code == 403
    assert call(supplying, "POST", "/keys", wanted).status_code == 403
    assert call(make_person(), "POST", "/keys", wanted).status_code == 404
    answer = call(buying, "POST", "/keys", wanted)
    made, rows = answer.json(), f"/delivery/rows/{sale.entitlement.share}?limit=1"
    assert (answer.status_code, made["label"], "no-store" in answer["Cache-Control"]) == (201, "nightly", True)
    assert Client().get(rows, **bearer(made["token"])).status_code == 200
    listed = call(buying, "GET", "/keys", scope="read").json()["items"]
    assert [(each["id"], "token" in each) for each in listed] == [(made["id"], False)]
    assert made["token"] not in json.dumps(listed)
    assert call(supplying, "GET", "/keys").status_code == 403
    assert call(buying, "DELETE", f"/keys/{made['id']}").json()["revoked_at"]
    assert Client().get(rows, **bearer(made["token"])).status_code == 401
    assert call(buying, "DELETE", "/keys/99999999999999999999").status_code == 404

    # A file: as on the page, counted once however often it is asked for, and fetched by its address alone.
    assert call(supplying, "POST", "/downloads", {"format": "csv"}).status_code == 403
    for _again in range(2):
        told = call(buying, "POST", "/downloads", {"format": "csv"}, "read")
        assert told.status_code == 201
    file = told.json()
    content = body_of(Client().get(file["address"]))
    assert (hashlib.sha256(content).hexdigest(), len(content)) == (file["sha256"], file["bytes"])
    assert call(buying, "GET", "/usage").json()["calls"] == 2
    assert call(buying, "POST", "/downloads", {"format": "xlsx"}).status_code == 422
