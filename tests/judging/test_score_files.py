"""An organiser's spreadsheet is read as it looks: exact decimals, each doubt told at its row and column."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from dataferry.judging import Criterion, Rubric
from dataferry.judging.assignment_files import AssignmentFile, read_assignment
from dataferry.judging.score_files import ScoreFile, read_scores
from dataferry.judging.score_numbers import read_number
from dataferry.judging.score_rubric import read_rubric
from dataferry.messages import LANGUAGES, DataferryError, InputError

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A text file of these lines, in an encoding."""

    def write(*lines: str, name: str = "scores.csv", encoding: str = "utf-8") -> Path:
        (tmp_path / name).write_bytes(("\n".join(lines) + "\n").encode(encoding))
        return tmp_path / name

    return write


def found(file: ScoreFile) -> list[tuple[str, int, str]]:
    return [(one.code.partition(".")[2], one.data.get("row", 0), one.data.get("column", "")) for one in file.findings]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "big5hkscs", "gb18030", "utf-16"])
def test_chinese_headings_a_title_above_and_any_encoding(write: Write, encoding: str) -> None:
    is_simplified = encoding == "gb18030"
    heads = "作品,评委,评审团,组别,创新（30%，0-10）,应用（70%，0-10）,备注"
    if not is_simplified:
        heads = "作品,評委,評審團,組別,創新（30%，0-10）,應用（70%，0-10）,備註"
    title, home = ("初赛评分表", "沪") if is_simplified else ("初賽評分表", "滬")
    rows = (f"甲,王,{home},{home},8,7.5,好", f"甲,李,港,{home},9,8,")
    file = write(title, "", heads, *rows, encoding=encoding)
    read = read_scores(file)
    assert [score.total for score in read.scores] == [Decimal("83"), Decimal("76.5")]
    assert read.rubric is not None
    assert [(one.weight, one.highest) for one in read.rubric.criteria] == [(30, 10), (70, 10)]
    assert read.findings == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("85", "85"), ("85.50", "85.5"), ("８５．５", "85.5"), ("85 分", "85"), ("85點", "85"), ("8,5", "8.5"),
        ("0.1", "0.1"), (".5", "0.5"), ("1e3", None), ("NaN", None), ("inf", None), ("=1+1", None), ("85/100", None),
        ("1,000", None), ("8.5.1", None), ("9" * 400, None), ("八十五", None), ("", ""), ("N/A", ""), ("缺席", ""),
    ],
)  # fmt: skip
def test_numbers_as_people_write_them(text: str, value: str | None) -> None:
    number = read_number(text)
    assert number.is_missing == (value == "")
    assert number.value == (Decimal(value) if value else None)


def test_every_fault_is_told_at_its_row_and_column(write: Write) -> None:
    file = read_scores(
        write(
            "entry,judge,panel,division,score",
            "A,J1,HK,HK,80",
            "A,J2,HK,HK,=SUM(B1:B9)",
            "B,J1,HK,HK,85 分",
            "B,J1,HK,HK,85",
            "C,J1,HK,HK,70",
            "C,J1,HK,HK,71",
            "C,J2,SH,HK,90",
            ",J2,HK,HK,90",
            "D" * 10_000 + ",J2,HK,HK,90",
            "D,J2,HK,HK,NaN",
            "E,J2,HK,HK,",
            '=HYPERLINK("x"),J2,HK,HK,60.10',
        )
    )
    assert found(file) == [
        ("score_unreadable", 3, "score"),
        ("score_repaired", 4, "score"),
        ("row_twice", 5, "judge"),
        ("rows_differ", 7, "judge"),
        ("row_disagrees", 8, "panel"),
        ("name_missing", 9, "entry"),
        ("name_too_long", 10, "entry"),
        ("score_unreadable", 11, "score"),
        ("score_missing", 12, "score"),
        ("name_like_formula", 13, "entry"),
    ]
    assert {(score.entry, score.total) for score in file.scores} == {
        ("A", Decimal(80)),
        ("B", Decimal(85)),
        ('=HYPERLINK("x")', Decimal("60.1")),
    }
    assert set(file.entries) == {"A", "B", "C", "D", "E", '=HYPERLINK("x")'}
    assert not [one for one in file.findings for language in LANGUAGES if "?" in one.text(language)]


def test_totals_are_made_of_the_criteria_and_checked(write: Write) -> None:
    file = read_scores(
        write("entry;judge;idea (40%, 0-10);use (60%, 0-10);total", "A;J;7;8;76", "B;J;7;8;77", "C;J;11;8;90")
    )
    assert {score.entry: score.total for score in file.scores} == {"A": Decimal(76), "B": Decimal(76)}
    assert found(file) == [("total_recomputed", 3, "total"), ("value_outside", 4, "idea (40%, 0-10)")]


def test_weights_are_never_guessed(write: Write, tmp_path: Path) -> None:
    file = write("entry,judge,idea,use", "A,J,7,8")
    with pytest.raises(InputError) as caught:
        read_scores(file)
    assert caught.value.code == "judging.no_weights"
    (tmp_path / "rubric.yaml").write_text("highest: 10\ncriteria:\n  idea: 40\n  use: 60\n", "utf-8")
    rubric = read_rubric(tmp_path / "rubric.yaml")
    assert [score.total for score in read_scores(file, rubric).scores] == [Decimal(76)]
    other = Rubric((Criterion("idea", Decimal(50), Decimal(10)), Criterion("beauty", Decimal(50), Decimal(10))))
    assert "judging.criterion_without_column" in [one.code for one in read_scores(file, other).blocked]


