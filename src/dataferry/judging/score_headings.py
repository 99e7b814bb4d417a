"""Which column of an organiser's table is which: headings in English and in both scripts of Chinese."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from dataferry.judging.score_tables import Row, Sheet

HEADINGS: dict[str, tuple[str, ...]] = {
    "entry": (
        *("entry", "entry id", "entry no", "entry number", "project", "submission", "submission id", "team id"),
        *(
            "作品",
            "作品編號",
            "作品编号",
            "作品名稱",
            "作品名称",
            "參賽作品",
            "参赛作品",
            "項目編號",
            "项目编号",
            "項目",
            "项目",
        ),
    ),
    "judge": (
        *("judge", "judge id", "reviewer", "assessor", "judge name"),
        *(
            "評審",
            "评审",
            "評委",
            "评委",
            "評判",
            "评判",
            "評審姓名",
            "评委姓名",
            "評審編號",
            "评委编号",
            "專家",
            "专家",
        ),
    ),
    "panel": ("panel", "judge city", "panel city", "評審團", "评审团", "評審組", "评审组", "評審城市", "评委城市"),
    "division": ("division", "group", "組別", "组别", "賽區", "赛区", "分區", "分区"),
    "city": ("city", "城市", "地區", "地区"),
    "score": ("score", "total", "total score", "mark", "評分", "评分", "分數", "分数", "總分", "总分", "得分"),
    "language": ("language", "languages", "reads", "語言", "语言", "語文", "语文"),
    "topic": ("topic", "topics", "theme", "expertise", "category", "主題", "主题", "專長", "专长", "類別", "类别"),
    "capacity": ("capacity", "max", "most", "limit", "上限", "名額", "名额", "最多"),
    "conflicts": (
        "conflict",
        "conflicts",
        "coi",
        "conflict of interest",
        "利益衝突",
        "利益冲突",
        "迴避",
        "回避",
        "避嫌",
    ),
    "anchor": ("anchor", "基準", "基准", "錨定", "锚定"),
    "scored": ("scored", "done", "已評", "已评", "已評分", "已评分"),
    "organisation": ("organisation", "organization", "affiliation", "機構", "机构", "單位", "单位", "所屬機構"),
    "kind": ("kind", "record", "類型", "类型"),
    "id": ("id", "no", "code", "編號", "编号", "序號", "序号"),
    "name": ("name", "title", "team", "姓名", "名稱", "名称", "隊伍", "队伍", "標題", "标题"),
    "remark": (
        "remark",
        "remarks",
        "comment",
        "comments",
        "note",
        "notes",
        "備註",
        "备注",
        "評語",
        "评语",
        "意見",
        "意见",
    ),
}
_FIELD = {word: name for name, words in HEADINGS.items() for word in words}
_STATED = re.compile(r"^(?P<name>.*?)[\s(\[]*(?P<weight>\d+(?:\.\d+)?)\s*%(?P<rest>[^%]*)$")
_SCALE = re.compile(r"(?:(?P<low>\d+(?:\.\d+)?)\s*(?:-|–|to|至)\s*|/\s*|out of\s*)(?P<high>\d+(?:\.\d+)?)")
_LOOKED_AT = 30


@dataclass(frozen=True)
class Stated:
    """A criterion in a heading: `novelty (30%, 0-10)`."""

    code: str
    weight: Decimal | None
    lowest: Decimal | None = None
    highest: Decimal | None = None


@dataclass(frozen=True)
class Table:
    """A sheet with its header found. `columns` maps a known field to its position, `others` every other heading."""

    sheet: Sheet
    header: Row
    body: tuple[Row, ...]
    columns: dict[str, int]
    others: dict[str, int]
    repeated: tuple[str, ...] = field(default=())

    def cell(self, row: Row, name: str) -> str:
        """The cell of a known field, empty where there is no such column or the row is short."""
        position = self.columns.get(name, self.others.get(name, -1))
        return row.cells[position] if 0 <= position < len(row.cells) else ""

    def heading(self, name: str) -> str:
        position = self.columns.get(name, self.others.get(name, -1))
        return self.header.cells[position] if 0 <= position < len(self.header.cells) else name

    def place(self, row: Row, name: str) -> dict[str, object]:
        return {"file": self.sheet.file, "sheet": self.sheet.name, "row": row.number, "column": self.heading(name)[:80]}


def words_of(heading: str) -> str:
    """A heading without case, width and separators."""
    return " ".join(re.sub(r"[_.\-:：#*/]+", " ", unicodedata.normalize("NFKC", heading)).casefold().split())


def field_of(heading: str) -> str | None:
    """The known field that a heading means; a bilingual one such as `評審 Judge` counts where both halves agree."""
    words = words_of(heading)
    if words in _FIELD:
        return _FIELD[words]
    latin = " ".join(re.sub(r"[^\x00-\x7f]+", " ", words).split()).strip("() ")
    chinese = "".join(re.findall(r"[\u3400-\u9fff]+", words))
    if latin in _FIELD and chinese in _FIELD and _FIELD[latin] == _FIELD[chinese]:
        return _FIELD[latin]
    return None


def stated_criterion(heading: str) -> Stated | None:
    """The criterion of a heading that states a weight, a scale, or both."""
    text = unicodedata.normalize("NFKC", heading)
    weighted = _STATED.match(text)
    if weighted is None:
        return None
    scale = _SCALE.search(weighted["rest"])
    name = weighted["name"].strip(" ([,:;-") or text
    low = scale["low"] if scale is not None else None
    return Stated(
        name[:80],
        Decimal(weighted["weight"]),
        Decimal(low) if low is not None else None,
        Decimal(scale["high"]) if scale is not None else None,
    )


def table_of(sheet: Sheet, wanted: Iterable[str]) -> Table | None:
    """The sheet with its header: the row, among the first thirty, that names most fields and one of `wanted`."""
    wanted = set(wanted)
    best: tuple[int, int] | None = None
    for index, row in enumerate(sheet.rows[:_LOOKED_AT]):
        fields = {name for cell in row.cells if (name := field_of(cell)) is not None}
        if fields & wanted and (best is None or len(fields) > best[0]):
            best = (len(fields), index)
    if best is None:
        return None
    header = sheet.rows[best[1]]
    columns, others, repeated = _columns(header.cells)
    return Table(sheet, header, sheet.rows[best[1] + 1 :], columns, others, repeated)


def _columns(cells: Sequence[str]) -> tuple[dict[str, int], dict[str, int], tuple[str, ...]]:
    columns: dict[str, int] = {}
    others: dict[str, int] = {}
    repeated = []
    for position, cell in enumerate(cells):
        name = field_of(cell)
        if not cell:
            continue
        if name is not None and name not in columns:
            columns[name] = position
        elif name is None and cell not in others:
            others[cell] = position
        else:
            repeated.append(cell[:80])
    return columns, others, tuple(repeated)


_LANGUAGES = {
    "english": "en",
    "英文": "en",
    "英語": "en",
    "英语": "en",
    "traditional chinese": "zh-Hant",
    "繁體中文": "zh-Hant",
    "繁体中文": "zh-Hant",
    "繁中": "zh-Hant",
    "simplified chinese": "zh-Hans",
    "简体中文": "zh-Hans",
    "簡體中文": "zh-Hans",
    "简中": "zh-Hans",
    "chinese": "zh",
    "中文": "zh",
    "普通話": "zh",
    "普通话": "zh",
    "漢語": "zh",
    "汉语": "zh",
}


def listed(cell: str) -> tuple[str, ...]:
    """The parts of a cell that lists several things, in order, each once."""
    parts = (part.strip() for part in re.split(r"[;；,，、|\n]+", cell))
    return tuple(dict.fromkeys(part for part in parts if part))


def languages_of(cell: str) -> tuple[str, ...]:
    """Language codes of a cell such as `English; 简体中文` or `en+zh-Hans`."""
    parts = (part.strip() for one in listed(cell) for part in re.split(r"[+/&]", one))
    return tuple(dict.fromkeys(_LANGUAGES.get(part.casefold(), part) for part in parts if part))
