"""Promise: a file leaves only as the contract cuts it, to whom it was granted, and stops when that ends."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import Any

import geopandas
import pyarrow.parquet as pq
import pytest
from django.test import Client

from dataferry.messages import RefusedError
from dataferry.server.delivery import gate, grants
from dataferry.server.delivery.actions import entitlements as acts
from dataferry.server.delivery.actions import keys
from dataferry.server.delivery.models import FirstDelivery, MeterEvent
from dataferry.server.delivery.pages import files
from dataferry.server.delivery.serving import served_table
from dataferry.server.journal import clock
from server.delivery.house import Delivered, bearer, body_of, deliver, sold
from server.market import make_merchant

pytestmark = pytest.mark.django_db
CUT = {"columns": ["city", "district", "geometry"], "rows": {"city": ["shanghai"]}, "most_rows": 5}


def address(sale: Delivered, kind: str = "parquet") -> str:
    _key, token = sale.key("files")
    answer = Client().get(f"/delivery/download/{sale.entitlement.share}.{kind}", **bearer(token))
    assert answer.status_code == 302, answer.content
    return answer["Location"]


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"].removeprefix("server.delivery.")


def test_files_hold_what_the_contract_lets_through_and_nothing_else(registered: Any) -> None:
    sale = deliver(registered, policy=CUT)
    whole = Client().get(address(sale))
    assert whole["Cache-Control"] == "private, no-store"
    body = body_of(whole)
    table = geopandas.read_parquet(io.BytesIO(body))
    assert list(table.columns) == CUT["columns"]
    assert set(table["city"]) == {"shanghai"}
    assert len(table) == 5
    assert table.crs.to_epsg() == 4326
    geo = json.loads(pq.read_schema(io.BytesIO(body)).metadata[b"geo"])
    west, south, east, north = geo["columns"]["geometry"]["bbox"]
    assert (west, south, east, north) == pytest.approx(tuple(table.total_bounds))
    assert sale.supplier.merchant.number.encode() not in body
    csv = body_of(Client().get(address(sale, "csv"))).decode()
    assert csv.startswith('"city","district","geometry"')
    assert csv.count("\n") == 6
    places = json.loads(body_of(Client().get(address(sale, "geojson"))))
    assert [each["properties"]["city"] for each in places["features"]] == ["shanghai"] * 5
    flat = geopandas.read_file(io.BytesIO(body_of(Client().get(address(sale, "fgb")))))
    assert flat.crs.to_epsg() == 4326
    assert sorted(flat["district"]) == sorted(table["district"])


def test_ranges_and_heads(registered: Any) -> None:
    sale = deliver(registered)
    here = address(sale)
    whole = Client().get(here)
    body, etag = body_of(whole), whole["ETag"]
    head = Client().head(here)
    assert (head.status_code, int(head["Content-Length"]), body_of(head)) == (200, len(body), b"")
    part = Client().get(here, HTTP_RANGE="bytes=4-11", HTTP_IF_RANGE=etag)
    assert (part.status_code, part["Content-Range"], body_of(part)) == (206, f"bytes 4-11/{len(body)}", body[4:12])
    assert Client().get(here, HTTP_RANGE="bytes=4-11", HTTP_IF_RANGE='"other"').status_code == 200
    assert body_of(Client().get(here, HTTP_RANGE="bytes=-8")) == body[-8:]
    for header in (f"bytes={len(body)}-", f"bytes={'9' * 19}-"):
        assert Client().get(here, HTTP_RANGE=header).status_code == 416
    assert Client().get(here, HTTP_RANGE=f"bytes={'9' * 400}-").status_code == 200
    assert Client().get(here, HTTP_IF_NONE_MATCH=etag).status_code == 304
    assert Client().post(here).status_code == 405


def test_no_address_is_given_uncounted(registered: Any) -> None:
    sale = deliver(registered, policy={"calls_a_day": 1})
    path, key = f"/delivery/download/{sale.entitlement.share}.parquet", bearer(sale.key("files")[1])
    head = Client().head(path, **key)
    assert Client().get(head["Location"]).status_code == 200
    assert (MeterEvent.objects.count(), FirstDelivery.objects.count()) == (1, 1)
    assert Client().get(path, **key).status_code == 302, "asked first with HEAD, it is the same act"
    refused = Client().head(path.replace(".parquet", ".csv"), **key)
    assert (refused.status_code, refused.has_header("Location")) == (403, False)


def test_forged_and_borrowed_addresses_open_nothing(registered: Any) -> None:
    sale = deliver(registered)
    other = sold(sale.supplier, sale.listing, make_merchant("hong-kong", "buyer"))
    here, there = address(sale), address(other)
    path, _, query = here.partition("?")
    assert query.startswith("X-Amz-Signature=")
    mine, theirs = path.split("/")[3], there.partition("?")[0].split("/")[3]
    forged = [
        path,
        f"{path}?X-Amz-Signature=",
        f"{path}?X-Amz-Signature={'0' * 64}",
        f"{path}?X-Amz-Signature={'é' * 64}",
        here.replace(mine, theirs),
        here.replace(mine, mine[:-1] + ("1" if mine[-1] != "1" else "2")),
        here.replace(mine, "1-0-t1-99999-9999999999"),
        here.replace(mine, "..%2f..%2fetc"),
        here.replace(".parquet", ".csv"),
        here.replace(path.rsplit("/", 1)[1], "..%2f..%2fpasswd"),
        f"/delivery/files/{'9' * 400}/x?{query}",
    ]
    for each in forged:
        assert Client().get(each).status_code in (403, 404), each
        assert code(Client().get(f"{path}?X-Amz-Signature={'0' * 64}")) == (403, "bad_signature")
    with clock.standing_at(clock.now() + grants.lifetime() + timedelta(seconds=1)):
        assert code(Client().get(here)) == (403, "address_ended")
    assert Client().get(here).status_code == 200


@pytest.mark.parametrize("how", ["revoke", "key", "agreement"])
def test_what_is_revoked_stops_at_the_next_range(registered: Any, how: str) -> None:
    sale = deliver(registered)
    here = address(sale)
    assert Client().get(here, HTTP_RANGE="bytes=0-3").status_code == 206
    if how == "revoke":
        acts.revoke(sale.supplier.manager, sale.entitlement, "The invoice was not paid.")
        wanted = "entitlement_revoked"
    elif how == "key":
        keys.revoke_key(sale.buyer.manager, sale.entitlement.keys.get())
        wanted = "key_revoked"
    else:
        # Without any news: the gate looks at the agreement itself.
        type(sale.agreement).objects.filter(pk=sale.agreement.pk).update(state="terminated")
        wanted = "agreement_terminated"
    assert code(Client().get(here, HTTP_RANGE="bytes=4-7")) == (403, wanted)
    assert code(Client().head(here) and Client().get(here)) == (403, wanted)


def test_a_download_on_its_way_is_cut_off_at_the_next_chunk(registered: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataferry.server.web.files.CHUNK", 512)
    monkeypatch.setattr(files, "ASK_AGAIN_BYTES", 1024)
    sale = deliver(registered)
    stream = iter(Client().get(address(sale)).streaming_content)
    assert len(next(stream)) == 512
    acts.revoke(sale.supplier.manager, sale.entitlement, "Stopped.")
    got = 512
    with pytest.raises(RefusedError):  # noqa: PT012
        for chunk in stream:
            got += len(chunk)
    assert got <= 512 + 1024


def test_a_slow_reader_is_looked_at_by_the_clock(registered: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sale, now = deliver(registered), [100.0]
    monkeypatch.setattr(files.time, "monotonic", lambda: now[0])
    watch = files.Watch(grants.parse(address(sale).split("/")[3]))
    watch(1)
    acts.suspend(sale.supplier.manager, sale.entitlement, "Stopped for a while.")
    watch(1)
    now[0] += files.ASK_AGAIN_SECONDS
    with pytest.raises(RefusedError):
        watch(1)


def test_the_cut_is_made_once_and_told_apart(registered: Any) -> None:
    sale = deliver(registered, policy=CUT)
    cut = gate.admit(sale.entitlement, gate.Door.FILES).cut
    assert served_table(registered, cut) == served_table(registered, cut)
    sold(sale.supplier, sale.listing, make_merchant("hong-kong", "buyer"), policy={**CUT, "most_rows": 6})
    assert MeterEvent.objects.count() == 0
