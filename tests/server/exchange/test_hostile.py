"""Promise: nothing that people or programs send to the exchange ends in a fault of ours or comes back as markup or a
formula; what was tampered with is refused; and what opens doors stands in no log, journal or job.
"""

from __future__ import annotations

import copy
import csv
import io
import itertools
import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from server import matrix as m
from server.exchange.hostile import (
    BUYER,
    EVERYWHERE,
    HOSTILE_NUMBERS,
    MARKUP,
    NASTY,
    NASTY_JSON,
    NASTY_TERMS,
    Market,
    listening,
    market,
    read,
    undone,
    worker_of,
)
from server.exchange.matrix import EXCHANGE, plainly_drawn
from server.market import make_merchant

__all__ = ["market"]
pytestmark = pytest.mark.slow


@pytest.mark.django_db
def test_no_statement_is_of_the_first_days_of_the_calendar() -> None:
    """Midnight of both cities is, there, in no year of the other zone."""
    from dataferry.messages import InputError
    from dataferry.server.exchange.actions.statements import make_statement

    party = make_merchant("hong-kong", "supplier").merchant
    for day in (date.min, date(1999, 12, 31), date.max):
        with pytest.raises(InputError):
            make_statement(party, "HKD", day, day)


# --- pages


def test_forms_refuse_what_cannot_be(market: Market) -> None:
    """Every form of every page, with each of its fields in turn and all at once made wrong."""
    faults, clients = [], {}
    every = [line for line in m.pages_tried(EXCHANGE, market.season.places) if line.posted]
    lines = {(line.name, *line.body): line for line in every if set(line.body) != {"do"}}.values()
    turning = itertools.cycle(NASTY)
    with plainly_drawn():
        for line in lines:
            who = worker_of(line)
            client = clients.setdefault(who, market.client(who))
            fields = [name for name in line.body if name != "do"]
            tries = [{**line.body, **dict.fromkeys(fields, nasty)} for nasty in EVERYWHERE]
            tries += [{**line.body, name: next(turning)} for name in fields for _time in range(2)]
            for body in tries:
                with undone():
                    answer = client.post(line.address, body)
                    if answer.status_code >= 500:
                        faults.append((line.label, {name: value[:40] for name, value in body.items()}))
    assert not faults


def test_addresses_and_questions_refuse_what_cannot_be(market: Market) -> None:
    """Every address, with its last argument made wrong, and with hostile questions behind it."""
    asked = "&".join(
        f"{name}={quote(value, safe='')}"
        for name, value in {
            **dict.fromkeys(("q", "words", "city", "board", "licence", "price", "level", "place", "class"), MARKUP),
            "page": "99999999999999999999",
            "supplied": "-1",
            "assessed": "x",
            "after": "\x00",
            "cursor": "é",
            "state": "' OR 1=1",
            "release": "../..@\x00",
            "lang": MARKUP,
            "merchant_class": "\x00",
        }.items()
    )
    clients = {who: market.client(who) for who in ("supplier's manager", "operator of the city", "visitor")}
    turning = itertools.cycle(HOSTILE_NUMBERS)
    door, faults = {"authorization": f"Bearer {market.season.tokens[BUYER]}"}, []
    with plainly_drawn():
        for line in (each for each in m.pages_tried(EXCHANGE, market.season.places) if each.method == "GET"):
            is_door = line.address.startswith(("/delivery/", "/delta-sharing/"))
            headers = door if is_door else {}
            who = "visitor" if is_door else "supplier's manager"
            last = [each for each in line.address.split("/") if each][-1]
            numbers = [next(turning) for _time in range(3)]
            wrong = [f"{line.address}?{asked}", *(line.address.replace(last, each, 1) for each in numbers)]
            for address in wrong:
                for role in {who, "operator of the city"} if address.endswith(asked) else {who}:
                    with undone():
                        answer = clients[role].get(address, headers=headers)
                        read(answer)
                        if answer.status_code >= 500:
                            faults.append((role, address[:160]))
    assert not faults


