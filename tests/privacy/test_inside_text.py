"""Promise: identifiers within remarks are found, arithmetic included; prose and numbers of things are not."""

import pyarrow as pa
import pytest

from dataferry.privacy.inside_text import search
from dataferry.privacy.texts import Texts


def found(*texts: str) -> list[str]:
    return [one.identifier for one in search(Texts(pa.array(texts, pa.string())))]


@pytest.mark.parametrize(
    ("texts", "identifier"),
    [
        (["please write to amy.chan@example.com, thank you"], "email"),
        (["业主身份证11010519491231002X，已核实身份"], "resident_id"),
        (["holder of A123456(3), seen", "card G123456(A) is lost, see above"], "hkid"),
        (["call +852 9123 4567 after office hours"], "hk_phone"),
        (["请联系 13812345678 王先生处理", "再联系 139-1234-5678 张先生"], "mainland_mobile"),
        (["车辆沪A12345停在门口已久请处理", "另有车辆苏E·1A2B3停在门口已久"], "plate_mainland"),
    ],
)
def test_found_within_prose(texts: list[str], identifier: str) -> None:
    assert found(*texts) == [identifier]


@pytest.mark.parametrize(
    "text",
    [
        "meter 12345678 replaced on 2024-05-15 at 12:30",
        "受理号 310115202405151234 已办结，请查收通知",
        "reference 123456789012345678901234567890",
        "see https://example.com/a@2x.png0 for the plan",
        "A123456(4) has a wrong check digit in this text",
    ],
)
def test_not_found(text: str) -> None:
    assert found(text) == []


def test_a_value_that_is_the_identifier_whole_is_left_to_the_column() -> None:
    assert found("someone.somewhere@example.com") == []
