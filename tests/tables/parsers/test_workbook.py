"""Promise: a sheet gives every value it shows, other sheets are named, and a bad workbook is told as such."""

import datetime as dt
import zipfile
from pathlib import Path

import pytest
import python_calamine as calamine

from dataferry.messages import InputError, LimitError, UsageError
from dataferry.tables import Reading, ReadLimits, ReadOptions, read

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
DATE, MOMENT, SPAN = 1, 2, 3
"""Cell styles of `STYLES` below."""
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="[h]:mm:ss"/></numFmts>'
    '<cellXfs count="4"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/><xf numFmtId="164"/></cellXfs>'
    "</styleSheet>"
)


class Styled(tuple):
    """(serial number, style): a date, a moment or a span as workbooks keep them."""


class Fault(str):
    """A cell whose formula failed, such as `#N/A`."""


def cell(at, value):
    if isinstance(value, Styled):
        return f'<c r="{at}" s="{value[1]}"><v>{value[0]}</v></c>'
    if isinstance(value, Fault):
        return f'<c r="{at}" t="e"><v>{value}</v></c>'
    if isinstance(value, bool):
        return f'<c r="{at}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, str):
        return f'<c r="{at}" t="inlineStr"><is><t>{value}</t></is></c>'
    return f'<c r="{at}"><v>{value}</v></c>'


def sheet(rows, merged=(), first_row=1):
    made = ""
    for number, row in enumerate(rows, first_row):
        cells = "".join(cell(f"{chr(65 + i)}{number}", v) for i, v in enumerate(row) if v is not None)
        made += f'<row r="{number}">{cells}</row>'
    ranges = "".join(f'<mergeCell ref="{ref}"/>' for ref in merged)
    ends = f"<mergeCells>{ranges}</mergeCells>" if merged else ""
    return f'<worksheet xmlns="{MAIN}"><sheetData>{made}</sheetData>{ends}</worksheet>'


def workbook(folder: Path, sheets: dict[str, str], hidden: tuple[str, ...] = ()) -> Path:
    """A small XLSX file of these sheets."""
    path = folder / "book.xlsx"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    listed = relations = types = ""
    for number, name in enumerate(sheets, 1):
        state = ' state="hidden"' if name in hidden else ""
        listed += f'<sheet name="{name}" sheetId="{number}"{state} r:id="rId{number}"/>'
        relations += f'<Relationship Id="rId{number}" Type="{REL}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        types += f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{kind}.worksheet+xml"/>'
    relations += f'<Relationship Id="rId99" Type="{REL}/styles" Target="styles.xml"/>'
    root = f'<Relationship Id="rId1" Type="{REL}/officeDocument" Target="xl/workbook.xml"/>'
    book = f'<workbook xmlns="{MAIN}" xmlns:r="{REL}"><sheets>{listed}</sheets></workbook>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{PACKAGE}/content-types">{types}</Types>')
        archive.writestr("_rels/.rels", f'<Relationships xmlns="{PACKAGE}/relationships">{root}</Relationships>')
        archive.writestr("xl/workbook.xml", book)
        archive.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{PACKAGE}/relationships">{relations}</Relationships>'
        )
        archive.writestr("xl/styles.xml", STYLES)
        for number, body in enumerate(sheets.values(), 1):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", body)
    return path


def told(reading: Reading, code: str):
    return next(finding.data for finding in reading.report.findings if finding.code == f"tables.{code}")


PEOPLE = [["district", "people"], ["中西區", 240500], ["灣仔", 178400], ["東區", 555000]]


def test_every_kind_of_cell_reads_back_as_its_value(tmp_path):
    rows = [["day", "at", "took", "share", "open", "big", "note"]]
    for i in range(4):
        span = Styled(((26 + i) / 24, SPAN))
        day, moment = Styled((45292 + i, DATE)), Styled((45292.5 + i, MOMENT))
        rows.append([day, moment, span, i + 0.25, i % 2 == 0, 10**15 + 2 * i, f"n{i}"])
    reading = read(workbook(tmp_path, {"All": sheet(rows)}))
    first = reading.table.to_pylist()[0]
    assert first["day"] == dt.date(2024, 1, 1)
    assert first["at"].isoformat() == "2024-01-01T12:00:00"
    assert str(first["took"]).startswith("26:00:00") or first.get("took_flag") == "26:00:00"
    assert (first["share"], first["open"], float(first["big"]), first["note"]) == (0.25, True, 1e15, "n0")
    assert reading.report.rows.adds_up()


def test_a_cell_whose_formula_failed_is_missing_and_no_number(tmp_path):
    rows = [["district", "people"], ["A", 5], ["B", Fault("#N/A")], ["C", 7], ["D", Fault("#DIV/0!")], ["E", 9]]
    table = read(workbook(tmp_path, {"S": sheet(rows)})).table
    assert table["people"].to_pylist() == [5, None, 7, None, 9]
    assert table["district"].to_pylist() == list("ABCDE")


