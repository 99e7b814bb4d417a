"""Promise: addresses of both cities, and homes apart from buildings."""

import pyarrow as pa
import pytest

from dataferry.privacy.addresses import home, street
from dataferry.privacy.texts import Texts


def passes(test, *values: str) -> list[bool]:
    return test(Texts(pa.array(values, pa.string()))).passed.tolist()


HOMES = [
    "Flat A, 12/F, 345 Nathan Road",
    "Rm 1203, Block B, 8 Castle Peak Road",
    "彌敦道345號12樓A室",
    "徐汇区淮海中路99弄3号502室",
]
BUILDINGS = ["345 Nathan Road", "No. 8, Queen's Road Central", "彌敦道345號", "黄浦区南京西路12号", "北京东路一百号"]


@pytest.mark.parametrize("address", HOMES)
def test_a_home_has_a_flat_or_a_room(address: str) -> None:
    assert passes(home, address) == [True]


@pytest.mark.parametrize("address", BUILDINGS)
def test_a_building_has_a_road_and_a_number(address: str) -> None:
    assert passes(street, address) == [True]
    assert passes(home, address) == [False]


@pytest.mark.parametrize("other", ["Sha Tin", "人民广场", "22.31934", "Line 12", "TKOTL 123", "Room temperature 25"])
def test_neither(other: str) -> None:
    assert passes(street, other) == [False]
    assert passes(home, other) == [False]
