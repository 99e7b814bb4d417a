"""Promise: a buyer's engineer walks the whole of their side by the commands: find, order, sign, key, profile, file.

The real application answers on a real socket; the supplier's side is done by the real actions.
"""

from __future__ import annotations

import csv
import json
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from dataferry.client import Client
from server.market import make_listed, make_merchant, make_offer, pay
from server.persons import make_person

pytestmark = pytest.mark.django_db(transaction=True)
Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def run(live_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`run("market", "data")` as a person types it; the exit code, and the JSON or the words that came."""
    from dataferry.cli import main

    monkeypatch.setenv("DATAFERRY_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("DATAFERRY_SERVER", live_server.url)
    monkeypatch.setenv("DATAFERRY_LANG", "en")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)

    def typed(*words: object, plain: bool = False) -> tuple[int, Any]:
        monkeypatch.setattr(sys, "argv", ["dataferry", "market", *map(str, words), *([] if plain else ["--json"])])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        out = capsys.readouterr().out
        return code, out if plain else json.loads(out)

    return typed


def token_of(person: Any, *scopes: str) -> str:
    from dataferry.server.people.actions import issue_token

    return str(issue_token(person, "laptop", scopes, 30)[1])


def test_a_buyer_walks_from_the_list_to_the_data(
    run: Run, registered: Any, live_server: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from dataferry.server import journal
    from dataferry.server.exchange.actions import agreements

    supplier, buyer = make_merchant("hong-kong", "supplier"), make_merchant("hong-kong", "buyer")
    listing = make_listed(supplier, registered)
    make_offer(listing, supplier.manager, "one_off", amount=120_001)
    monkeypatch.setenv("DATAFERRY_TOKEN", token_of(buyer.manager, "read", "write"))

    assert [each["number"] for each in run("list")[1]] == [listing.number]
    assert run("list", "no", "such", "thing") == (0, [])
    shown = run("show", listing.number)[1]
    offer, scenario = shown["offers"][0], shown["scenarios"][0]
    words = run("show", listing.number, plain=True)[1]
    assert "HKD 1,200.01" in words
    assert max(map(len, words.splitlines())) <= 80

    code, refused = run("order", offer["number"], "--purpose", "mining", "--scenario", scenario["code"])
    assert (code, refused["error"]["code"]) == (3, "server.exchange.unknown_purpose")
    code, made = run("order", offer["number"], "--purpose", "research", "--scenario", scenario["code"])
    assert (code, made["state"]) == (0, "drawn_up")
    number = made["number"]

    # Nobody is there to be asked; and other terms than those that were read are not signed.
    assert run("sign", number)[0] == 2
    assert run("sign", number, "--yes")[0] == 2
    code, refused = run("sign", number, "--yes", "--digest", "sha256:" + "0" * 64)
    assert (code, refused["error"]["code"]) == (4, "client.terms_differ")
    code, signed = run("sign", number, "--yes", "--digest", made["digest"])
    assert (code, signed["signed"]) == (0, ["buyer"])

    from dataferry.server.exchange.models import Agreement

    agreement = Agreement.objects.get(number=number)
    agreement = agreements.sign(supplier.manager, agreement, "supplier", agreement.digest)
    due = run("agreements")[1]["due"]
    assert [(each["total"], each["currency"]) for each in due] == [(120_001, "HKD")]
    assert run("data")[1] == []
    pay(agreement, buyer, make_person("", "exchange-operator"))
    journal.catch_up()

    found = run("data")[1]
    delivery = found[0]["number"]
    assert (found[0]["state"], found[0]["usage"]["calls"]) == ("granted", 0)
    code, told = run("fetch", delivery, "--out", "data.parquet")
    table = pq.read_table(tmp_path / "data.parquet")
    assert (code, told["bytes"]) == (0, (tmp_path / "data.parquet").stat().st_size)
    code, refused = run("fetch", delivery, "--out", "data.parquet")
    assert (code, refused["error"]["code"]) == (4, "client.file_there")
    code, told = run("fetch", delivery, "--format", "csv")
    with Path(told["file"]).open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) == table.num_rows
    # What was asked for and refused here is not counted.
    assert run("data")[1][0]["usage"]["calls"] == 2

    code, told = run("profile", delivery)
    profile = tmp_path / told["file"]
    assert stat.S_IMODE(profile.stat().st_mode) == 0o600
    assert json.loads(profile.read_text())["endpoint"] == f"{live_server.url}/delta-sharing"
    assert run("key", delivery)[0] == 2
    code, told = run("key", delivery, "--scope", "rows", "--out", "key")
    key = (tmp_path / "key").read_text().strip()
    assert (code, stat.S_IMODE((tmp_path / "key").stat().st_mode)) == (0, 0o600)
    assert key not in json.dumps(told)
    assert json.loads(profile.read_text())["bearerToken"] not in run("profile", delivery, "--replace", plain=True)[1]

    # The same from Python, with a token that may only read: rows need a key then.
    with Client(live_server.url, token_of(buyer.manager, "read")) as client:
        rows = list(client.market.rows(delivery, columns=table.column_names[:2], key=key, at_once=2))
        assert len(rows) == table.num_rows
        assert set(rows[0]) == set(table.column_names[:2])
        assert client.market.usage(delivery).rows == 3 * table.num_rows
    with Client(live_server.url, token_of(buyer.manager, "write")) as client:
        first = next(client.market.rows(delivery, at_once=1))
        assert set(first) == set(table.column_names)
        own = [each for each in client.market.keys(delivery) if each.label == "dataferry client"]
        assert own[0].revoked_at is None
    with Client(live_server.url, token_of(buyer.manager, "read")) as client:
        assert all(each.revoked_at for each in client.market.keys(delivery) if each.label == "dataferry client")

    # Another's delivery is not there.
    monkeypatch.setenv("DATAFERRY_TOKEN", token_of(make_merchant("hong-kong", "buyer").manager, "write"))
    assert run("fetch", delivery, "--out", "stolen")[0] == 6
    assert not (tmp_path / "stolen").exists()
