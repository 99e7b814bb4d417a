"""Promise: a signed head, kept elsewhere, shows a chain that was rewritten as a whole; the key stays private."""

from __future__ import annotations

import base64
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.db import connection

from dataferry.messages import InputError, MissingError, RefusedError, UnavailableError, UsageError
from dataferry.server import journal
from dataferry.server.journal.anchors import anchor_file
from dataferry.server.journal.keys import key_id
from server.guards import without_triggers
from server.journal.chains import named, rewrite, right_hash, write

pytestmark = pytest.mark.django_db


def codes(result: journal.Verification) -> set[str]:
    return {finding.code.rpartition(".")[2] for finding in result.findings}


def test_an_anchor_is_checked_with_the_public_key_only(home: Path) -> None:
    write(3)
    anchor = journal.make_anchor()
    file = anchor_file(anchor)
    document = json.loads(file.read_bytes())
    public = serialization.load_pem_public_key((home / "keys" / f"{anchor.key}.pub.pem").read_bytes())
    assert isinstance(public, Ed25519PublicKey)
    signed = json.dumps(document["statement"], sort_keys=True, separators=(",", ":")).encode()
    public.verify(base64.b64decode(document["signature"]), signed)
    chain = journal.Chain.objects.get()
    assert (document["statement"]["hash"], document["statement"]["sequence"]) == (chain.hash, 3)
    (home / "keys" / "signing_key.pem").unlink()
    result = journal.verify()
    assert (result.sound, result.anchors, result.anchored) == (True, 1, 1)


def test_the_same_head_is_anchored_once(home: Path) -> None:
    with pytest.raises(MissingError):
        journal.make_anchor()
    write(1)
    first = journal.make_anchor()
    assert journal.make_anchor() == first
    write(1)
    assert journal.make_anchor().sequence == 2
    assert len(list((home / "anchors").iterdir())) == 2
    assert journal.verify().anchored == 2


def test_a_chain_rewritten_as_a_whole_is_found_by_its_anchor(home: Path, tmp_path: Path) -> None:
    write(6)
    anchor = journal.make_anchor()
    kept = tmp_path / "kept.json"
    kept.write_bytes(anchor_file(anchor).read_bytes())
    write(2)
    _forge_everything()
    _lose_anchors()
    anchor_file(anchor).unlink()
    assert journal.verify().sound, "a thief of the whole database can hide from whoever kept nothing"
    result = journal.verify([journal.read_anchor(kept)])
    assert codes(result) == {"anchor_differs"}
    assert named(result.findings) == {6}


def test_a_shortened_journal_is_found_by_its_anchor(home: Path) -> None:
    write(6)
    journal.make_anchor()
    with without_triggers(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM journal_event WHERE sequence > 4")
        cursor.execute(
            "UPDATE journal_chain SET sequence = 4, hash = (SELECT hash FROM journal_event WHERE sequence = 4)"
        )
    assert codes(journal.verify()) == {"anchor_ahead"}


def _forge_everything() -> None:
    """Change the second event and compute every later hash anew, and the head: a chain that fits together."""

    def change(all_rows: list[dict[str, Any]]) -> None:
        all_rows[1]["object"] = "dataset:forged"
        for before, row in zip([None, *all_rows], all_rows, strict=False):
            row["previous"] = before["hash"] if before else row["previous"]
            row["hash"] = right_hash(row)

    rewrite(change)
    with without_triggers(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE journal_chain SET hash = (SELECT hash FROM journal_event ORDER BY sequence DESC LIMIT 1)"
        )


def _lose_anchors() -> None:
    with without_triggers(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM journal_anchor")


def test_anchors_that_show_nothing_are_told(home: Path, tmp_path: Path) -> None:
    write(2)
    document = json.loads(journal.make_anchor().document)
    stranger = Ed25519PrivateKey.generate()

    def anchor(name: str, **changes: Any) -> Any:
        value = {**document, "statement": {**document["statement"], **changes}}
        return journal.parse_anchor(json.dumps(value), name)

    result = journal.verify([anchor("changed", sequence=1), anchor("foreign", key=key_id(stranger.public_key()))])
    assert codes(result) == {"anchor_wrong_signature", "anchor_unknown_key"}
    (home / "anchors" / "unsigned.json").write_text(json.dumps({"statement": document["statement"]}))
    (home / "anchors" / "junk.json").write_text("[" * 4000)
    assert codes(journal.verify()) == {"anchor_unsigned", "anchor_unreadable"}


@pytest.mark.parametrize(
    "body", ["", "{}", "[]", "null", '{"statement": []}', '{"statement": {"format": 1}}', "\x00" * 9999]
)
def test_junk_is_no_anchor(body: str) -> None:
    with pytest.raises(InputError):
        journal.parse_anchor(body, "junk")


def test_an_anchor_of_another_instance_is_told(home: Path) -> None:
    write(1)
    journal.make_anchor()
    with without_triggers(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM journal_event")
        cursor.execute("DELETE FROM journal_chain")
        cursor.execute("DELETE FROM journal_anchor")
    write(1)
    assert codes(journal.verify()) == {"anchor_of_another_instance"}


def test_the_key_is_private_or_refused(home: Path) -> None:
    journal.signing_key()
    file = home / "keys" / "signing_key.pem"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = journal.signing_key()
    assert key_id(again.public_key()) == key_id(journal.signing_key().public_key())
    file.chmod(0o640)
    with pytest.raises(RefusedError, match="640"):
        journal.signing_key()
    file.chmod(0o600)
    file.write_text("not a key")
    with pytest.raises(InputError):
        journal.signing_key()


def test_a_key_of_the_environment_is_used_and_never_shown(home: Path, settings: Any) -> None:
    seed = base64.b64encode(os.urandom(32)).decode()
    settings.SIGNING_KEY = seed
    write(1)
    anchor = journal.make_anchor()
    assert not (home / "keys" / "signing_key.pem").exists()
    assert journal.verify().anchored == 1
    assert anchor.key == key_id(journal.signing_key().public_key())
    settings.SIGNING_KEY = seed[:-8]
    with pytest.raises(UsageError) as refused:
        journal.signing_key()
    assert seed[:8] not in str(refused.value)
    assert refused.value.__cause__ is None


def test_no_home_no_key(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "nowhere"
    with pytest.raises(UnavailableError):
        journal.signing_key()
    assert not settings.HOME.exists()
