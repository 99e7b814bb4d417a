"""Promise: names of people in both scripts and in Latin letters, apart from names of places."""

import pyarrow as pa
import pytest

from dataferry.privacy.people_names import COMPOUND, LATIN_SURNAMES, SURNAMES, chinese, written
from dataferry.privacy.texts import Texts


def passes(test, *values: str) -> list[bool]:
    return test(Texts(pa.array(values, pa.string()))).passed.tolist()


def test_chinese_names_need_a_surname_and_a_common_given_name() -> None:
    assert passes(chinese, "陳大文", "王小明", "李娜", "欧阳志华", "張偉") == [True] * 5
    assert passes(chinese, "徐汇区", "人民广场", "文陳", "王", "陳大文有限公司", "Chan Tai Man") == [False] * 6


@pytest.mark.parametrize(
    "name",
    ["Chan Tai Man", "CHAN, Tai Man", "Tai-Man Chan", "Peter Wong", "Mr. Lee Ka Shing", "Zhang Wei", "陈某", "王女士"],
)
def test_with_a_header_any_given_name_will_do(name: str) -> None:
    assert passes(written, name) == [True]


def test_titles_and_companies_are_no_names() -> None:
    assert passes(written, "Nathan Road", "Kowloon Bay", "Chan 12", "上海科技公司") == [False] * 4


def test_the_dictionaries_are_without_repetition() -> None:
    assert len(set(SURNAMES)) == len(SURNAMES) > 250
    assert len(set(COMPOUND)) == len(COMPOUND)
    assert {"CHAN", "WONG", "ZHANG", "WANG"} <= set(LATIN_SURNAMES.split())
