"""Promise: messages of vehicles (GB/T 32960) kept whole are found by their arithmetic, and nothing else is."""

import base64
from functools import reduce
from operator import xor
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataferry.privacy import judge, suggest_steps
from dataferry.privacy.vehicle_frames import is_frame
from dataferry.tables import read

VIN = b"LSVAA4182E2123456"


def frame(data: bytes, start: bytes = b"##", vin: bytes = VIN) -> bytes:
    body = b"\x02\xfe" + vin + b"\x01" + len(data).to_bytes(2, "big") + data
    return start + body + bytes([reduce(xor, body)])


@given(st.binary(max_size=300), st.sampled_from([b"##", b"$$"]), st.binary(max_size=9))
def test_both_editions_are_known_whatever_they_carry(data: bytes, start: bytes, behind: bytes) -> None:
    assert is_frame(frame(data, start) + behind)


@given(st.binary(max_size=60), st.integers(0), st.integers(1, 255))
def test_one_wrong_byte_is_no_message(data: bytes, place: int, change: int) -> None:
    spoilt = bytearray(frame(data))
    spoilt[place % (len(spoilt))] ^= change
    assert not is_frame(bytes(spoilt)) or 22 <= place % len(spoilt) <= 23, "another length may meet another checksum"


@given(st.binary(max_size=80))
def test_bytes_of_any_kind_are_answered(data: bytes) -> None:
    assert is_frame(data) in (True, False)


WRITTEN = {
    "hex": bytes.hex,
    "capitals": lambda one: bytes.hex(one).upper(),
    "a log": lambda one: bytes.hex(one, " ").upper(),
    "bytes of a program": lambda one: ", ".join(f"0x{byte:02X}" for byte in one),
    "one number": lambda one: f"0x{one.hex()}",
    "base64": lambda one: base64.b64encode(one).decode(),
    "bytes": bytes,
    "bytes of one length": lambda one: pa.scalar(one, pa.binary(len(one))),
}


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
def test_a_column_of_messages_is_blocked(written: object) -> None:
    column = pa.array([written(frame(bytes([n] * 30))) for n in range(40)])  # type: ignore[operator]
    report = judge(pa.table({"received": list(range(40)), "message": column}))
    assert report.state == "blocked"
    assert [(one.code, one.data) for one in report.findings if one.severity == "blocked"] == [
        ("privacy.vehicle_frames", {"rule": "EV-01", "columns": ["message"]})
    ]
    assert [step.columns for step in suggest_steps(report)] == [["message"]]  # type: ignore[union-attr]


def test_digests_and_keys_in_hex_are_none() -> None:
    digests = [f"2323{n:060x}" for n in range(40)]
    assert judge(pa.table({"digest": digests, "raw": [bytes.fromhex(one) for one in digests]})).state == "clear"


@pytest.mark.real
def test_the_real_messages_of_a_vehicle_are_blocked(real: Path) -> None:
    report = judge(read(real / "ev-gb32960-frames/vehicle_A_2019-12-30.gbk.csv").table)
    assert [one.data["columns"] for one in report.findings if one.code == "privacy.vehicle_frames"] == [["报文内容"]]
    assert report.privacy_class == "sensitive-personal"
