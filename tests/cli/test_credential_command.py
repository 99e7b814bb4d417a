"""Promise: anybody can check a certificate offline, is told all that is wrong with it, and how to mend a wrong call."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dataferry.server.papers import credentials

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
LIST = "https://ferry.example/credentials/status/1"
ISSUER = credentials.Issuer("The [bold]organisers", "https://ferry.example/issuer")
FROM = datetime(2026, 11, 22, tzinfo=UTC)
AT = ("--at", "2026-12-01T00:00:00+08:00")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    credential = credentials.issue(
        {"award": "grand"},
        identifier="urn:uuid:8d3f5c50-5f20-4b8a-9e0d-0f2f6d7d8a11",
        kinds=("ChallengeAward",),
        name={"en": "Award"},
        key=KEY,
        issuer=ISSUER,
        valid_from=FROM,
        status=credentials.status_entry(LIST, 7),
    )
    values: dict[str, Any] = {
        "award.json": credential,
        "forged.json": {**credential, "credentialSubject": {"award": "every"}},
        "issuer.json": credentials.controller_document(ISSUER, [KEY.public_key()]),
    }
    for name, marked in (("status.json", []), ("later.json", [7])):
        values[name] = credentials.issue_status_list(marked, address=LIST, key=KEY, issuer=ISSUER, valid_from=FROM)
    for name, value in values.items():
        (tmp_path / name).write_text(json.dumps(value), encoding="utf-8")
    house = tmp_path / "house" / "keys"
    house.mkdir(parents=True)
    pem = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (house / "0.pub.pem").write_bytes(pem)
    return tmp_path


@pytest.mark.parametrize("trust", [("--key", "issuer.json"), ("--home", "house"), ("--key", "house/keys/0.pub.pem")])
def test_a_credential_that_holds(command: Callable[..., Any], files: Path, trust: tuple[str, str]) -> None:
    ended = command("credential", "verify", "award.json", *trust, "--status-list", "status.json", *AT)
    assert ended.code == 0, ended
    assert "The credential holds. Issued by The [bold]organisers." in ended.out


def test_what_is_wrong_is_told_and_ends_with_three(command: Callable[..., Any], files: Path) -> None:
    trust = ("--key", "issuer.json", *AT)
    revoked = command("credential", "verify", "award.json", *trust, "--status-list", "later.json", "--json")
    assert revoked.code == 3
    assert [each["code"] for each in json.loads(revoked.out)["findings"]] == ["server.papers.revoked"]
    forged = command("credential", "verify", "forged.json", *AT)
    assert forged.code == 3
    for words in ("not among the trusted", "does not fit the content", "has not been checked"):
        assert words in forged.out
    unchecked = command("credential", "verify", "award.json", *trust, "--json")
    assert (unchecked.code, json.loads(unchecked.out)["holds"]) == (0, True)
    early = command(
        "credential", "verify", "award.json", "--key", "issuer.json", "--at", "2026-01-01T00:00:00Z", "--json"
    )
    assert json.loads(early.out)["findings"][0]["code"] == "server.papers.not_yet_valid"


def test_a_wrong_call_is_told(command: Callable[..., Any], files: Path) -> None:
    (files / "twice.json").write_text('{"a": 1, "a": 2}')
    (files / "empty").mkdir()
    for words, code, said in (
        (("absent.json",), 6, "cannot be read"),
        (("empty",), 6, "cannot be read"),
        (("twice.json",), 3, "no JSON text"),
        (("award.json", "--key", "award.json"), 3, "no Ed25519 public key"),
        (("award.json", "--home", "empty"), 6, "holds no public key"),
        (("award.json", "--at", "tomorrow"), 2, "no instant"),
        (("award.json", "--at", "2026-12-01T00:00:00"), 2, "no instant"),
    ):
        ended = command("credential", "verify", *words)
        assert ended.code == code, (words, ended)
        assert said in ended.err