def test_numbers_in_addresses_may_be_larger_than_any_row(market: Market) -> None:
    """SQLite knows no integer beyond 64 bits, and says so with an error."""
    place, faults, huge = market.season.places["traded"], [], "9" * 40
    client = market.client("supplier's manager")
    numbers = {"case": place["case"], "application": market.season.places["begun"]["application"]}
    for address in (
        f"/en/merchants/{numbers['application']}/papers/{huge}/",
        f"/en/compliance/cases/{numbers['case']}/evidence/{huge}/",
        f"/en/exchange/papers/{huge}/",
        f"/en/delivery/{place['entitlement']}/notices/{huge}.json",
    ):
        status = client.get(address).status_code
        if status != 404:
            faults.append((address, status))
    buyer = market.client("buyer's manager")
    for act in ("rotate", "revoke"):
        with undone():
            status = buyer.post(f"/en/delivery/{place['entitlement']}/keys/{huge}/{act}").status_code
            if status >= 500:
                faults.append((act, status))
    assert not faults


# --- API


def test_the_api_refuses_what_cannot_be(market: Market) -> None:
    """Every body, with each field in turn of another kind; the terms of a bargain in all their parts."""
    faults, client = [], market.client("buyer's manager")
    lines = [line for line in m.operations_in(EXCHANGE, market.season.places) if line.body is not None]
    assert lines
    for line in lines:
        bodies: list[Any] = [None, [], "x", 1, {}, {**line.body, "unknown": 1}]
        bodies += [{**line.body, name: nasty} for name in line.body for nasty in NASTY_JSON]
        free = next((each for each in ("changes", "terms") if line.name in ("request_terms", "counter_terms")), "")
        free = "terms" if line.name == "counter_terms" else free
        bodies += [{**line.body, free: terms} for terms in NASTY_TERMS if free]
        for body in bodies:
            with undone():
                answer = client.generic(
                    line.method,
                    line.address,
                    json.dumps(body).encode("utf-8"),
                    content_type="application/json",
                    headers={"if-match": "*"},
                )
                if answer.status_code >= 500 or MARKUP in answer.content.decode("utf-8", "replace"):
                    faults.append((line.label, answer.status_code, json.dumps(body)[:120]))
    assert not faults


# --- what comes back


def test_names_and_texts_come_back_as_text(market: Market) -> None:
    """Markup in everything that people write, then every page on which it is read."""
    from dataferry.server.people.models import Organisation

    begun, traded = market.season.places["begun"], market.season.places["traded"]
    supplier, buyer = market.client("supplier's manager"), market.client("buyer's manager")
    operator = market.client("operator of the city")
    names = {"en": MARKUP, "zh-Hant": MARKUP, "zh-Hans": MARKUP}
    with undone():
        Organisation.objects.all().update(name=names)
        wrote = [
            supplier.post(
                f"/en/exchange/negotiations/{begun['negotiation']}/",
                {"do": "counter", "revision": begun["revision"], "amount": "5", "remark": MARKUP},
            ),
            buyer.post(
                f"/en/exchange/agreements/{traded['agreement']}/",
                {"do": "refuse", "accept-remark": MARKUP},
            ),
            supplier.post(f"/en/exchange/disputes/{traded['dispute']}/", {"do": "answer", "answer": MARKUP}),
            supplier.post(
                f"/en/exchange/listings/{begun['listing']}/edit/",
                {"do": "scenario", "code": "x", "title_en": MARKUP, "text_en": MARKUP, "purposes": "research"},
            ),
            operator.post(f"/en/delivery/{traded['entitlement']}/stop", {"do": "suspend", "reason": MARKUP}),
            supplier.post(
                f"/en/compliance/cases/{begun['case']}/items/{begun['item']}/",
                {"do": "answer", "revision": begun["item_revision"], "statement": MARKUP},
            ),
        ]
        assert [answer.status_code for answer in wrote] == [302] * len(wrote)
        shown = 0
        for client, address in (
            (supplier, f"/en/exchange/negotiations/{begun['negotiation']}/"),
            (buyer, f"/en/exchange/agreements/{traded['agreement']}/"),
            (buyer, f"/en/exchange/disputes/{traded['dispute']}/"),
            (supplier, f"/en/exchange/listings/{begun['listing']}/edit/"),
            (supplier, f"/en/compliance/cases/{begun['case']}/items/{begun['item']}/"),
            (supplier, f"/en/compliance/cases/{begun['case']}/report/"),
            (buyer, f"/en/delivery/{traded['entitlement']}/"),
            (buyer, f"/en/exchange/invoices/{traded['invoice']}/"),
            (operator, "/en/exchange/desk/money/"),
            (operator, "/en/merchants/desk/"),
            (buyer, "/en/merchants/"),
            (buyer, f"/en/exchange/?q={quote(MARKUP)}"),
            (buyer, f"/en/exchange/listings/{traded['listing']}/"),
        ):
            answer = client.get(address)
            assert answer.status_code == 200, address
            text = answer.content.decode()
            assert "<script>alert" not in text, address
            assert "<img src=x" not in text, address
            shown += "&lt;script&gt;alert" in text
        assert shown >= 8, "what was written should be read somewhere"


