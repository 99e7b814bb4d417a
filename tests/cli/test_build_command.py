"""`dataferry new`, `build`, `verify` and `lineage` from end to end, in words and as one JSON document."""

import json
from pathlib import Path
from typing import Any


def test_from_nothing_to_a_checked_release(command: Any, tmp_path: Path) -> None:
    assert command("new", "my-first")[0] == 0
    code, out, _ = command("build", "my-first")
    assert code == 0
    for word in ("Licence: Clear", "Privacy: Unknown", "sha256:", "report.html"):
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
