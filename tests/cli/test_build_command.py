"""`dataferry new`, `build`, `verify` and `lineage` from end to end, in words and as one JSON document."""

import json
import re
from pathlib import Path
from typing import Any


def test_from_nothing_to_a_checked_release(command: Any, tmp_path: Path) -> None:
    assert command("new", "my-first")[0] == 0
    code, out, _ = command("build", "my-first")
    assert code == 0
    for word in ("Licence: Unknown", "Privacy: Clear", "sha256:", "report.html"):
        assert word in out
    code, out, _ = command("lineage", "my-first", "--json")
    assert json.loads(out)["columns"][0] == {
        "column": "place", "from": [{"input": "sample", "column": "place"}], "through": []
    }  # fmt: skip
    code, out, _ = command("verify", "my-first/release", "--json")
    assert (code, json.loads(out)["right"]) == (0, True)
    (tmp_path / "my-first" / "release" / "data.csv").write_text("altered", encoding="utf-8")
    code, out, _ = command("verify", "my-first/release", "--json")
    assert (code, json.loads(out)["files"]["data.csv"]) == (3, False)


def test_json_is_one_document_and_errors_are_told(command: Any, tmp_path: Path) -> None:
    command("new", "my-first")
    code, out, err = command("build", "my-first", "--out", "there", "--json")
    value = json.loads(out)
    assert (code, value["format"], value["folder"]) == (0, "dataferry-release/1", "there")
    description = tmp_path / "my-first" / "product.yaml"
    description.write_text(description.read_text(encoding="utf-8").replace("recipe:", "recepi:"), encoding="utf-8")
    code, out, err = command("build", "my-first", "--json")
    assert code == 3
    assert json.loads(out)["error"]["data"]["problems"][0]["code"] == "products.yaml_unknown_key"
    code, out, err = command("build", "my-first")
    assert code == 3
    assert "Did you mean: recipe?" in err
    assert command("build", "nowhere")[0] == 6
    assert command("build", "my-first", "--store", "nowhere")[0] == 6


def test_the_lineage_and_the_check_of_a_release_in_words(command: Any, tmp_path: Path) -> None:
    command("new", "my-first")
    out = command("lineage", "my-first").out
    assert "sample.place" in out
    assert "Traceback" not in out
    command("build", "my-first")
    ended = command("verify", "my-first/release")
    assert (ended.code, "✗" in ended.out) == (0, False)
    release = tmp_path / "my-first" / "release"
    (release / "data.parquet").write_bytes(b"PAR1 not any more")
    ended = command("verify", "my-first/release")
    assert ended.code == 3
    assert "✗ data.parquet" in ended.out
    assert "✓ data.csv" in ended.out
    assert json.loads(command("verify", "my-first/release", "--json").out)["recomputed"] is None
    assert command("verify", "my-first").code == 6


def test_a_conversion_between_datums_is_told_in_the_lineage(command: Any, tmp_path: Path) -> None:
    places = tmp_path / "places.csv"
    places.write_text("name,lon,lat\n甲,121.47,31.23\n乙,121.48,31.24\n", encoding="utf-8")
    assert command("new", "places", "--from", places, "--crs", "GCJ02").code == 0
    recipe = tmp_path / "places" / "recipe.sql"
    text = recipe.read_text(encoding="utf-8")
    assert '"geometry"' in text
    recipe.write_text(text.replace('"geometry"', 'to_wgs84("geometry") AS "geometry"'), encoding="utf-8")
    ended = command("lineage", "places")
    assert ended.code == 0
    assert "to_wgs84" in ended.out
    assert "GCJ" in ended.out.rstrip().splitlines()[-1]
    assert json.loads(command("lineage", "places", "--json").out)["conversions"][0]["from"] == "DATAFERRY:GCJ02"


def test_a_store_is_taken_from_the_option_or_the_home(command: Any, tmp_path: Path, monkeypatch: Any) -> None:
    command("new", "my-first")
    (tmp_path / "home" / "snapshots").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    monkeypatch.setenv("DATAFERRY_HOME", str(tmp_path / "home"))
    assert command("build", "my-first").code == 0
    assert list((tmp_path / "home" / "snapshots").rglob("*"))
    assert command("build", "my-first", "--store", "other").code == 0
    assert list((tmp_path / "other").rglob("*"))


def test_more_findings_than_a_screen_are_counted(command: Any, tmp_path: Path) -> None:
    command("new", "my-first")
    description = tmp_path / "my-first" / "product.yaml"
    text = description.read_text(encoding="utf-8")
    wrong = "".join(f"  - {{expect: row_count, min: {1000 + i}}}\n" for i in range(20))
    assert re.search(r"^quality:\n", text, re.MULTILINE)
    description.write_text(re.sub(r"^quality:\n", "quality:\n" + wrong, text, flags=re.MULTILINE), encoding="utf-8")
    ended = command("build", "my-first")
    assert ended.code == 0
    assert ended.out.count("• ") == 12
