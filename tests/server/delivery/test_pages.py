"""Promise: everybody finds their side of a delivery, strangers find nothing, and a token is on one page alone."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dataferry.formats.delta_sharing import Profile
from dataferry.server.delivery.models import AccessKey, DeliveryNotice
from dataferry.server.journal.models import Event
from dataferry.server.people.personal_data import export_all
from dataferry.server.portal.logs import JsonLines
from server.delivery.house import Delivered, bearer, body_of, deliver, sold
from server.market import make_merchant, make_release_row
from server.persons import make_person

pytestmark = pytest.mark.django_db
BACKEND = "dataferry.server.people.backends.NameOrEmail"


def as_person(person: Any) -> Client:
    client = Client()
    client.force_login(person, backend=BACKEND)
    return client


def token_on(answer: Any) -> str:
    return answer.content.decode().split('id="token">')[1].split("<")[0]


def test_the_way_of_a_buyer(registered: Any, caplog: pytest.LogCaptureFixture) -> None:
    sale = deliver(registered, policy={"columns": ["city", "district"], "calls_a_day": 9})
    buyer, number = as_person(sale.buyer.manager), sale.entitlement.number
    assert number in buyer.get("/en/delivery/").content.decode()
    here = f"/zh-hant/delivery/{number}/"
    assert buyer.get(here).status_code == 200
    logged = logging.getLogger("dataferry.access")
    logged.addHandler(caplog.handler)
    try:
        with caplog.at_level(logging.INFO):
            made = buyer.post(here, {"label": "Notebook", "scopes": ["share", "files"], "days": "30"})
            token = token_on(made)
            profile = buyer.post(f"{here}profile", {"token": token})
            fetched = Client().get(f"/delivery/download/{sale.entitlement.share}.csv", **bearer(token))
            assert body_of(Client().get(fetched["Location"])).startswith(b'"city","district"')
    finally:
        logged.removeHandler(caplog.handler)
    read = Profile.parse(profile.content)
    assert (read.bearer_token, read.endpoint) == (token, "http://testserver/delta-sharing")
    assert profile["Content-Disposition"].endswith(f'"{sale.entitlement.share}.share"')
    signature = fetched["Location"].partition("=")[2]
    # What the access log would write, in its own form, and what else was said on the way.
    lines = [JsonLines().format(record) for record in caplog.records]
    assert any("/delivery/files/" in line for line in lines)
    assert not [line for line in lines if token in line or signature in line]
    everything = json.dumps([list(AccessKey.objects.values()), list(Event.objects.values())], default=str)
    assert token not in everything
    assert token not in buyer.get(here).content.decode()
    assert buyer.post(f"{here}profile", {"token": "dfs_" + "x" * 43}).status_code == 422
    usage = buyer.get(f"/en/delivery/{number}/usage/").content.decode()
    assert "1 / 9" in usage
    assert "Calls a day in the last 31 days: at most 1." in usage
    assert as_person(sale.supplier.manager).get(f"/en/delivery/{number}/usage/").status_code == 200
    sent = buyer.post(f"{here}download/parquet")
    assert (sent.status_code, sent["Location"].startswith("/delivery/files/")) == (302, True)
    key = AccessKey.objects.get()
    rotated = buyer.post(f"{here}keys/{key.pk}/rotate")
    assert token_on(rotated) != token
    assert buyer.post(f"{here}keys/{key.pk}/revoke").status_code == 302
    assert Client().get(fetched["Location"]).status_code == 403
    notice = DeliveryNotice.objects.get()
    assert buyer.get(f"{here}notices/{notice.pk}.json").json()["credentialSubject"]["act"] == "granted"


def test_logs_hide_signatures_and_tokens() -> None:
    said = "GET /delivery/files/1-1-t1-0-9/a.parquet?X-Amz-Signature=abcdef0123 by dfs_" + "k" * 43
    line = JsonLines().format(logging.LogRecord("x", logging.INFO, "", 0, said, None, None))
    assert "abcdef0123" not in line
    assert "kkkk" not in line


def test_who_finds_what(home: Any) -> None:
    sale = deliver(make_release_row())
    number = sale.entitlement.number
    operator, elsewhere = (make_person("", "exchange-operator", city=city) for city in ("hong-kong", "shanghai"))
    stranger, officer = make_person(), make_person("", "compliance-officer")
    pages = [f"/en/delivery/{number}/", f"/en/delivery/{number}/usage/"]
    for person, status in (
        (sale.buyer.manager, 200),
        (sale.supplier.manager, 200),
        (operator, 200),
        (elsewhere, 404),
        (stranger, 404),
        (officer, 404),
    ):
        assert [as_person(person).get(page).status_code for page in pages] == [status] * 2
    assert Client().get(pages[0]).status_code == 302
    for person, status in ((operator, 200), (elsewhere, 200), (sale.buyer.manager, 403), (stranger, 403)):
        assert as_person(person).get("/en/delivery/desk/").status_code == status
    assert number in as_person(operator).get(f"/en/delivery/desk/?q={number}&state=granted").content.decode()
    assert number not in as_person(operator).get("/en/delivery/desk/?state=revoked").content.decode()
    assert number not in as_person(elsewhere).get("/en/delivery/desk/").content.decode()
    # Only the buyer makes keys and downloads; only the others stop.
    for person in (sale.supplier.manager, operator):
        assert as_person(person).post(pages[0], {"scopes": ["rows"], "days": "9"}).status_code == 422
        assert as_person(person).post(f"{pages[0]}download/csv").status_code == 403
    assert AccessKey.objects.count() == 0
    as_person(sale.buyer.manager).post(f"{pages[0]}stop", {"do": "revoke", "reason": "No."})
    assert sale.again().state == "granted"
    as_person(operator).post(f"{pages[0]}stop", {"do": "suspend", "reason": "A complaint <b>is</b> examined."})
    assert sale.again().state == "suspended"
    shown = as_person(sale.buyer.manager).get(pages[0]).content.decode()
    assert "A complaint &lt;b&gt;is&lt;/b&gt; examined." in shown
    as_person(operator).post(f"{pages[0]}stop", {"do": "resume"})
    as_person(operator).post(f"{pages[0]}stop", {"do": "something"})
    assert sale.again().state == "granted"


def test_queries_do_not_grow_with_rows(home: Any) -> None:
    sale = deliver(make_release_row())
    operator = make_person("", "exchange-operator")

    def counted() -> list[int]:
        counts = []
        for person, page in (
            (sale.buyer.manager, "/en/delivery/"),
            (sale.supplier.manager, "/en/delivery/"),
            (operator, "/en/delivery/desk/"),
            (sale.buyer.manager, f"/en/delivery/{sale.entitlement.number}/"),
        ):
            client = as_person(person)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(page).status_code == 200
            counts.append(len(queries))
        return counts

    few = counted()
    for _ in range(3):
        sold(sale.supplier, sale.listing, make_merchant("hong-kong", "buyer"))
    sale.key("rows")
    sale.key("rows")
    assert counted() == few


def test_a_persons_keys_are_theirs_to_read_and_forgotten_with_them(home: Any) -> None:
    sale: Delivered = deliver(make_release_row())
    key, token = sale.key("rows")
    AccessKey.objects.filter(pk=key.pk).update(label="Ms Chan's laptop")
    told = export_all(sale.buyer.manager)["rooms"]["delivery"]
    assert told["access_keys"][0]["label"] == "Ms Chan's laptop"
    assert token not in json.dumps(told)
    from dataferry.server.delivery.personal_data import erase

    erase(sale.buyer.manager)
    key.refresh_from_db()
    assert (key.issued_by, key.label) == (None, "")
