"""Promise: a product is judged before and after its steps; the release holds both, without the table before."""

import json
from pathlib import Path
from typing import Any

import pytest

from dataferry.messages import InputError
from dataferry.products import ManifestError, Release, build, load_product
from dataferry.products.privacy_check import check_privacy
from dataferry.tables import geometry_columns, read_geoparquet

from .conftest import MINIMAL

EXAMPLES = Path(__file__).parents[2] / "examples"
WORDS = "title: {en: t, zh-Hant: t, zh-Hans: t}, description: {en: d, zh-Hant: d, zh-Hans: d}"
PEOPLE_SQL = "SELECT id, district, sex, age FROM stops"
PEOPLE = "id,district,sex,age\n" + "".join(f"{n},Eastern,{'FM'[n % 2]},{30 + n % 8}\n" for n in range(40))
DECLARED = f"""\
output:
  key: [id]
  columns:
    - {{name: id, type: integer, {WORDS}}}
    - {{name: district, type: string, {WORDS}}}
    - {{name: sex, type: string, {WORDS}}}
    - {{name: age, type: integer, {WORDS}}}
"""


@pytest.fixture(scope="module")
def aggregated(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return build(EXAMPLES / "ev-trips-by-cell-and-hour", tmp_path_factory.mktemp("ev") / "release")


def test_tracks_added_up_by_cell_and_hour_are_clear_and_say_what_they_were(aggregated: Release) -> None:
    privacy = aggregated.privacy
    assert (aggregated.evidence.privacy, privacy["state"], privacy["privacy_class"]) == ("clear", "clear", "none")
    assert (privacy["before"]["state"], privacy["before"]["privacy_class"]) == ("blocked", "sensitive-personal")
    assert privacy["before"]["subjects"]["distinct"] == 90
    assert privacy["before"]["anonymity"]["tracks"]["singled_out"]["4"] == 1.0
    assert privacy["report"]["anonymity"]["k"] >= 10
    step = privacy["steps"][0]
    assert [one["code"] for one in step["findings"]] == ["privacy.aggregated", "privacy.cells_shifted"]
    figures = step["findings"][0]["data"]
    table = read_geoparquet(aggregated.folder / "data.parquet")
    assert figures["kept"] == table.num_rows
    assert figures["row_count"] == 2160
    assert sum(table["points"].to_pylist()) + figures["removed_rows"] == 2160
    assert min(table["vehicles"].to_pylist()) >= 10
    assert geometry_columns(table.schema) == {"geometry": "DATAFERRY:GCJ02"}


def test_nothing_of_the_table_before_is_in_the_release(aggregated: Release) -> None:
    vin = (EXAMPLES / "ev-trips-by-cell-and-hour/data/sh_ev_tracks_synthetic.csv").read_text().splitlines()[1][:17]
    for path in aggregated.folder.rglob("*"):
        assert path.is_dir() or vin.encode() not in path.read_bytes(), path.name
    assert "examples" not in json.dumps(aggregated.privacy["before"])


def test_lineage_goes_through_the_steps(aggregated: Release) -> None:
    columns = {each["column"]: each for each in aggregated.lineage["columns"]}
    assert columns["vehicles"]["from"] == [{"input": "tracks", "column": "vin"}]
    assert columns["hour"]["from"] == [{"input": "tracks", "column": "at"}]
    assert columns["mean_soc_pct"]["from"] == [{"input": "tracks", "column": "soc_pct"}]
    assert all(each["through"][0] == "aggregate_cell_hour" for each in columns.values())


def test_the_report_shows_what_was_judged_and_what_went(aggregated: Release) -> None:
    html = (aggregated.folder / "report.html").read_text(encoding="utf-8")
    assert "Class: none. Nothing private was found." in html
    assert "was judged before these steps: Blocked. Class: sensitive personal." in html
    assert "類別：無。沒有發現涉及私隱的內容。" in html
    assert "2,160 行已按网格（1000 m）和时段（hour）汇总" in html


def test_raw_tracks_are_blocked_from_product_and_from_release(tmp_path: Path) -> None:
    release = build(EXAMPLES / "ev-raw-tracks", tmp_path / "release")
    assert release.evidence.privacy == "blocked"
    assert release.privacy["before"] is None
    assert "privacy.tracks" in [finding["code"] for finding in release.findings]
    checked = check_privacy(release.folder)
    assert (checked.kind, checked.blocked) == ("release", True)
    assert checked.report.to_json() == release.privacy["report"]
    assert [step.step for step in checked.suggested] == ["aggregate_cell_hour"]


def test_people_are_generalised_and_judged_again(product_folder: Any) -> None:
    steps = (
        "deidentify:\n  - {step: generalise, column: age, width: 10}\n"
        "  - {step: suppress, what: rows, over: [sex, age], k: 10}\n"
    )
    for text, small in (("", 8), (steps, 0)):
        release = build(product_folder(f"people{small}", yaml=_with_output(text), sql=PEOPLE_SQL, csv=PEOPLE))
        assert release.privacy["report"]["anonymity"]["small_groups"] == small
        assert release.evidence.privacy == ("attention" if small else "clear")
    columns = {each["column"]: each for each in release.lineage["columns"]}
    assert columns["age"] == {"column": "age", "from": [{"input": "stops", "column": "age"}], "through": ["generalise"]}
    assert columns["sex"]["through"] == []


def _with_output(steps: str) -> str:
    start, end = MINIMAL.index("output:"), MINIMAL.index("quality:")
    return MINIMAL[:start] + DECLARED + steps + MINIMAL[MINIMAL.index("licence: CC-BY-4.0", end) :]


def test_an_upstream_product_hands_on_what_its_steps_leave(product_folder: Any) -> None:
    steps = "deidentify:\n  - {step: suppress, what: rows, over: [sex], k: 21}\n"
    product_folder("stops", yaml=_with_output(steps), sql=PEOPLE_SQL, csv=PEOPLE)
    upper = product_folder(
        "upper",
        yaml=_with_output("")
        .replace("name: stops", "name: upper")
        .replace("file: data/stops.csv", "product: ../stops"),
        sql=PEOPLE_SQL,
    )
    assert build(upper).output.rows == 0


@pytest.mark.parametrize(
    ("steps", "code", "line_of"),
    [
        ("  - {step: generalise, column: age}\n", "products.yaml_step_choice", "generalise"),
        ("  - {step: generalize, column: age, width: 5}\n", "products.yaml_not_one_of", "generalize"),
        ("  - {step: generalise, column: age, widht: 5, width: 5}\n", "products.yaml_unknown_key", "widht"),
        ("  - {step: suppress, what: rows, over: [sex], k: 1}\n", "products.yaml_out_of_bounds", "suppress"),
        (
            "  - {step: suppress, what: rows, over: [sex]}\nmerge: {kind: union}\n",
            "products.yaml_step_merge",
            "suppress",
        ),
    ],
)
def test_mistakes_in_steps_are_told_at_their_line(product_folder: Any, steps: str, code: str, line_of: str) -> None:
    folder = product_folder("wrong", yaml=_with_output("deidentify:\n" + steps))
    with pytest.raises(ManifestError) as refused:
        load_product(folder)
    problem = refused.value.problems[0]
    lines = (folder / "product.yaml").read_text(encoding="utf-8").splitlines()
    assert (problem.code, line_of in lines[problem.data["line"] - 1]) == (code, True)
    assert "?" not in problem.text("zh-Hant")


def test_a_step_that_does_not_fit_the_answer_names_the_nearest_column(product_folder: Any) -> None:
    steps = "deidentify:\n  - {step: suppress, columns: [agee]}\n"
    with pytest.raises(InputError) as refused:
        build(product_folder("wrong", yaml=_with_output(steps), sql=PEOPLE_SQL, csv=PEOPLE))
    assert (refused.value.code, refused.value.data["nearest"]) == ("privacy.step_column", "age")
