"""Promise: rows come page by page in the order of their key, as the contract cuts them, counted once."""

from __future__ import annotations

import secrets
import tracemalloc
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.core import signing
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataferry.messages import DataferryError, LimitError
from dataferry.server.delivery import cutting, metering, rows, vault
from dataferry.server.delivery.actions.billing import bill_finished_months
from dataferry.server.delivery.limits import Cut
from dataferry.server.delivery.models import BilledUsage, MeterEvent, ServedTable
from dataferry.server.delivery.rows import Asked, Condition, read_page
from dataferry.server.journal import clock
from dataferry.server.workshop.actions import register_release
from dataferry.tables import write_geoparquet
from server.delivery.house import Delivered, bearer, deliver, sold
from server.market import make_merchant
from server.releases import hexagons, make_release

pytestmark = pytest.mark.django_db
IN_ORDER = sorted(hexagons(), key=lambda row: (row["city"], row["district"]))


@pytest.fixture(scope="module")
def in_order(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release whose rows rise by their key, as every build leaves them."""
    return make_release(tmp_path_factory.mktemp("rows") / "in-order", rows=IN_ORDER)


@pytest.fixture
def release(db: None, home: Path, in_order: Path) -> Any:
    return register_release(in_order)


@pytest.fixture
def sale(release: Any) -> Delivered:
    return deliver(release)


class Caller:
    """A program with a key."""

    def __init__(self, sale: Delivered) -> None:
        self.path, self.token = f"/delivery/rows/{sale.entitlement.share}", sale.key("rows")[1]

    def __call__(self, query: str = "", **headers: str) -> Any:
        return Client().get(f"{self.path}?{query}", **bearer(self.token), **headers)

    def all(self, query: str = "") -> list[dict[str, Any]]:
        found, after = [], ""
        while True:
            page = self(f"{query}&cursor={after}").json()
            found += page["items"]
            after = page["next"]
            if not after:
                return found


def test_pages_follow_the_key_and_miss_nothing(sale: Delivered) -> None:
    ask = Caller(sale)
    assert ServedTable.objects.count() == 0
    found = ask.all("limit=7")
    assert ServedTable.objects.get().ordered_by == ["city", "district"]
    assert [row["district"] for row in found] == [row["district"] for row in IN_ORDER]
    assert found[1]["geometry"].startswith("POLYGON")
    few = ask.all("limit=3&city=shanghai&chargers.at_least=6&columns=chargers,district")
    wanted = [row for row in IN_ORDER if row["city"] == "shanghai" and row["chargers"] >= 6]
    assert few == [{"chargers": row["chargers"], "district": row["district"]} for row in wanted]
    assert len(ask.all("chargers.one_of=0,3")) == 4
    assert len(ask.all("chargers_per_km2.missing=")) == 2
    answer = ask("limit=1")
    assert (answer["Cache-Control"], answer.json()["version"]) == ("private, no-store", 0)


def test_pages_without_the_key_count_rows(release: Any) -> None:
    ask = Caller(deliver(release, policy={"columns": ["chargers"], "rows": {"city": ["shanghai"]}, "most_rows": 9}))
    found = ask.all("limit=4")
    assert [row["chargers"] for row in found] == [row["chargers"] for row in IN_ORDER if row["city"] == "shanghai"][:9]
    assert ask("city=shanghai").json()["code"] == "server.delivery.no_such_column"
    assert ask("columns=district").status_code == 422


HOSTILE = [
    "limit=0",
    "limit=10001",
    "limit=-1",
    "limit=x",
    "limit=" + "9" * 30,
    "version=x",
    "nothing=1",
    "columns=city,secret",
    "chargers=many",
    "chargers.at_least=1e400",
    "chargers=" + "9" * 40,
    "geometry=POINT(0 0)",
    "city.contains=x",
    "cursor=abc",
    "cursor=" + "x" * 5000,
    "cursor=" + signing.dumps(["another", 0, ["city"], ["x"]]),
    "city=" + "x" * 1001,
    "%F0%9F%98%80=1",
    "&".join(f"city={number}" for number in range(30)),
    "city=' OR 1=1 --&chargers=;",
]


def test_hostile_questions_are_refused_with_reasons(sale: Delivered) -> None:
    ask = Caller(sale)
    for query in HOSTILE:
        answer = ask(query)
        assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json"), query
    assert MeterEvent.objects.count() == 0
    assert ask("city=%00").json()["items"] == []


def test_a_cursor_is_good_for_its_share_alone(sale: Delivered) -> None:
    cursor = Caller(sale)("limit=1").json()["next"]
    other = sold(sale.supplier, sale.listing, make_merchant("hong-kong", "buyer"))
    assert Caller(other)(f"cursor={cursor}").json()["code"] == "server.delivery.bad_cursor"
    assert Client().get(Caller(other).path, **bearer(sale.key("rows")[1])).status_code == 404
    assert Client().get(Caller(other).path).status_code == 401
    assert Client().post(Caller(other).path).status_code == 405


def test_the_meter_counts_an_act_once(sale: Delivered) -> None:
    ask = Caller(sale)
    first = ask("limit=5")
    with clock.standing_at(clock.now() + timedelta(minutes=14)):
        assert first.json() == ask("limit=5").json()
    assert list(MeterEvent.objects.values_list("kind", "rows")) == [("rows", 5)]
    ask("limit=5&cursor=" + first.json()["next"])
    assert MeterEvent.objects.count() == 2
    with clock.standing_at(clock.now() + timedelta(minutes=20)):
        ask("limit=5")
        assert MeterEvent.objects.count() == 3
        ask("limit=5", HTTP_IDEMPOTENCY_KEY="job-1")
        assert MeterEvent.objects.count() == 4
        ask("limit=6", HTTP_IDEMPOTENCY_KEY="job-1")
        assert MeterEvent.objects.count() == 5, "one value does not pay for two questions"
        assert ask("limit=5", HTTP_IDEMPOTENCY_KEY="x" * 201).status_code == 422
    with clock.standing_at(clock.now() + timedelta(hours=23)):
        ask("limit=5", HTTP_IDEMPOTENCY_KEY="job-1")
        assert MeterEvent.objects.count() == 5


def test_what_is_answered_is_paid_for_however_it_is_written(sale: Delivered) -> None:
    """Of a parameter that comes twice the last counts: the same words in another order are another question."""
    ask = Caller(sale)
    pages = [ask(query).json()["items"] for query in ("limit=30&limit=1", "limit=1&limit=30")]
    assert [len(page) for page in pages] == [1, 30]
    assert sorted(MeterEvent.objects.values_list("rows", flat=True)) == [1, 30]


def test_caps_of_a_day_are_exact(release: Any) -> None:
    ask = Caller(deliver(release, policy={"calls_a_day": 2, "rows_a_day": 10}))
    assert ask("limit=8").status_code == 200
    assert ask("limit=8").status_code == 200
    # What is left of the day is handed out, and no refusal tells whether there would have been more.
    rest = ask("limit=3&city=shanghai").json()
    assert len(rest["items"]) == 2
    assert rest["next"]
    assert ask("limit=3&city=shanghai").json() == rest, "a retry is the same act, with the same rows"
    refused = ask("limit=1")
    assert (refused.status_code, refused.json()["code"]) == (403, "server.delivery.rows_used_up")
    with clock.standing_at(clock.now() + timedelta(days=1)):
        assert [ask(f"limit=1&chargers={number}").status_code for number in range(3)] == [200, 200, 403]
        assert ask("limit=2").json()["code"] == "server.delivery.calls_used_up"
    with clock.standing_at(clock.now() + timedelta(days=2)):
        assert ask("limit=1").status_code == 200


def test_an_empty_answer_is_a_call_and_no_row(release: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the call it is paid for; by the row it is free, so that there are only so many of them in a day."""
    monkeypatch.setattr(metering, "MOST_EMPTY", 2)
    begun = clock.now()
    by_call = deliver(release, "per_call", amount=100, per=1, policy={"calls_a_day": 4})
    by_row = sold(by_call.supplier, by_call.listing, make_merchant("hong-kong", "buyer"), "per_row", amount=100)
    codes = []
    for sale in (by_call, by_row):
        ask = Caller(sale)
        queries = ("city=one", "city=two", "city=one", "city=three", "city=shanghai&limit=1")
        answers = [ask(query).json() for query in queries]
        codes.append([answer.get("code", len(answer.get("items", ()))) for answer in answers])
    assert codes[0] == [0, 0, 0, 0, 1]
    # Refused before anything is read, so that a refusal does not tell whether there would have been a row.
    refused = "server.delivery.empty_used_up"
    assert codes[1] == [0, 0, 0, refused, refused]
    assert Caller(by_row)("limit=3").status_code == 200, "pages without conditions ask for nothing"
    next_month = begun + timedelta(days=32)
    with clock.standing_at(next_month):
        assert bill_finished_months() == 2
    assert [BilledUsage.objects.get(entitlement=sale.entitlement).units for sale in (by_call, by_row)] == [4, 3]
    with clock.standing_at(begun + timedelta(days=1)):
        assert Caller(by_row)("city=shanghai&limit=1").status_code == 200


def test_a_day_without_rows_left_tells_nothing_of_what_is_there(release: Any) -> None:
    ask = Caller(deliver(release, policy={"rows_a_day": 1}))
    assert ask("limit=1").status_code == 200
    assert {ask(f"city={city}").json()["code"] for city in ("shanghai", "nowhere")} == {"server.delivery.rows_used_up"}


def wide(home: Path, widths: Sequence[int], key: tuple[str, ...] = ("id",)) -> ServedTable:
    """A served table of rows with long texts, that no compression makes shorter."""
    noise = secrets.token_hex(max(widths) // 2 + 2)
    texts = [noise[number % 2 :][:wide] for number, wide in enumerate(widths)]
    table = pa.table({"id": range(len(widths)), "text": texts})
    write_geoparquet(table, home / "wide.parquet")
    made = cutting.cut_file(home / "wide.parquet", Cut(), key)
    return ServedTable(files=made.files, ordered_by=list(made.ordered_by), rows=made.rows)


@pytest.mark.parametrize("key", [("id",), ()])
def test_an_answer_ends_before_it_is_too_large(
    home: Path, monkeypatch: pytest.MonkeyPatch, key: tuple[str, ...]
) -> None:
    monkeypatch.setattr(rows, "MOST_BYTES", 20_000)
    monkeypatch.setattr(rows, "LARGEST_ROW", 50_000)
    widths = [10, 5_000, 5_000, 9_000, 30_000, 11_000, 5_000, 11_500, 11_780, 11_780, 7]
    served, after, sizes, found = wide(home, widths, key), "", [], []
    while True:
        page = read_page(served, Asked(limit=4, after=after), "share", 0)
        found += page.rows
        sizes.append([len(row["text"]) for row in page.rows])
        assert len(page.items) == 1 or sum(map(len, page.items)) + rows.ENVELOPE_BYTES < rows.MOST_BYTES
        after = page.next
        if not after:
            break
    assert [row["id"] for row in found] == list(range(len(widths)))
    assert sizes == [[10, 5000, 5000], [9000], [30_000], [11_000], [5_000], [11_500], [11_780], [11_780], [7]]
    monkeypatch.setattr(rows, "LARGEST_ROW", 25_000)
    start = read_page(served, Asked(limit=4), "share", 0)
    middle = read_page(served, Asked(limit=4, after=start.next), "share", 0)
    assert [row["id"] for row in middle.rows] == [3], "what comes before a row that is too large is still had"
    with pytest.raises(LimitError, match="columns="):
        read_page(served, Asked(limit=4, after=middle.next), "share", 0)
    narrow = read_page(served, Asked(columns=("id",), limit=20, after=middle.next), "share", 0)
    assert [row["id"] for row in narrow.rows] == list(range(4, len(widths)))


def test_the_door_keeps_to_the_limit_of_an_answer(sale: Delivered, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MOST_BYTES", rows.ENVELOPE_BYTES + 2_000)
    ask, found, after = Caller(sale), [], ""
    while True:
        answer = ask(f"limit=10000&cursor={after}")
        assert len(answer.content) < rows.MOST_BYTES
        found, after = found + answer.json()["items"], answer.json()["next"]
        if not after:
            break
    assert [row["district"] for row in found] == [row["district"] for row in IN_ORDER]
    assert sum(MeterEvent.objects.values_list("rows", flat=True)) == len(IN_ORDER)
    assert MeterEvent.objects.count() > 2


def test_wide_rows_do_not_fill_the_memory(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "GROUP_BYTES", 1 << 20)
    monkeypatch.setattr(rows, "MOST_BYTES", 1 << 20)
    served = wide(home, [40_000] * 1000)
    usual = pa.default_memory_pool()
    watched = pa.proxy_memory_pool(usual)
    pa.set_memory_pool(watched)
    try:
        tracemalloc.start()
        page = read_page(served, Asked(limit=10_000, conditions=(Condition("id", "at_least", ("900",)),)), "share", 0)
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        pa.set_memory_pool(usual)
    assert page.rows[0]["id"] == 900
    assert 0 < watched.max_memory() < 8 << 20, "of a table of forty megabytes"
    assert most < 8 << 20


@given(
    keys=st.lists(st.tuples(st.integers(-3, 3), st.text("ab", max_size=2)), unique=True, max_size=14).map(sorted),
    limit=st.integers(1, 5),
    size=st.integers(1, 4),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_table_in_pages_is_the_table(home: Path, keys: list[tuple[int, str]], limit: int, size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cutting, "ROWS_A_FILE", size)
        source = home / "any.parquet"
        table = pa.table(
            {
                "number": pa.array([number for number, _text in keys], pa.int64()),
                "word": pa.array([text for _number, text in keys], pa.string()),
            }
        )
        write_geoparquet(table, source)
        made = cutting.cut_file(source, Cut(), ("number", "word"))
    assert made.rows == len(keys)
    assert all(file["rows"] <= size and vault.is_sound(file) for file in made.files)
    served = ServedTable(files=made.files, ordered_by=list(made.ordered_by), rows=made.rows)
    found, after = [], ""
    while True:
        page = read_page(served, Asked(limit=limit, after=after), "share", 0)
        found += [(row["number"], row["word"]) for row in page.rows]
        after = page.next
        if not after:
            break
    assert found == keys
    more = read_page(served, Asked(conditions=(Condition("number", "at_least", ("0",)),), limit=20), "share", 0)
    assert [row["number"] for row in more.rows] == [number for number, _word in keys if number >= 0]
    with pytest.raises(DataferryError):
        read_page(served, Asked(after=signing.dumps(["share", 0, ["word"], [1]], salt="x")), "share", 0)
