"""Promise: telephone numbers of Hong Kong and mobiles of the Mainland, however written; counted numbers are none."""

import numpy as np
import pyarrow as pa

from dataferry.privacy.phones import hong_kong, hong_kong_full, look_counted, mainland, mainland_full
from dataferry.privacy.texts import Texts


def passes(test, *values: str) -> list[bool]:
    return test(Texts(pa.array(values, pa.string()))).passed.tolist()


def test_hong_kong() -> None:
    assert passes(hong_kong, "91234567", "2345 6789", "2345-6789", "６１２３４５６７") == [True] * 4
    assert passes(hong_kong, "12345678", "99912345", "20240515", "9123456", "+85291234567") == [False] * 5
    assert passes(hong_kong_full, "+852 9123 4567", "(852) 91234567", "0085291234567", "85391234567") == [True] * 3 + [
        False
    ]


def test_mainland() -> None:
    assert passes(mainland, "13812345678", "138 1234 5678", "138-1234-5678") == [True] * 3
    assert passes(mainland, "12812345678", "1381234567", "15412345678") == [False] * 3
    assert passes(mainland_full, "+86 138 1234 5678", "008613812345678", "+8512345678901") == [True, True, False]


def test_numbers_that_lie_close_together_look_counted() -> None:
    counted = Texts(pa.array([str(13_800_000_000 + number) for number in range(100)]))
    assert look_counted(counted, mainland(counted).passed)
    random = np.random.default_rng(1)
    given = Texts(pa.array([f"1{random.integers(30, 40)}{random.integers(10**7, 10**8)}" for _ in range(100)]))
    assert not look_counted(given, mainland(given).passed)
    few = Texts(pa.array(["13800000001", "13800000002"]))
    assert not look_counted(few, mainland(few).passed), "of two numbers nothing can be said"