def test_no_cell_of_a_download_becomes_a_formula(market: Market) -> None:
    from dataferry.server.exchange import statement_file

    begins = ("=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1")
    rows = [{"beneficiary": each, "kind": each, "currency": "HKD", "total": -5} for each in begins]
    text = statement_file.owners_csv(rows).removeprefix(statement_file.MARK)
    cells = [cell for row in list(csv.reader(io.StringIO(text)))[1:] for cell in row[:2]]
    assert len(cells) == 2 * len(begins)
    assert not [cell for cell in cells if cell.lstrip(" \t\r\n")[:1] in tuple("=+-@＝")]
    place, client = market.season.places["traded"], market.client("operator of the city")
    for address in (
        f"/en/exchange/invoices/{place['invoice']}/lines.csv",
        f"/en/exchange/statements/{place['statement']}/lines.csv",
        "/en/exchange/desk/owners.csv",
    ):
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert answer["Content-Type"].startswith("text/csv")
        assert "attachment" in answer["Content-Disposition"]


# --- what was tampered with


def test_a_tampered_certificate_or_status_list_is_told(market: Market) -> None:
    """Whatever is changed in a certificate, verification blocks it; a list that was changed vouches for nothing."""
    from dataferry.server import journal
    from dataferry.server.exchange.actions.certificates import revoke, status_list
    from dataferry.server.exchange.models import Certificate
    from dataferry.server.journal import clock
    from dataferry.server.papers import credentials

    row = Certificate.objects.get(serial=market.season.places["traded"]["serial"])
    site, keys = str(row.credential["id"]).partition("/exchange/")[0], journal.trusted_keys()

    def wrong(credential: Any, listed: Any) -> list[str]:
        found = credentials.verify(credential, keys, [listed], at=clock.now())
        return [finding.code for finding in found if finding.severity == "blocked"]

    # It counts from the end of the notice on, which in the season is days ahead.
    with undone(), clock.standing_at(clock.now() + timedelta(days=5)):
        listed = status_list(site)
        assert wrong(row.credential, listed) == []
        for change in _changed(row.credential):
            assert wrong(change, listed), change
        revoke(row, actor="system", because="cancelled")
        after = status_list(site)
        assert wrong(row.credential, after)
        forged = copy.deepcopy(after)
        forged["credentialSubject"]["encodedList"] = listed["credentialSubject"]["encodedList"]
        assert credentials.verify(row.credential, keys, [forged], at=clock.now()), "its bit is cleared, nobody signed"


