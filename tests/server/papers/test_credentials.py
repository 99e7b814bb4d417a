"""Promise: every verifier of the standard can check what we sign; what was changed, revoked or forged is told."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import assume, given
from hypothesis import strategies as st

from dataferry.messages import InputError
from dataferry.server.journal.canonical import DEEPEST, canonical, plain
from dataferry.server.papers import credentials
from dataferry.server.papers.credentials import Issuer, StatusList
from dataferry.server.papers.credentials.keys import from_base58, key_of_method, to_base58
from dataferry.server.papers.credentials.proofs import _hashes, fits, sign

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(reversed(range(32))))
SITE = Issuer("Two-city challenge", "https://ferry.example/issuer")
HOUSE = Issuer("Two-city challenge")
LIST = "https://ferry.example/credentials/status/1"
TRUSTED = [KEY.public_key()]

# The worked example of the Recommendation (W3C vc-di-eddsa, appendix on eddsa-jcs-2022): keys, text and results.
EXAMPLE_SECRET = "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq"
EXAMPLE_KEY = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
EXAMPLE: dict[str, Any] = {
    "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
    "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
    "type": ["VerifiableCredential", "AlumniCredential"],
    "name": "Alumni Credential",
    "description": "A minimum viable example of an Alumni Credential.",
    "issuer": "https://vc.example/issuers/5678",
    "validFrom": "2023-01-01T00:00:00Z",
    "credentialSubject": {"id": "did:example:abcdefgh", "alumniOf": "The School of Examples"},
}
EXAMPLE_HASHES = (
    "66ab154f5c2890a140cb8388a22a160454f80575f6eae09e5a097cabe539a1db"
    "59b7cb6251b8991add1ce0bc83107e3db9dbbab5bd2c28f687db1a03abc92f19"
)
EXAMPLE_PROOF = "z2HnFSSPPBzR36zdDgK8PbEHeXbR56YF24jwMpt3R1eHXQzJDMWS93FCzpvJpwTWd3GAVFuUfjoJdcnTMuVor51aX"
# The list of 131,072 zeros in W3C Bitstring Status List 1.0.
EXAMPLE_LIST = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"


def issued(issuer: Issuer = SITE, key: Ed25519PrivateKey = KEY, **more: Any) -> dict[str, Any]:
    options: dict[str, Any] = {
        "identifier": "urn:uuid:8d3f5c50-5f20-4b8a-9e0d-0f2f6d7d8a11",
        "kinds": ("ChallengeAward",),
        "name": {"en": "Grand Award", "zh-Hant": "大獎"},
        "valid_from": NOW - timedelta(days=1),
        **more,
    }
    return credentials.issue({"award": "grand", "team": "深水埗 😀", "place": 1}, key=key, issuer=issuer, **options)


def status_list(*marked: int, issuer: Issuer = SITE, key: Ed25519PrivateKey = KEY, **more: Any) -> dict[str, Any]:
    return credentials.issue_status_list(
        marked, address=LIST, key=key, issuer=issuer, valid_from=NOW - timedelta(hours=1), **more
    )


def codes(credential: Any, *more: Any, keys: Any = TRUSTED, at: datetime = NOW) -> list[str]:
    found = credentials.verify(credential, keys, *more, at=at)
    assert all(finding.text("zh-Hant") != finding.text("en") for finding in found)
    return [finding.code.removeprefix("server.papers.") for finding in found]


# The standards


def test_the_example_of_the_recommendation_comes_out_to_the_letter() -> None:
    seed = from_base58(EXAMPLE_SECRET[1:])
    assert seed[:2] == b"\x80\x26"
    key = Ed25519PrivateKey.from_private_bytes(seed[2:])
    assert credentials.multikey(key.public_key()) == EXAMPLE_KEY
    method = f"did:key:{EXAMPLE_KEY}#{EXAMPLE_KEY}"
    signed = sign(EXAMPLE, key, method, "2023-02-24T23:36:38Z")
    assert signed["proof"]["proofValue"] == EXAMPLE_PROOF
    options = {name: value for name, value in signed["proof"].items() if name != "proofValue"}
    assert _hashes(EXAMPLE, options).hex() == EXAMPLE_HASHES
    assert fits(signed, signed["proof"], key_of_method(method)[1])
    # Its issuer is another than the controller of its key: we would not accept that.
    assert codes(signed, keys=[key.public_key()]) == ["wrong_issuer"]


def test_the_list_of_the_recommendation_is_read_and_written() -> None:
    assert StatusList.read(EXAMPLE_LIST) == StatusList.of(())
    made = StatusList.of([0, 9, 131_071])
    assert made.raw[:2] == b"\x80\x40"
    assert made.raw[-1] == 1
    again = StatusList.read(made.encoded())
    assert [index for index in range(again.size) if again.marked(index)] == [0, 9, 131_071]
    with pytest.raises(IndexError):
        again.marked(131_072)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)
KEYS_OF_THE_JOURNAL = st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), JSON))
def test_canonical_json_is_one_text_for_one_value_in_any_order(value: dict[str, Any]) -> None:
    text = rfc8785.dumps(value)
    assert json.loads(text) == value
    backwards = dict(reversed(value.items()))
    assert rfc8785.dumps(backwards) == text
    names = list(json.loads(text))
    assert names == sorted(names, key=lambda name: name.encode("utf-16-be")), "ordered by UTF-16, as RFC 8785 asks"


OF_THE_JOURNAL = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS_OF_THE_JOURNAL, inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(KEYS_OF_THE_JOURNAL, OF_THE_JOURNAL, max_size=4))
def test_the_journal_writes_what_rfc_8785_writes(value: dict[str, Any]) -> None:
    """For the names that the journal allows; its order of names beyond the basic plane would be another."""
    assume(deep(value) <= DEEPEST)
    assert canonical(plain(value)).encode() == rfc8785.dumps(value)


def deep(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max((deep(item) for item in inner), default=-1)


@given(st.binary(max_size=70))
def test_base58_goes_there_and_back(raw: bytes) -> None:
    assert from_base58(to_base58(raw)) == raw


# What we issue


@pytest.mark.parametrize("issuer", [SITE, HOUSE], ids=["address", "did:key"])
def test_a_credential_is_whole_and_holds(issuer: Issuer) -> None:
    credential = issued(issuer, status=credentials.status_entry(LIST, 94_567))
    assert credential["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert credential["type"] == ["VerifiableCredential", "ChallengeAward"]
    assert credential["name"][1] == {"@value": "大獎", "@language": "zh-Hant"}
    assert credential["validFrom"] == "2026-11-21T08:00:00Z"
    assert credential["proof"]["verificationMethod"].startswith(credential["issuer"]["id"] + "#z6Mk")
    through = json.loads(json.dumps(credential, indent=3))
    assert codes(through, status_list(issuer=issuer)) == []
    assert codes(through) == ["status_unchecked"]
    assert issued(issuer) == issued(issuer), "Ed25519 signs deterministically"


def test_others_proofs_beside_ours_do_no_harm() -> None:
    credential = issued()
    credential["proof"] = [{"type": "DataIntegrityProof", "cryptosuite": "ecdsa-rdfc-2019"}, credential["proof"]]
    assert codes(credential) == []


def test_the_controller_document_lists_the_keys() -> None:
    document = credentials.controller_document(SITE, [KEY.public_key(), OTHER.public_key()])
    methods = {method["id"]: method["publicKeyMultibase"] for method in document["verificationMethod"]}
    assert issued()["proof"]["verificationMethod"] in methods
    assert sorted(methods) == document["assertionMethod"]
    read = credentials.read_keys(json.dumps(document).encode(), "issuer.json")
    assert codes(issued(), keys=read) == []


# What is wrong is told


def changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    credential = copy.deepcopy(issued())
    place = credential
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return credential


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("credentialSubject", "place"), 2),
        (("credentialSubject", "award"), "Grand"),
        (("credentialSubject", "more"), None),
        (("validUntil",), "2099-01-01T00:00:00Z"),
        (("validFrom",), "2026-11-21T08:00:00.0Z"),
        (("name", 0, "@value"), "Grand  Award"),
        (("type",), ["VerifiableCredential", "OtherAward"]),
        (("@context", 1, "@vocab"), "urn:other:"),
        (("proof", "created"), "2026-11-21T08:00:01Z"),
        (("proof", "proofValue"), "z" + "1" * 64),
        (("proof", "proofValue"), "u" + "1" * 64),
        (("proof", "proofValue"), "z0OIl"),
        (("proof", "proofValue"), None),
        (("proof", "@context"), ["https://www.w3.org/ns/credentials/v2", {"@vocab": "urn:other:"}]),
        (("credentialSubject", "place"), 2**60),
        (("credentialSubject", "place"), float("inf")),
    ],
)
def test_every_change_is_found(path: tuple[Any, ...], value: Any) -> None:
    assert codes(changed(path, value)) == ["tampered"]


def test_forgeries_are_found() -> None:
    assert codes(issued(key=OTHER)) == ["unknown_key"]
    stranger = issued(Issuer("Two-city challenge", "https://evil.example/issuer"))
    assert codes(stranger) == []  # our own key, used for another address, is still our key
    renamed = copy.deepcopy(stranger)
    renamed["issuer"]["id"] = SITE.address
    assert codes(renamed) == ["wrong_issuer", "tampered"]
    unsigned = issued()
    del unsigned["proof"]
    assert codes(unsigned) == ["no_proof"]
    for method in ("did:key:zNothing", "did:web:ferry.example#1", "https://ferry.example/issuer#key-1", None, 7):
        assert codes(changed(("proof", "verificationMethod"), method)) == ["unknown_key"]
    mixed = f"did:key:{credentials.multikey(KEY.public_key())}#{credentials.multikey(OTHER.public_key())}"
    assert codes(changed(("proof", "verificationMethod"), mixed)) == ["unknown_key"]


def test_times_are_judged_to_the_second() -> None:
    credential = issued(valid_from=NOW, valid_until=NOW + timedelta(days=1))
    second = timedelta(seconds=1)
    assert codes(credential, at=NOW - second) == ["not_yet_valid"]
    assert codes(credential, at=NOW) == []
    assert codes(credential, at=NOW + timedelta(days=1) - second) == []
    assert codes(credential, at=NOW + timedelta(days=1)) == ["expired"]
    with pytest.raises(ValueError, match="ends after"):
        issued(valid_from=NOW, valid_until=NOW)
    with pytest.raises(ValueError, match="zone"):
        issued(valid_from=NOW.replace(tzinfo=None))


def test_revocation_is_seen_by_everybody_who_has_the_list() -> None:
    credential = issued(status=credentials.status_entry(LIST, 5))
    assert codes(credential, status_list(4, 6)) == []
    assert codes(credential, status_list(5)) == ["revoked"]
    both = issued(status=[credentials.status_entry(LIST, 5), credentials.status_entry(LIST + "s", 5, "suspension")])
    suspended = {**status_list(5, purpose="suspension")}
    assert codes(both, [status_list(), suspended]) == ["status_unchecked"], "the list of another address does not count"
    paused = credentials.issue_status_list(
        [5], address=LIST + "s", key=KEY, issuer=SITE, valid_from=NOW - timedelta(hours=1), purpose="suspension"
    )
    assert codes(both, [status_list(), paused]) == ["suspended"]


def test_a_list_that_is_not_the_issuers_own_proves_nothing() -> None:
    credential = issued(status=credentials.status_entry(LIST, 5))
    forged = copy.deepcopy(status_list(5))
    forged["credentialSubject"]["encodedList"] = StatusList.of(()).encoded()
    stale = status_list(valid_for=timedelta(minutes=30))
    bomb = status_list()
    bomb["credentialSubject"]["encodedList"] = "u" + "A" * 100
    lists = [
        forged,
        stale,
        bomb,
        status_list(key=OTHER),
        status_list(issuer=Issuer("x", "https://evil.example/")),
        status_list(purpose="suspension"),
        {"id": LIST},
    ]
    assert [codes(credential, each) for each in lists] == [["status_list_unsound"]] * len(lists)
    for index in ("131072", "-1", "five", "", None, "٥"):
        entry = {**credentials.status_entry(LIST, 5), "statusListIndex": index}
        assert codes(issued(status=entry), status_list(5)) == ["status_list_unsound"]


def test_a_bomb_of_a_list_is_not_unpacked() -> None:
    import base64
    import gzip

    bomb = "u" + base64.urlsafe_b64encode(gzip.compress(bytes(40 * 1024 * 1024))).decode()
    for text in (bomb, "u", "", "uAAAA", "H4sI", EXAMPLE_LIST[:-8], "u" + "é" * 8):
        with pytest.raises(ValueError, match="no encoded list"):
            StatusList.read(text)
    for wrong in (8, 131_073, 2**40):
        with pytest.raises(ValueError, match="size"):
            StatusList.of((), wrong)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)


@given(st.sampled_from(sorted(issued())), ANYTHING)
def test_whatever_stands_in_a_credential_there_is_an_answer(name: str, value: Any) -> None:
    credential = {**issued(status=credentials.status_entry(LIST, 5)), name: value}
    found = credentials.verify(credential, TRUSTED, credential, at=NOW)
    assert found
    assert all(finding.text() for finding in found)


@given(
    st.dictionaries(
        st.sampled_from(["type", "cryptosuite", "proofPurpose", "expires", "@context", "proofValue"]), ANYTHING
    )
)
def test_whatever_stands_in_a_proof_there_is_an_answer(more: dict[str, Any]) -> None:
    credential = issued()
    credential["proof"] = {**credential["proof"], **more}
    assert credential["proof"] == issued()["proof"] or codes(credential)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-13-01T00:00:00Z"])
def test_the_ends_of_the_calendar_are_no_fault(moment: str) -> None:
    assert codes(changed(("validUntil",), moment))
    assert codes(changed(("validFrom",), moment))


# Files


def test_keys_are_read_in_every_form_and_nothing_else_is() -> None:
    key = KEY.public_key()
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    name = credentials.multikey(key)
    for body in (pem, name.encode(), f"did:key:{name}".encode(), f"  did:key:{name}#{name}\n".encode()):
        assert [credentials.multikey(each) for each in credentials.read_keys(body, "key")] == [name]
    private = KEY.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for body in (private, b"", b"\xff", b"{}", b"[]", b'{"verificationMethod": [7]}', b"z" * 500, b"did:web:x"):
        with pytest.raises(InputError) as caught:
            credentials.read_keys(body, "key")
        assert caught.value.code == "server.papers.no_keys"


@pytest.mark.parametrize("body", [b'{"a":1,"a":2}', b"{", b"\xff\xfe", b"[" * 100_000, b'{"a": NaN}', b""])
def test_json_that_two_readers_could_read_differently_is_refused(body: bytes) -> None:
    with pytest.raises(InputError) as caught:
        credentials.read_json(body, "credential.json")
    assert caught.value.code == "server.papers.no_json"