def test_of_several_sheets_the_fullest_is_read_and_a_name_chooses(tmp_path):
    sheets = {"Cover": sheet([["hello"]]), "Empty": sheet([]), "People": sheet(PEOPLE), "Old": sheet(PEOPLE[:3])}
    path = workbook(tmp_path, sheets, hidden=("Old",))
    reading = read(path)
    assert (reading.report.layer, reading.table["people"].to_pylist()) == ("People", [240500, 178400, 555000])
    assert told(reading, "several_sheets") == {"chosen": "People", "others": ["Cover", "Empty", "Old"]}
    old = read(path, ReadOptions(layer="Old"))
    assert old.table.num_rows == 2
    assert "tables.several_sheets" not in {finding.code for finding in old.report.findings}
    with pytest.raises(UsageError) as error:
        read(path, ReadOptions(layer="New"))
    assert "People" in error.value.text()


def test_a_cell_merged_over_rows_stands_for_each_of_them(tmp_path):
    rows = [["district", "street", "people"], ["東區", "a", 1], [None, "b", 2], [None, "c", 3], ["南區", "d", 4]]
    merged = ("A2:A4", "B5:C5", "H1:H3", "A90:A95")
    reading = read(workbook(tmp_path, {"S": sheet(rows, merged)}))
    assert reading.table["district"].to_pylist() == ["東區", "東區", "東區", "南區"]
    assert told(reading, "merged_filled") == {"count": 2}


def test_titles_above_and_notes_below_are_no_rows_but_are_counted(tmp_path):
    title = [["Population of Hong Kong, 2021"], []]
    notes = [[], ["Source: Census and Statistics Department"], ["* provisional"]]
    body = [*PEOPLE, ["南區", 263000], ["深水埗", 431000]]
    reading = read(workbook(tmp_path, {"S": sheet([*title, *body, *notes])}))
    ledger = reading.report.rows
    assert reading.table["people"].to_pylist() == [row[1] for row in body[1:]]
    assert (ledger.preamble, ledger.header, ledger.kept, ledger.footer) == (2, 1, 5, 2)
    assert ledger.adds_up()
    assert told(reading, "preamble")["text"] == ["Population of Hong Kong, 2021"]
    assert told(reading, "footer")["text"] == ["Source: Census and Statistics Department", "* provisional"]
    assert told(reading, "footer")["rows"][1] == len(title) + len(body) + len(notes)


def test_headers_that_are_missing_repeated_or_of_units_are_told(tmp_path):
    rows = [["time", "temp", "temp", None], [None, "(°C)", "(°C)", None]]
    rows += [[Styled((45292 + i, DATE)), 20.5 + i, 18.5 + i, f"x{i}"] for i in range(4)]
    reading = read(workbook(tmp_path, {"S": sheet(rows)}))
    assert told(reading, "unnamed_columns")["positions"] == [4]
    assert told(reading, "repeated_names")["positions"] == [3]
    assert told(reading, "second_header")["row"] == 2
    assert (reading.table["temp"][0].as_py(), reading.table.num_rows, reading.table.num_columns) == (20.5, 4, 4)
    bare = read(workbook(tmp_path, {"S": sheet([["Central", 0, 1], ["Admiralty", 2, 1], ["Wan Chai", 3, 4]])}))
    assert (bare.table.num_rows, bool(told(bare, "no_header")["evidence"])) == (3, True)


def test_empty_workbooks_are_refused(tmp_path):
    with pytest.raises(InputError) as error:
        read(workbook(tmp_path, {"A": sheet([]), "B": sheet([])}))
    assert error.value.code == "tables.workbook_empty"
    with pytest.raises(InputError) as error:
        read(workbook(tmp_path, {}))
    assert error.value.code == "tables.workbook_empty"


@pytest.mark.parametrize(
    ("body", "limits", "code"),
    [
        (sheet(PEOPLE).replace("B4", "XFD1048576"), {}, "tables.sheet_too_big"),
        (sheet(PEOPLE), {"columns": 1}, "tables.too_many_columns"),
        (sheet([["x" * 1000] for _ in range(50)]), {"document_bytes": 1000}, "tables.unpacks_too_big"),
    ],
)
def test_workbooks_beyond_the_limits_are_refused(tmp_path, body, limits, code):
    path = workbook(tmp_path, {"S": body})
    with pytest.raises(LimitError) as error:
        read(path, ReadOptions(limits=ReadLimits(**limits)))
    assert error.value.code == code


def test_broken_and_locked_workbooks_are_named_as_such(tmp_path, monkeypatch):
    path = workbook(tmp_path, {"S": "<worksheet><sheetData><row><c"})
    with pytest.raises(InputError) as error:
        read(path)
    assert error.value.code == "tables.workbook_broken"

    class PanicException(BaseException):
        """What a panic in native code arrives as."""

    for raised, code in ((calamine.PasswordError("locked"), "locked"), (PanicException("index"), "broken")):

        def fail(_, raised=raised):
            raise raised

        monkeypatch.setattr(calamine.CalamineWorkbook, "from_path", fail)
        with pytest.raises(InputError) as error:
            read(path)
        assert error.value.code == f"tables.workbook_{code}"
    monkeypatch.setattr(calamine.CalamineWorkbook, "from_path", interrupted)
    with pytest.raises(KeyboardInterrupt):
        read(path)


def interrupted(_):
    raise KeyboardInterrupt
