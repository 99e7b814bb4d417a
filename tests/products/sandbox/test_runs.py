"""Promise: a recipe runs confined, answers in the right datum, reports progress, and leaves nothing behind."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

from dataferry.messages import InputError, LimitError, RefusedError, UnavailableError
from dataferry.products.sandbox import SandboxLimits, choose, confinement, parent, run_recipe
from dataferry.products.sandbox.answer import read_answer
from dataferry.tables.geoparquet import geometry_columns, read_geoparquet

from .conftest import INSTANT, SMALL


def test_a_conversion_runs_in_the_child_and_its_answer_knows_its_datum(run):
    answer = run(
        "SELECT d.name, to_wgs84(d.geometry) AS geometry, area_m2(d.geometry) AS m2, count(*) AS n,"
        " build_seed() AS seed, build_instant() AS at FROM districts d"
        " JOIN stops s ON ST_Contains(to_wgs84(d.geometry), s.geometry)"
        " GROUP BY d.name, d.geometry"
    )
    table = read_geoparquet(answer.output)
    assert geometry_columns(table.schema) == {"geometry": "EPSG:4326"}
    [row] = table.select(["name", "n", "seed", "at"]).to_pylist()
    assert row == {"name": "n0", "n": 1, "seed": 7, "at": INSTANT}
    assert table["m2"][0].as_py() == pytest.approx(84.4e6, rel=0.01)
    assert answer.rows == 1
    assert answer.peak_bytes > 0


def test_a_preview_stops_after_the_rows_it_asked_for_and_progress_is_told(run):
    seen = []
    sql = "SELECT a.v FROM generate_series(1, 1000000) AS a(v) CROSS JOIN generate_series(1, 1000000) AS b(w)"
    assert run(sql, first_rows=10, progress=seen.append).rows == 10
    assert seen == [10]


def test_a_run_can_be_cancelled(run):
    sql = "SELECT count(*) AS n FROM generate_series(1, 1000000) a(v) CROSS JOIN generate_series(1, 1000000) b(w)"
    with pytest.raises(UnavailableError) as caught:
        run(sql, cancelled=lambda: True)
    assert caught.value.code == "products.run_cancelled"


def test_an_error_of_the_engine_is_one_clear_line_without_paths(run, inputs):
    with pytest.raises(InputError) as caught:
        run("SELECT nome FROM stops")
    assert "nome" in str(caught.value)
    assert str(inputs["stops"].parent) not in json.dumps(caught.value.to_json())


def test_an_error_of_our_functions_keeps_its_own_words(run):
    with pytest.raises(InputError) as caught:
        run("SELECT h3_cell(geometry, 99) AS cell FROM stops")
    assert caught.value.code == "tables.h3_resolution"


def test_a_failed_run_keeps_the_output_of_the_last_good_one(run):
    good = run("SELECT 1 AS x").output.read_bytes()
    with pytest.raises(LimitError):
        run("SELECT v AS x FROM generate_series(1, 1000000) AS t(v)")
    assert run("SELECT 1 AS x").output.read_bytes() == good


def test_without_any_confinement_a_recipe_is_refused_unless_the_caller_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(confinement, "bubblewrap_works", lambda: False)
    monkeypatch.setattr(confinement, "landlock_works", lambda: False)
    monkeypatch.setattr(parent, "choose", choose)
    asked = {"limits": SMALL, "instant": INSTANT, "seed": 0, "output": tmp_path / "x.parquet"}
    with pytest.raises(RefusedError) as caught:
        run_recipe("SELECT 1 AS x", {}, **asked)
    assert caught.value.code == "products.no_sandbox"
    assert run_recipe("SELECT 1 AS x", {}, unsafe_local=True, **asked).sandbox == "unsafe-local"


def test_the_strongest_confinement_is_chosen(monkeypatch):
    monkeypatch.setattr(confinement, "bubblewrap_works", lambda: True)
    assert choose().kind == "bubblewrap"
    monkeypatch.setattr(confinement, "bubblewrap_works", lambda: False)
    monkeypatch.setattr(confinement, "landlock_works", lambda: True)
    assert choose(unsafe_local=True).kind == "landlock"


def test_a_machine_without_bubblewrap_is_noticed_by_trying(monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    assert confinement.bubblewrap_works.__wrapped__() is False


def test_limits_leave_the_engine_room_beside_the_child():
    assert 0 < SandboxLimits(memory_mib=64).pool_bytes <= 64 << 20
    assert SandboxLimits(memory_mib=4096).pool_bytes < 4096 << 20


def test_answers_of_a_child_are_read_as_hostile_bytes(tmp_path: Path):
    good = tmp_path / "good.arrows"
    table = pa.table({"s": ["abc", "def"] * 50})
    with pa.ipc.new_stream(str(good), table.schema) as writer:
        writer.write_table(table)
    content = good.read_bytes()
    assert read_answer(good, SMALL).num_rows == 100
    for position in range(0, len(content), 7):
        bad = tmp_path / "bad.arrows"
        bad.write_bytes(content[:position] + bytes([content[position] ^ 0xFF]) + content[position + 1 :])
        try:
            read_answer(bad, SMALL)
        except (RefusedError, InputError, LimitError):
            continue