def _changed(credential: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The credential with each of its own statements changed, one at a time."""
    for name in ("issuer", "validFrom", "credentialSubject", "proof"):
        if name not in credential:
            continue
        change = copy.deepcopy(credential)
        if isinstance(change[name], dict):
            inner = next(key for key, value in change[name].items() if isinstance(value, str))
            change[name][inner] += "x"
        else:
            change[name] = "2001-01-01T00:00:00Z" if name == "validFrom" else "did:web:elsewhere.example"
        yield change
    without = copy.deepcopy(credential)
    del without["proof"]
    yield without


def test_a_tampered_event_of_the_trip_is_found_and_named(market: Market) -> None:
    """A payment that somebody else is said to have confirmed, and one that never was."""
    from dataferry.server import journal
    from server.journal.chains import named, rewrite, rows

    assert journal.verify().sound
    assert journal.replay(journal.events()).findings == []
    place = next(i for i, row in enumerate(rows()) if row["act"] == "exchange.payment_confirmed")

    def other_person(stored: list[dict[str, Any]]) -> None:
        stored[place]["actor"] = "person:99"

    for change in (other_person, lambda stored: stored.pop(place)):
        with undone():
            rewrite(change)
            result = journal.verify()
        assert not result.sound
        assert place + 1 in named(result.findings)


def test_a_tampered_file_address_opens_nothing(market: Market) -> None:
    place, client = market.season.places["traded"], market.client("visitor")
    grant, file, signature = place["grant"], place["file"], place["signature"]

    def status(grant: str = grant, file: str = file, signature: str = signature) -> int:
        answer = client.get(f"/delivery/files/{grant}/{file}?{signature}")
        read(answer)
        return int(answer.status_code)

    assert status() == 200
    parts = grant.split("-")
    for number in range(len(parts)):
        other = [*parts]
        other[number] = other[number][:-1] + ("1" if other[number][-1] != "1" else "2")
        assert status(grant="-".join(other)) == 403, other
    name, _equals, value = signature.partition("=")
    flipped = ("A" if value[0] != "A" else "B") + value[1:]
    for forged in ("", f"{name}=", f"{name}={flipped}", f"{name}={value}0", f"{name}=%ed%a0%80", f"{name}={'é' * 9}"):
        assert status(signature=forged) == 403, forged
    for other in ("other.parquet", "..%2f..%2fdata.parquet", f"{file}%00", file.upper()):
        assert status(file=other) in (403, 404), other


# --- secrets


def test_what_opens_doors_stands_in_no_log_journal_or_job(market: Market) -> None:
    """Over the whole trip at DEBUG, and over requests that carry a token or a signature, good or not."""
    from dataferry.server.jobs import Job
    from dataferry.server.journal.models import Event
    from dataferry.server.letters.models import Letter

    place, client = market.season.places["traded"], market.client("visitor")
    token, signature = place["token"], place["signature"].partition("=")[2]
    headers = {"authorization": f"Bearer {token}"}
    with undone(), listening() as later:
        for address in (
            f"/delta-sharing/shares/{place['share']}",
            "/delta-sharing/shares/of-somebody-else",
            f"/delivery/download/{place['share']}.csv",
            f"/delivery/download/{place['share']}.nothing",
            f"/delivery/rows/{place['share']}",
            f"/delivery/files/{place['grant']}/{place['file']}?{place['signature']}",
            f"/delivery/files/{place['grant']}/no-such-name?{place['signature']}",
        ):
            read(client.get(address, headers=headers))
        buyer = market.client("buyer's manager")
        buyer.post(f"/en/delivery/{place['entitlement']}/profile", {"token": token})
        buyer.post(f"/en/delivery/{place['entitlement']}/profile", {"token": token[:-1]})
    said = [*market.said, *later]
    assert market.said, "something should be logged"
    assert len(later) > 2
    kept = [json.dumps(event.payload) + event.object for event in Event.objects.all()]
    kept += [str(vars(job)) for job in Job.objects.all()]
    kept += [str(vars(letter)) for letter in Letter.objects.all()]
    for secret in (*set(market.season.tokens.values()), signature):
        assert len(secret) > 20
        for text in (*said, *kept):
            assert secret not in text
            assert secret[8:-8] not in text, "nor the most of it"
