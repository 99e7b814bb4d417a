"""Promise: a row is taken for a total only on proof, and a date is filled down only where blocks prove it."""

import pyarrow as pa
import pytest

from dataferry.tables.columns.rows import Totals, blank_rows, date_gaps, find_totals, repeated_headers


def columns(*values):
    return [pa.chunked_array([pa.array(column)]) for column in values]


@pytest.mark.parametrize(
    ("label", "figure"), [("Total", 6), ("合計", 6), ("Maximum", 3), ("最低", 1), ("Average", 2), ("Grand Total:", 6)]
)
def test_typed_figures_prove_a_total_as_texts_do(label, figure):
    names, flags = ["A", "B", "C", label], [True, False, True, None]
    for numbers in ([1, 2, 3, figure], [1.0, 2.0, 3.0, float(figure)], ["1", "2*", "3", str(figure)]):
        assert find_totals(columns(names, flags, numbers)) == Totals((3,), (), 0, label)
        wrong = [*numbers[:3], "77" if isinstance(figure, str) or isinstance(numbers[0], str) else 77]
        assert find_totals(columns(names, flags, wrong)) == Totals((), (3,), 0, label)


def test_a_label_without_figures_proves_nothing():
    assert find_totals(columns(["A", "Total"], ["x", "y"])) == Totals((), ())


def test_labels_that_are_common_are_data():
    names = ["Total" if i % 3 == 0 else f"s{i % 5}" for i in range(30)]
    found = find_totals(columns(names, list(range(30))))
    assert (found.proved, len(found.suspected)) == ((), 10)


def test_blank_rows_and_repeated_headers():
    texts = columns(["a", None, "a", None], ["b", " ", "b", None])
    assert blank_rows(texts, 4).tolist() == [False, True, False, True]
    assert blank_rows(columns([1, 2]), 2).tolist() == [False, False]
    assert repeated_headers(texts, ["a", "b"]).tolist() == [True, False, True, False]
    assert repeated_headers(columns([1, 2]), ["a"]).tolist() == [False, False]
    assert repeated_headers([], []).tolist() == []


def test_dates_on_the_first_row_of_blocks():
    even = columns(["1/1", None, "2/1", None, "3/1", None], list("abcdef"))
    assert date_gaps(even, 0) == "3 of 3 blocks have 2 rows"
    days = ["1/1", None, None, "2/1", None, "3/1", None, None, None, "4/1", None, "5/1", None, None, None, None]
    hours = [1, 2, 3, 1, 2, 1, 2, 3, 4, 1, 2, 1, 2, 3, 4, 5]
    assert date_gaps(columns(days, hours), 0) == "the next column starts again from 1 at each of 5 dates"
    assert date_gaps(columns(days, list(range(16))), 0) is None


@pytest.mark.parametrize(
    "days", [["1/1", None], [None, "1/1", None, "2/1", None], ["1/1", None, "1/1", None], ["1/1", None, None, None]]
)
def test_gaps_that_prove_no_blocks_stay_gaps(days):
    assert date_gaps(columns(days), 0) is None
