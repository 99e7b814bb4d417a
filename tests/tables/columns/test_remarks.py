"""Promise: whatever typing did to a column, or could not do, is told with its place and examples."""

import pytest

from dataferry.messages import UsageError
from dataferry.tables import ReadOptions, read


def told(folder, header, values, code, **options):
    """What the finding of this code says of a column of these values; None without it."""
    path = folder / "x.csv"
    path.write_text(f"row,{header}\n" + "".join(f"r{i},{value}\n" for i, value in enumerate(values)), "utf-8")
    reading = read(path, ReadOptions(**options))
    for finding in reading.report.findings:
        assert finding.text()
    return next((dict(f.data) for f in reading.report.findings if f.code == f"tables.{code}"), None)


CASES = [
    ("temperature", ["１２", "13", "14"], "full_width", {"columns": ["temperature"], "count": 1}),
    ("share", ["5%", "7.5%", "12%"], "percent", {"columns": ["share"], "count": 3}),
    ("people", ['"1,234"', '"5,678"', "12"], "thousands", {"columns": ["people"], "count": 2}),
    ("tel", ["23456789", "98765432"], "codes_kept", {"reason": "telephone numbers"}),
    ("id", ["310101199001011234", "310101199001011235"], "codes_kept", {"reason": "more than 15 digits"}),
    ("v", [*map(str, range(17)), "abc", "def"], "mixed_column", {"count": 2, "examples": ["abc", "def"]}),
    ("day", ["3/4/2015", "5/6/2015"], "date_order_unknown", {"examples": ["3/4/2015", "5/6/2015"]}),
    ("day", ["13/4/2015", "4/13/2015", "3/4/2015"], "date_order_conflict", {"column": "day"}),
    ("day", ["13/4/2015", "3/4/2015"], "date_order_proved", {"column": "day", "order": "day_first"}),
    ("day", ["2015-01-02", "2015/01/03", "20150104"], "mixed_dates", {"column": "day"}),
    ("at", ["2015-01-02 24:00", "2015-01-03 01:00"], "hour_24", {"count": 1}),
    ("at", ["2015-01-02T01:00:00Z", "2015-01-02T02:00:00"], "mixed_zones", {"count": 1}),
    ("day", ["13.4.16", "14.4.16"], "short_years", {"count": 2}),
    ("arrives", ["23:50", "24:10", "25:05"], "past_midnight", {"column": "arrives"}),
    ("note", ["=1+1", "plain", "words"], "formulas", {"count": 1, "rows": [2], "examples": ["=1+1"]}),
    ("vacancy", ["-1", "5", "7", "9"], "suspect_minus_one", {"count": 1}),
    ("name", ["????", "____", "??????", "中環"], "text_destroyed", {"wholly": 3}),
    ("name", [text.encode().decode("latin-1") for text in ("中環", "灣仔", "赤柱")], "mojibake", {"count": 3}),
]


@pytest.mark.parametrize(("header", "values", "code", "said"), CASES, ids=[f"{c[2]}-{c[0]}" for c in CASES])
def test_what_happened_to_a_column_is_told(tmp_path, header, values, code, said):
    data = told(tmp_path, header, values, code)
    assert data is not None
    assert {key: data.get(key) for key in said} == said


def test_a_declared_zone_settles_times_that_state_none(tmp_path):
    values = ["2015-01-02T01:00:00Z", "2015-01-02T09:00:00"]
    path = tmp_path / "x.csv"
    path.write_text("row,at\na," + values[0] + "\nb," + values[1] + "\n")
    column = read(path, ReadOptions(time_zone="Asia/Hong_Kong")).table["at"].to_pylist()
    assert column[0] == column[1]
    with pytest.raises(UsageError) as error:
        read(path, ReadOptions(time_zone="Mars/Olympus"))
    assert error.value.code == "tables.unknown_time_zone"


def test_a_minus_one_that_was_declared_is_no_suspicion(tmp_path):
    assert told(tmp_path, "vacancy", ["-1", "5", "7", "9"], "suspect_minus_one", missing={"*": ("-1",)}) is None
