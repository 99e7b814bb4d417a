"""Promise: the published precision and recall are what the code gives, and the corpus is the same for a seed."""

import sys
from pathlib import Path

import pyarrow as pa
from stdnum import luhn
from stdnum.cn import ric, uscc

from dataferry.privacy.corpus import HEADERS, NOISE, corpus
from dataferry.privacy.corpus_makers import NEGATIVES, POSITIVES

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
import make_privacy_figures


def test_the_page_of_the_documentation_is_what_the_code_gives() -> None:
    """Write it anew with `python tools/make_privacy_figures.py`, and look at what changed."""
    assert make_privacy_figures.PAGE.read_text(encoding="utf-8") == make_privacy_figures.page()


def test_the_same_seed_gives_the_same_corpus_and_the_truth_about_each_column() -> None:
    table, truths = corpus(5, 12)
    again, _ = corpus(5, 12)
    other, _ = corpus(6, 12)
    assert table.equals(again)
    assert not table.equals(other)
    assert [truth.column for truth in truths] == table.column_names
    assert len(truths) == len(HEADERS) * (len(POSITIVES) * len(NOISE) + len(NEGATIVES))


def test_made_numbers_are_right_by_a_strangers_arithmetic() -> None:
    table, truths = corpus(3, 30)
    strangers = {"bank_card": luhn.is_valid, "uscc": uscc.is_valid, "resident_id": right_resident}
    tested = 0
    for truth in truths:
        if truth.noise == 0 and truth.identifier in strangers:
            values = [value.replace(" ", "") for value in cells(table, truth.column)]
            assert all(strangers[truth.identifier](value) for value in values), truth.column
            tested += len(values)
    assert tested == 3 * 3 * 30


def right_resident(text: str) -> bool:
    return bool(ric.calc_check_digit(text) == text[-1] and ric.get_birth_date(text).year >= 1940)


def cells(table: pa.Table, column: str) -> list[str]:
    return table[column].to_pylist()
