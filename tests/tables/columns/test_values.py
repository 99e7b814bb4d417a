"""Promise: no value is lost in typing; what is not a plain value stays readable beside it."""

from datetime import UTC, date, datetime, time

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataferry.messages import UsageError
from dataferry.tables.columns.values import type_column
from dataferry.tables.options import ReadOptions


def typed(values, name="value", legend="", **options):
    column = pa.chunked_array([pa.array([value or None for value in values], pa.string())])
    return type_column(name, column, ReadOptions(**options), legend)


def both(column):
    flags = column.flags.to_pylist() if column.flags is not None else None
    return column.type, column.values.to_pylist(), flags


def test_flags_bounds_and_marks_stand_beside_the_number():
    values = ["5", "5*", "10+", "***", "", "-", "<3", "10.0 and more", "N.A."]
    kind, numbers, flags = both(typed(values))
    assert kind == "number"
    assert numbers == [5, 5, 10, None, None, None, 3, 10, None]
    assert flags == [None, "5*", "10+", "***", None, "-", "<3", "10.0 and more", "N.A."]


def test_integers_stay_integers_with_commas_and_full_width_digits():
    column = typed(["1,234", "12", "７８", "-3*"])
    assert both(column)[:2] == ("integer", [1234, 12, 78, -3])
    assert column.remarks["thousands"] == 1
    assert column.remarks["full_width"] == 1


def test_commas_that_cannot_be_thousands_are_not_removed():
    assert typed(["101,102", "1500", "7"] * 5).type == "string"


@pytest.mark.parametrize(
    ("values", "name"),
    [
        (["0101", "0102", "1530"], "station"),
        (["007"], "agent"),
        (["310101199001011234", "310101199001011235"], "id"),
        (["23456789", "98765432"], "Tel"),
        (["23456789", "98765432"], "電話"),
    ],
)
def test_codes_stay_text(values, name):
    column = typed(values, name)
    assert (column.type, column.values.to_pylist()) == ("string", values)
    assert column.remarks["code"]


def test_zero_led_hours_are_numbers():
    assert both(typed(["01", "09", "24"], "Hour"))[:2] == ("integer", [1, 9, 24])
    assert both(typed(["01", "09", "24"], "Line"))[0] == "string"


def test_minus_one_is_a_number_until_declared():
    assert both(typed(["3", "-1", "7"]))[1] == [3, -1, 7]
    assert both(typed(["3", "-1", "7"], missing={"value": ("-1",)}))[1:] == ([3, None, 7], [None, "-1", None])


def test_a_declared_mark_empties_a_text_cell_and_stays_beside_it():
    kind, texts, flags = both(typed(["x", "N/X", "y", "N/X"], missing={"value": ("N/X",)}))
    assert (kind, texts, flags) == ("string", ["x", None, "y", None], [None, "N/X", None, "N/X"])


def test_a_mark_is_known_when_the_notes_explain_it():
    values = ["0.0", "1.2", "Trace", "Trace", "3.4"]
    assert typed(values).type == "string"
    assert typed(values, legend="Trace means less than 0.05 mm").missing == 2


def test_few_unreadable_values_are_kept_and_many_keep_the_column_text():
    few = typed([str(i) for i in range(300)] + ["?what"])
    assert (few.type, few.unreadable, few.flags.to_pylist()[-1]) == ("integer", 1, "?what")
    many = typed([str(i) for i in range(80)] + ["n5"] * 12)
    assert many.type == "string"
    assert many.remarks["mixed"] == 12


def test_declared_types_hold_and_unknown_ones_are_refused():
    assert both(typed(["0101", "x"], types={"value": "integer"})) == ("integer", [101, None], [None, "x"])
    assert typed(["1", "2"], types={"value": "string"}).type == "string"
    assert both(typed(["Y", "N", "1"], types={"*": "boolean"}))[1] == [True, False, True]
    with pytest.raises(UsageError):
        typed(["1"], types={"value": "money"})


