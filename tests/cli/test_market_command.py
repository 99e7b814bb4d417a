"""Promise: `dataferry market` shows what a server says as plain text in 80 columns, and asks before it signs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dataferry.cli import market, market_data
from dataferry.client.market import digest_of_terms
from dataferry.client.market_records import AccessKey, Agreement, Delivery, Invoice, Listing, Offer, Usage

EVIL = "Chargers \x9b2J\ud800\x1b[2J\x1b]0;title\x07 [red]of[/] \u202etwo\ncities " + "and very many more words " * 12
LISTING = {"number": "L-2026-0001", "supplier": "M-2026-0001", "state": "listed", "title": {"en": EVIL}}
LISTING |= {
    "supplier_name": {"en": EVIL},
    "board": "transport",
    "level": "S1",
    "release": EVIL,
    "digest": "sha256:" + "0" * 64,
}
SCENARIO = {
    "code": "planning",
    "words": {"en": "Planning of charging places"},
    "purposes": ["research", "public-service"],
}
POLICY = {"purposes": ["research", "public-service"], "regions": ["hong-kong", "shanghai"]}
PLAN = {"kind": "period", "currency": "HKD", "amount": 120_001, "period_days": 365}
OFFER = {"number": "F-2026-0001", "listing": "L-2026-0001", "state": "open", "plan": PLAN, "policy": POLICY}
TERMS = {"release": "chargers@1.0.0", "plan": PLAN, "rows": ["x" * 3000], "price": {"currency": "HKD", "amount": 5}}
AGREEMENT = {"number": "A-2026-0001", "state": "drawn_up", "digest": digest_of_terms(TERMS), "terms": TERMS}
INVOICE = {"number": "I-1", "agreement": "A-2026-0001", "state": "issued", "currency": "HKD", "total": 120_001}
DELIVERY = {"number": "E-2026-0001", "agreement": "A-2026-0001", "state": "suspended", "share": "chargers-a-2026-0001"}
DELIVERY |= {"product": EVIL, "cause": EVIL}
KEY = {"id": 5, "scopes": ["files"], "expires_at": "2027-01-01T00:00:00Z", "token": "dfs_once"}


class Fake:
    """The market of a server that answers this, and what it was asked to sign."""

    def __init__(self) -> None:
        self.signed: list[str] = []
        self.revoked: list[int] = []

    def listings(self, *_words: str, **_facets: str) -> Iterator[Listing]:
        return iter([Listing.of(LISTING)])

    def listing(self, _number: str) -> Listing:
        return Listing.of({**LISTING, "scenarios": [SCENARIO, "none"], "delivery_modes": ["share"]})

    def offers(self, _number: str) -> Iterator[Offer]:
        return iter([Offer.of({**OFFER, "plan": {**PLAN, "kind": kind}}) for kind in ("period", "free", "new\x1b")])

    def agreement(self, _number: str) -> Agreement:
        return Agreement.of(AGREEMENT)

    def agreements(self) -> Iterator[Agreement]:
        return iter([Agreement.of({**AGREEMENT, "terms": {"price": {"amount": "x"}}}), Agreement.of(AGREEMENT)])

    def invoices(self) -> Iterator[Invoice]:
        return iter([Invoice.of(INVOICE), Invoice.of({**INVOICE, "number": "I-2", "state": "paid"})])

    def sign(self, _agreement: Agreement, digest: str) -> Agreement:
        self.signed.append(digest)
        return Agreement.of({**AGREEMENT, "signed": ["buyer"]})

    def deliveries(self) -> Iterator[Delivery]:
        return iter([Delivery.of(DELIVERY)])

    def usage(self, _delivery: Delivery) -> Usage:
        return Usage.of({"calls": 12_345, "rows": 9_876_543_210, "bytes": 1})

    def new_key(self, *_words: Any, **_options: Any) -> AccessKey:
        return AccessKey.of(KEY)

    def revoke_key(self, _delivery: str, key: AccessKey) -> None:
        self.revoked.append(key.id)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    made = Fake()

    @contextmanager
    def client_of(_server: str | None) -> Iterator[Any]:
        yield SimpleNamespace(market=made, server="https://ferry.example")

    for module in (market, market_data):
        monkeypatch.setattr(module, "client_of", client_of)
    return made


@pytest.mark.parametrize("language", ["en", "zh-Hant", "zh-Hans"])
@pytest.mark.parametrize("words", [("list",), ("show", "L-2026-0001"), ("agreements",), ("data",)])
def test_what_a_server_says_is_plain_text_in_80_columns(
    command: Any, fake: Fake, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], language: str
) -> None:
    from dataferry.cli.output import console

    monkeypatch.setattr(console, "_width", 80)
    monkeypatch.setenv("DATAFERRY_LANG", language)
    ended = command("market", *words)
    assert (ended.code, ended.err) == (0, "")
    assert not any(bad in ended.out for bad in "\x1b\x07\u202e")
    copied = ("dataferry market", "sha256:", ": ")
    tables = [line for line in ended.out.splitlines() if not any(part in line for part in copied)]
    assert max(map(len, tables)) <= 80
    as_json = command("market", *words, "--json").out
    assert json.loads(as_json)
    assert all(c.isprintable() or c == "\n" for c in as_json), "a terminal shows it too"


def test_prices_are_read_as_prices(command: Any, fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataferry.cli.output.console.width", 200)
    assert "HKD 1,200.01 for 365 days" in command("market", "show", "L-2026-0001").out
    told = command("market", "agreements").out
    assert "HKD 0.05" in told
    assert "I-1: HKD 1,200.01 is to be paid, see https://ferry.example/en/exchange/invoices/I-1/" in told
    assert "I-2" not in told
    assert "9,876,543,210" in command("market", "data").out


@pytest.mark.parametrize(("said", "signed"), [("y\n", [AGREEMENT["digest"]]), ("n\n", []), ("\n", [])])
def test_the_terms_are_shown_whole_and_a_person_is_asked(
    command: Any, fake: Fake, monkeypatch: pytest.MonkeyPatch, said: str, signed: list[str]
) -> None:
    import io
    import sys

    typed = io.StringIO(said)
    typed.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stdin", typed)
    ended = command("market", "sign", "A-2026-0001")
    assert ended.code == 0
    assert fake.signed == signed
    for words in ("plan.amount: 120001", "x" * 3000, AGREEMENT["digest"]):
        assert words in ended.out


def test_nobody_signs_by_accident(command: Any, fake: Fake) -> None:
    for more in ((), ("--yes",), ("--json",)):
        assert command("market", "sign", "A-2026-0001", *more).code == 2
    assert fake.signed == []
    assert command("market", "sign", "A-2026-0001", "--yes", "--digest", "sha256:1").code == 0
    assert fake.signed == ["sha256:1"]


def test_a_key_goes_where_one_says_and_nowhere_else(command: Any, fake: Fake, tmp_path: Path) -> None:
    ended = command("market", "key", "E-2026-0001", "--show")
    assert (ended.out, "dfs_once" in ended.err) == ("dfs_once\n", False)
    ended = command("market", "key", "E-2026-0001", "--out", "key")
    assert ("dfs_once" in ended.out + ended.err, (tmp_path / "key").read_text()) == (False, "dfs_once\n")
    assert command("market", "key", "E-2026-0001", "--out", "key").code == 4
    for wrong in ((), ("--show", "--out", "other"), ("--show", "--scope", "everything")):
        assert command("market", "key", "E-2026-0001", *wrong).code == 2
    assert fake.revoked == []
    assert command("market", "key", "E-2026-0001", "--out", "key/inner").code == 4
    assert fake.revoked == [5]


def test_a_refusal_of_a_hostile_server_is_plain_text(command: Any, fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataferry.client.errors import ServerRefusedError

    def refuse(_number: str) -> Agreement:
        raise ServerRefusedError("[/nothing]\u202e", "No [/red]", 403, where="\x9b2J\udc00")

    monkeypatch.setattr(fake, "agreement", refuse, raising=False)
    ended = command("market", "sign", "A-2026-0001", "--yes", "--digest", "sha256:1", "--json")
    assert (ended.code, "[/nothing]" in ended.err, "No [/red]" in ended.err) == (
        ServerRefusedError.exit_code,
        True,
        True,
    )
    assert json.loads(ended.out)["error"]["data"]["where"] == "\x9b2J\udc00"
    assert all(c.isprintable() or c == "\n" for c in ended.out)