@pytest.mark.parametrize(
    "text",
    ["", "[", "- 1", "a: 30", "criteria: {a: x}", "criteria: [{code: a, weight: 100, colour: red}]", "a: &b 1", "\0"],
)
def test_a_broken_rubric_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "rubric.yaml").write_text(text, "utf-8")
    with pytest.raises(InputError):
        read_rubric(tmp_path / "rubric.yaml")


def test_formulas_of_a_workbook_are_told_and_their_stored_values_read(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "scores.xlsx") as book:
        sheet = book.add_worksheet("評分")
        sheet.write_row(1, 1, ["作品", "評審", "評分"])
        sheet.write_row(2, 1, ["A", "J1", 85.1])
        sheet.write_row(3, 1, ["A", "J2"])
        sheet.write_formula(3, 3, "=80+2", value=82)
    file = read_scores(tmp_path / "scores.xlsx")
    assert [score.total for score in file.scores] == [Decimal("85.1"), Decimal(82)]
    [formula] = file.findings
    assert (formula.code, formula.data["cells"]) == ("judging.formula_cells", ["D4"])


def workbook(path: Path) -> Path:
    """A workbook as organisers keep it: a sheet for each kind, conflicts in three places."""
    with xlsxwriter.Workbook(path) as book:
        for name, rows in {
            "作品": [
                ["作品編號", "隊伍", "組別", "語言", "主題", "機構", "基準"],
                ["HK-1", "甲隊", "HK", "English; 简体中文", "交通", "港大", "是"],
                ["HK-2", "乙隊", "HK", "英文", "環境", "", ""],
                ["SH-1", "丙隊", "SH", "简体中文", "交通", "", ""],
            ],
            "評審": [
                ["評審", "城市", "語言", "專長", "上限", "機構", "迴避"],
                ["陳", "HK", "英文、简体中文", "交通", 2, "港大", ""],
                ["李", "HK", "英文", "", "", "", "HK-2"],
                ["王", "SH", "简体中文", "交通；環境", "三", "", ""],
            ],
            "利益衝突": [["評審", "作品", "備註"], ["王", "SH-1", "舊同事"], ["王", "SH-9", ""]],
            "分派": [["作品", "評審", "已評"], ["HK-2", "陳", "是"], ["SH-1", "陳", ""]],
        }.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return path


def test_a_workbook_of_entries_judges_conflicts_and_an_earlier_plan(tmp_path: Path) -> None:
    read = read_assignment(workbook(tmp_path / "panel.xlsx"))
    assert {one.id: (one.division, one.language, one.topic) for one in read.entries.values()} == {
        "HK-1": ("HK", "en+zh-Hans", "交通"),
        "HK-2": ("HK", "en", "環境"),
        "SH-1": ("SH", "zh-Hans", "交通"),
    }
    assert {one.id: (one.panel, one.languages, one.topics, one.capacity) for one in read.judges.values()} == {
        "陳": ("HK", {"en", "zh-Hans"}, {"交通"}, 2),
        "李": ("HK", {"en"}, frozenset(), None),
        "王": ("SH", {"zh-Hans"}, {"交通", "環境"}, None),
    }
    assert read.conflicts == {("陳", "HK-1"), ("李", "HK-2"), ("王", "SH-1")}
    assert (read.anchors, read.keep, read.scored) == ({"HK-1"}, {("陳", "HK-2"), ("陳", "SH-1")}, {("陳", "HK-2")})
    assert [(one.code, one.data.get("row")) for one in read.blocked] == [
        ("judging.capacity_unreadable", 4),
        ("judging.conflict_unknown", 3),
    ]


def test_one_list_of_all_kinds_and_a_folder_say_the_same(write: Write, tmp_path: Path) -> None:
    one = write(
        "kind,entry,judge,city,language,topic",
        "entry,A,,HK,en,air",
        "entry,B,,SH,zh,air",
        "judge,,J,HK,en,air",
        "conflict,B,J,,,",
        name="all.csv",
    )
    (tmp_path / "folder").mkdir()
    write("entry,city,language,topic", "A,HK,en,air", "B,SH,zh,air", name="folder/entries.csv")
    write("judge,city,language,topic", "J,HK,en,air", name="folder/judges.csv")
    write("judge,entry", "J,B", name="folder/conflicts.csv")
    alone, folder = read_assignment(one), read_assignment(tmp_path / "folder")
    assert alone == folder
    assert alone.conflicts == {("J", "B")}


def told(read: Callable[[Path], ScoreFile | AssignmentFile], file: Path) -> list[str]:
    """What a reader has to say: its findings, or its refusal."""
    try:
        return [one.text() for one in read(file).findings]
    except DataferryError as error:
        return [error.text()]


@settings(max_examples=60)
@given(
    st.one_of(
        st.binary(max_size=400),
        st.lists(st.lists(st.text(max_size=12), max_size=6), max_size=6).map(
            lambda rows: ("entry,judge,score\n" + "\n".join(",".join(row) for row in rows)).encode("utf-8", "replace")
        ),
    )
)
def test_whatever_stands_in_a_file_it_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    file = tmp_path_factory.mktemp("hostile") / "scores.csv"
    file.write_bytes(raw)
    assert all(text for read in (read_scores, read_assignment) for text in told(read, file))