def test_several_date_formats_in_one_column_are_counted():
    column = typed(["2015-04-01", "13/4/2015", "2015年5月6日", "20150401", "3/4/2015"], "date")
    assert column.type == "date"
    assert column.values.to_pylist()[1:4] == [date(2015, 4, 13), date(2015, 5, 6), date(2015, 4, 1)]
    assert column.values.to_pylist()[4] == date(2015, 4, 3)
    assert sum(column.formats.values()) == 5
    assert len(column.formats) == 4


def test_day_and_month_are_never_guessed():
    values = ["3/4/2015", "5/6/2015"]
    assert (typed(values).type, typed(values).remarks["date_order"]) == ("string", "unknown")
    assert typed(values, day_first=True).values[0].as_py() == date(2015, 4, 3)
    assert typed(values, day_first=False).values[0].as_py() == date(2015, 3, 4)
    assert typed([*values, "13/1/2015", "1/13/2015"]).remarks["date_order"] == "conflict"
    assert typed(["1/25/2015", "3/4/2015"]).values[1].as_py() == date(2015, 3, 4)


def test_chinese_half_days_and_hour_24():
    column = typed(["2020/9/25 下午 03:15:00", "2020/9/25 上午 12:05:00", "2020/9/25 PM 01:00", "2020-09-25 24:00"])
    assert column.values.to_pylist() == [
        datetime(2020, 9, 25, 15, 15),  # noqa: DTZ001
        datetime(2020, 9, 25, 0, 5),  # noqa: DTZ001
        datetime(2020, 9, 25, 13, 0),  # noqa: DTZ001
        datetime(2020, 9, 26, 0, 0),  # noqa: DTZ001
    ]
    assert column.remarks["hour_24"]["count"] == 1


def test_time_zones_are_stated_or_declared():
    stated = typed(["2021-01-01T08:00:00+08:00", "2021-01-01T00:00:00Z"])
    assert stated.values.to_pylist() == [datetime(2021, 1, 1, tzinfo=UTC)] * 2
    mixed = ["2021-01-01T08:00:00+08:00", "2021-01-01 08:00:00"]
    assert typed(mixed).remarks["mixed_zones"] == 1
    known = typed(mixed, time_zone="Asia/Hong_Kong").values
    assert known[0].as_py() == known[1].as_py()


def test_times_alone_and_past_midnight():
    assert both(typed(["06:24", "23:59:30"]))[1] == [time(6, 24), time(23, 59, 30)]
    assert typed(["23:10", "25:10"]).remarks["past_midnight"]["count"] == 1


def test_impossible_days_are_unreadable_not_moved():
    column = typed([f"2015-01-{day:02d}" for day in range(1, 29)] + ["2015-02-30"])
    assert (column.type, column.unreadable, column.values[28].as_py()) == ("date", 1, None)
    assert column.flags[28].as_py() == "2015-02-30"


CELLS = st.sampled_from(
    [
        "",
        "上午 9:00",
        *[
            "1",
            "-1",
            "2.5",
            "5*",
            "10+",
            "<3",
            "***",
            "-",
            "NA",
            "0101",
            "1,000",
            "12%",
            "x",
            "2015-01-02",
            "1/2/2015",
            "13/2/2015",
            "24:00",
            "TRUE",
            "１２",
            "1e5",
            "=A1",
        ],
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(CELLS, min_size=1, max_size=30))
def test_every_filled_cell_is_a_value_or_stays_readable(cells):
    column = typed(cells)
    flags = column.flags.to_pylist() if column.flags is not None else [None] * len(cells)
    for cell, value, flag in zip(cells, column.values.to_pylist(), flags, strict=True):
        assert (value is not None or flag == cell) if cell else (value is None and flag is None)
        if column.type == "string" and cell:
            assert value == cell


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(-(10**14), 10**14) | st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=1)
)
def test_plain_numbers_come_back_exactly(numbers):
    column = typed([repr(number) for number in numbers])
    if column.type in ("integer", "number"):
        assert column.values.to_pylist() == numbers
    else:
        assert column.values.to_pylist() == [repr(number) for number in numbers]
