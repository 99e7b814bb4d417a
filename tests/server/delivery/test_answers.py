"""Promise: a product of answers is listed after its door was tried, asked by its buyers, billed and revoked; no row
leaves, and no question tells of fewer than it may."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import shapely
from django.test import Client

from dataferry.messages import RefusedError
from dataferry.server import journal
from dataferry.server.compliance.models import HeadEntry
from dataferry.server.delivery.actions import billing, entitlements
from dataferry.server.delivery.answering import Asked, question_of, read_answer
from dataferry.server.delivery.limits import Cut
from dataferry.server.delivery.models import BilledUsage, MeterEvent
from dataferry.server.delivery.rows import Condition
from dataferry.server.delivery.screening import protection_of
from dataferry.server.delivery.serving import served_table
from dataferry.server.exchange.models import Listing
from dataferry.server.journal import clock
from dataferry.server.workshop.actions import register_release
from server.delivery.house import Delivered, bearer, sold
from server.delivery.test_border import crossing, personal
from server.delivery.test_pages import as_person
from server.market import make_listing, make_merchant
from server.persons import make_person
from server.releases import column, make_release, same

__all__ = ["personal"]
pytestmark = pytest.mark.django_db
HOSTILE = ["=HYPERLINK(1)", "<script>", "\x00\u202e", ""]
REPORT = {
    "privacy_class": "personal",
    "subjects": {"column": "vehicle", "kind": "vehicle", "distinct": 60, "basis": "identifier"},
    "columns": [{"column": "vehicle", "privacy_class": "personal"}, {"column": "city", "privacy_class": "none"}],
}
INPUTS = [
    {"name": name, "type": kind, "required": False, "meaning": {"en": f"The {name} of a session."}}
    for name, kind in (("city", "string"), ("note", "string"), ("energy", "number"), ("minutes", "integer"))
]
POINT = shapely.Point(114.1, 22.3)


def sessions() -> list[dict[str, Any]]:
    """Charging sessions of 60 vehicles, four each; three of the vehicles are in a town of their own."""
    return [
        {
            "vehicle": f"V{number % 60:03}",
            "city": "small town" if number % 60 < 3 else ("hong-kong", "shanghai")[number % 2],
            "note": HOSTILE[number % 4] if number < 200 else None,
            "energy": 10.0 + number % 7 if number != 239 else 1_500.0,
            "minutes": number % 3,
            "geometry": POINT,
        }
        for number in range(240)
    ]


def described(screened: bool = True) -> dict[str, Any]:
    kinds = {"energy": "number", "minutes": "integer", "geometry": "geometry"}
    names = ("vehicle", "city", "note", "energy", "minutes", "geometry")
    columns = [column(name, kinds.get(name, "string"), same(name)) for name in names]
    privacy = {"state": "attention", "privacy_class": "personal", "report": REPORT if screened else None}
    shape = {"crs": "EPSG:4326", "geometry": "geometry", "bbox": [114.1, 22.3, 114.1, 22.3]}
    return {"privacy": privacy, "output": {"columns": columns, "rows": 240, "key": [], **shape}}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_release(tmp_path_factory.mktemp("answers") / "sessions", rows=sessions(), changes=described())


@pytest.fixture
def release(db: None, home: Path, made: Path) -> Any:
    return register_release(made)


def service(release: Any, inputs: list[dict[str, Any]] = INPUTS, **details: Any) -> tuple[Any, Any]:
    """A supplier and its listed service: answers only."""
    supplier = make_merchant("hong-kong", "supplier")
    details = {"kind": "api", "inputs": inputs, **details}
    return supplier, make_listing(supplier, release, level="S4", details=details)


def bought(supplier: Any, listing: Any, plan: str = "free", **offer: Any) -> Delivered:
    return sold(supplier, listing, make_merchant("hong-kong", "buyer"), plan, purpose="public-service", **offer)


@pytest.fixture
def sale(release: Any) -> Delivered:
    supplier, listing = service(release)
    return bought(supplier, listing)


class Caller:
    """A program with a key for answers."""

    def __init__(self, sale: Delivered) -> None:
        self.path, self.token = f"/delivery/answers/{sale.entitlement.share}", sale.key("answers")[1]

    def __call__(self, query: str = "", **headers: str) -> Any:
        return Client().get(f"{self.path}?{query}", **bearer(self.token), **headers)

    def code(self, query: str) -> str:
        return str(self(query).json()["code"])


def test_a_service_is_listed_asked_billed_and_revoked(release: Any) -> None:
    supplier, listing = service(release, calls_a_minute=50)
    assert (listing.state, listing.level, listing.delivery_modes) == ("listed", "S4", ["api"])
    sheet = Client().get(f"/en/exchange/listings/{listing.number}/").content.decode()
    assert "The note of a session." in sheet
    from dataferry.server.exchange.sheet.document import build

    document = build(listing, [])
    assert [each["name"] for each in document["content"]["outputs"]] == [
        "city",
        "note",
        "energy",
        "minutes",
        "geometry",
    ]
    assert (document["delivery"]["smallest_cell"], document["delivery"]["calls_a_minute"]) == (10, 50)
    sale = bought(supplier, listing, "per_call", amount=250, per=1)
    ask = Caller(sale)
    answer = ask("by=city&measures=count,mean(energy)").json()
    assert [row["city"] for row in answer["items"]] == ["shanghai"]
    assert answer["items"][0]["count"] == len([row for row in sessions() if row["city"] == "shanghai"])
    assert answer["withheld"] == {"cells": 2, "measures": {"mean(energy)": 1}}, "the small town, and what hides it"
    assert (answer["smallest_cell"], answer["too_few"]) == (10, False)
    assert Client().get(f"/delivery/rows/{sale.entitlement.share}", **bearer(sale.key("rows")[1])).status_code == 403
    for way in ("download", "rows"):
        name = f"{sale.entitlement.share}.csv" if way == "download" else sale.entitlement.share
        assert Client().get(f"/delivery/{way}/{name}", **bearer(ask.token)).json()["code"].endswith("scope_missing")
    assert ask("measures=count&by=city&lang=en").status_code == 200
    ask("measures=mean(energy),count&by=city")
    assert Counter(MeterEvent.objects.values_list("kind", "rows")) == {("answer", 1): 2}
    usage = as_person(sale.buyer.manager).get(f"/en/delivery/{sale.entitlement.number}/usage/").content.decode()
    assert "Answers to questions" in usage
    with clock.standing_at(clock.now() + timedelta(days=40)):
        assert billing.bill_finished_months() >= 1
    assert sum(row.units for row in BilledUsage.objects.all()) == 2
    assert sum(invoice.total for invoice in sale.agreement.invoices.all()) == 500
    entitlements.revoke(supplier.manager, sale.entitlement, "The source was withdrawn.")
    refused = ask("by=city")
    assert (refused.status_code, refused.json()["code"]) == (403, "server.delivery.entitlement_revoked")
    assert journal.replay(journal.events()).findings == []


def test_a_service_that_does_not_answer_is_not_listed(db: None, home: Path, tmp_path: Path) -> None:
    few, unread, lone, typed = (
        register_release(make_release(tmp_path / name, rows=sessions()[:rows], changes=described(screened), name=name))
        for name, rows, screened in (("few", 9, True), ("raw", 240, False), ("lone", 240, True), ("typed", 240, True))
    )
    guarded = [{"name": "vehicle", "type": "string", "required": True, "meaning": {"en": "The vehicle."}}]
    for release, inputs, why in (
        (few, INPUTS, "fewer than 10 rows"),
        (unread, INPUTS, "no privacy report"),
        (lone, guarded, "no question can be asked by it"),
        (typed, [{**INPUTS[0], "type": "timestamp"}], "calls the input field city timestamp"),
    ):
        with pytest.raises(RefusedError) as refused:
            service(release, inputs)
        assert refused.value.code == "server.exchange.connection_failed"
        assert why in refused.value.text()


def test_a_new_release_is_tried_before_it_takes_the_place(release: Any, tmp_path: Path) -> None:
    from dataferry.server.exchange.actions import listings

    supplier, listing = service(release)
    folder = make_release(tmp_path / "next", version="1.1.0", rows=sessions()[:9], changes=described())
    with pytest.raises(RefusedError) as refused:
        listings.update_release(supplier.manager, listing, register_release(folder))
    assert refused.value.code == "server.exchange.connection_failed"
    listing.refresh_from_db()
    assert listing.release == release


SINGLING_OUT = [
    "note=nobody+wrote+this",
    "energy.at_least=1500",
    "energy.at_most=1499",
    "city=small+town",
    "city.one_of=hong-kong,shanghai",
    "energy.at_least=1500&city=shanghai&minutes=2",
]


def test_a_filter_that_singles_out_is_too_few(sale: Delivered) -> None:
    ask = Caller(sale)
    said = [ask(query).json() for query in SINGLING_OUT]
    for query, answer in zip(SINGLING_OUT, said, strict=True):
        assert (answer["too_few"], answer["items"]) == (True, []), query
        assert answer["withheld"] == {"cells": 0, "measures": {}}
    assert MeterEvent.objects.filter(kind="answer", rows=0).count() == len(said), "asking in vain is asking"
    assert not ask("minutes=1").json()["too_few"]
    shown = ask("by=minutes&measures=count,sum(energy),max(energy)").json()
    assert [row["sum(energy)"] is None for row in shown["items"]] == [True, False, True], "one session is most of it"
    assert shown["withheld"]["measures"] == {"sum(energy)": 2, "max(energy)": 1}, "one alone would be told by the total"


REFUSED = {
    "by=vehicle": "server.delivery.not_an_input",
    "vehicle=V001": "server.delivery.not_an_input",
    "measures=max(vehicle)": "privacy.answer_guarded",
    "by=city,city": "privacy.answer_twice",
    "by=energy": "privacy.answer_group",
    "by=day(city)": "privacy.answer_group",
    "measures=median(energy)": "privacy.answer_kind",
    "measures=sum(note)": "privacy.answer_kind",
    "measures=sum(nothing)": "privacy.answer_column",
    "measures=sum(geometry)": "privacy.answer_kind",
    "by=geometry": "server.delivery.not_an_input",
    "measures=count,count": "privacy.answer_twice",
    "measures=count,sum(energy),min(energy),max(energy),mean(energy),sum(minutes)": "privacy.answer_too_much",
    "by=" + "x" * 201: "server.delivery.name_too_long",
    "by=" + "%C3%A9" * 100: "server.delivery.not_an_input",
    "energy=many": "server.delivery.bad_value",
    "energy.contains=1": "server.delivery.not_an_input",
    "note=" + "x" * 1001: "server.delivery.bad_value",
    "&".join(f"minutes={number}" for number in range(21)): "server.delivery.too_many_filters",
    "version=x": "server.delivery.not_a_number",
}


def test_hostile_questions_are_refused_with_reasons(sale: Delivered) -> None:
    ask = Caller(sale)
    for query, code in REFUSED.items():
        answer = ask(query)
        assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json"), query
        assert answer.json()["code"] == code, query
    assert MeterEvent.objects.count() == 0
    assert Client().get(ask.path).status_code == 401
    assert Client().post(ask.path).status_code == 405
    assert ask("note=%27+OR+1%3D1+--").json()["too_few"]
    assert ask("version=9").status_code == 404
    flood = ask("&".join(f"note={number}" for number in range(1_500)))
    assert (flood.status_code, flood["Content-Type"]) == (400, "application/problem+json")


def test_hostile_cells_are_only_text(sale: Delivered) -> None:
    answer = Caller(sale)("by=note&measures=count,subjects").json()
    assert answer["withheld"] == {"cells": 0, "measures": {}}
    assert {row["note"]: row["count"] for row in answer["items"]} == {None: 40, **dict.fromkeys(HOSTILE, 50)}
    person = as_person(sale.buyer.manager)
    here = f"/en/delivery/{sale.entitlement.number}/ask/"
    page = person.post(here, {"by_1": "note", "figure_1": "count"}).content.decode()
    assert {"<td>&lt;script&gt;</td>", "<td>&quot;\\u0000\\u202e&quot;</td>"} <= set(re.findall(r"<td>.*?</td>", page))
    assert "<script>" not in page.split("<table>")[1]
    sent = person.post(here, {"by_1": "note", "figure_1": "count", "csv": "1"})
    assert b'"\'=HYPERLINK(1)",50' in sent.content


def test_caps_and_haste_are_refused(release: Any) -> None:
    noon = datetime(2026, 11, 22, 4, tzinfo=UTC)
    inputs = [{**INPUTS[0], "required": True}, *INPUTS[1:]]
    with clock.standing_at(noon):
        supplier, listing = service(release, inputs, calls_a_minute=2, smallest_cell=45)
        ask = Caller(bought(supplier, listing, policy={"calls_a_day": 3}))
        assert ask.code("by=minutes") == "server.delivery.input_needed"
        answer = ask("by=city").json()
        assert (answer["smallest_cell"], answer["items"]) == (45, []), "the supplier's own floor is higher"
        assert ask("city=hong-kong").status_code == 200
        hurried = ask("by=city,minutes")
        assert (hurried.status_code, hurried.json()["code"]) == (429, "server.delivery.too_quick")
    with clock.standing_at(noon + timedelta(minutes=2)):
        assert ask("by=city,minutes").status_code == 200
    with clock.standing_at(noon + timedelta(minutes=4)):
        assert ask.code("by=city,note") == "server.delivery.calls_used_up"


def test_a_contract_without_the_subjects_still_counts_them(release: Any) -> None:
    supplier, listing = service(release)
    policy = {"columns": ["city", "minutes"], "rows": {"city": ["hong-kong"]}}
    sale = bought(supplier, listing, policy=policy)
    ask = Caller(sale)
    answer = ask("by=city&measures=subjects,count").json()
    theirs = [row for row in sessions() if row["city"] == "hong-kong"]
    assert answer["items"] == [
        {"city": "hong-kong", "subjects": len({row["vehicle"] for row in theirs}), "count": len(theirs)}
    ]
    assert ask.code("measures=sum(energy)") == "privacy.answer_column"


def test_large_tables_are_read_in_pieces(release: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataferry.server.delivery import answering

    _supplier, listing = service(release)
    protection = protection_of(listing, release)
    served = served_table(release, Cut())
    asked = Asked(question_of(["city"], ["count", "mean(energy)"]), (Condition("minutes", "at_least", ("1",)),))
    whole = read_answer(served, asked, protection)
    monkeypatch.setattr(answering, "_ROWS_AT_ONCE", 17)
    pieces = list(answering._batches(served, {"city": answering.ds.field("city")}))
    assert max(piece.num_rows for piece in pieces) <= 17
    again = read_answer(served, asked, protection)
    assert again.table.select(["city", "count"]).equals(whole.table.select(["city", "count"]))


def test_the_page_of_questions(sale: Delivered) -> None:
    number = sale.entitlement.number
    person, here = as_person(sale.buyer.manager), f"/zh-hant/delivery/{number}/ask/"
    assert f"/delivery/{number}/ask/" in person.get(f"/en/delivery/{number}/").content.decode()
    form = person.get(here).content.decode()
    assert (form.count('name="column_'), "(vehicle)" in form or '"vehicle"' in form) == (3, False)
    asked = {"by_1": "city", "figure_1": "count", "column_1": "minutes", "test_1": "at_least", "value_1": "1"}
    assert "<td>shanghai</td>" in person.post(here, asked).content.decode()
    assert MeterEvent.objects.count() == 1
    assert person.post(here, {**asked, "value_1": "many"}).status_code == 422
    assert person.post(here, {**asked, "by_1": "vehicle"}).status_code == 422
    assert person.post(here, {**asked, "column_1": "city", "test_1": "equals", "value_1": "?"}).status_code == 200
    assert as_person(make_person()).get(here).status_code == 404
    assert as_person(sale.supplier.manager).get(here).status_code == 403
    entitlements.suspend(sale.supplier.manager, sale.entitlement, "Unpaid.")
    assert person.post(here, asked).status_code == 302


def test_people_of_an_answer_count_at_the_border(db: None, home: Path, personal: Path) -> None:
    """What many questions can tell of them is what may have left: they count as if their rows had."""
    sale, _decision, _officer = crossing(personal, 100)
    details = {**sale.listing.details, "kind": "api", "inputs": INPUTS[:1]}
    Listing.objects.filter(pk=sale.listing.pk).update(level="S4", delivery_modes=["api"], details=details)
    ask = Caller(sale)
    assert ask("by=city&measures=count,subjects").json()["items"] == [{"city": "shanghai", "count": 16, "subjects": 16}]
    assert ask("by=city").status_code == 200
    assert HeadEntry.objects.get().people == 16


PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "answers-api.md").read_text(encoding="utf-8")


def test_the_reference_shows_a_true_answer_and_true_codes(sale: Delivered) -> None:
    shown = json.loads(PAGE.split("```json\n")[1].split("```")[0])
    answer = Caller(sale)("by=city&measures=count,mean(energy)").json()
    assert shown == {**answer, "share": shown["share"]}
    codes = {code.rpartition(".")[2] for code in REFUSED.values()} | {"input_needed", "answer_nothing"}
    others = {"bad_value", "too_many_filters", "not_a_number"}
    assert codes - others <= set(re.findall(r"`(\w+)`", PAGE)), "a refusal that the page does not name"
