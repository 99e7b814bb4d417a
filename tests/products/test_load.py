"""A wrong product.yaml is told whole: every problem, its line, the place, and the word that was probably meant."""

import re
from pathlib import Path

import pytest

from dataferry.messages import LANGUAGES, InputError, LimitError, MissingError, RefusedError
from dataferry.products import ManifestError, load_product
from dataferry.products.load import inside

from .conftest import ProductFolder


def problems(folder: Path) -> list[tuple[str, str]]:
    with pytest.raises(ManifestError) as caught:
        load_product(folder)
    lines = folder.joinpath("product.yaml").read_text(encoding="utf-8").splitlines()
    for problem in caught.value.problems:
        assert 1 <= problem.data["line"] <= len(lines)
        for language in LANGUAGES:
            assert not re.search(r"[({：:（ ]\?[)}）。 ]", problem.text(language)), "a placeholder without data"
    return [
        (problem.code.removeprefix("products.yaml_"), f"{problem.data['field']}@{problem.data['line']}")
        for problem in caught.value.problems
    ]


def test_a_good_description_is_read(product_folder: ProductFolder) -> None:
    product = load_product(product_folder())
    assert product.manifest.title.zh_hant == "車站"
    assert product.manifest.output.names() == ["district", "stops", "mean_routes"]
    assert product.manifest.build.instant.isoformat() == "2026-01-01T00:00:00+00:00"
    assert product.sql.startswith("SELECT")


@pytest.mark.parametrize(
    ("old", "new", "code", "place"),
    [
        ("dataferry: 1", "dataferry: 2", "not_one_of", "dataferry@1"),
        ("name: stops\n", "name: Stops!\n", "pattern", "name@2"),
        ("version: 1.0.0", "version: 1.0", "wrong_type", "version@3"),
        ("zh-Hans: 车站}\ndesc", "zh-Hanz: 车站}\ndesc", "missing_key", "title@4"),
        ("    publisher:", "    publischer:", "unknown_key", "inputs.stops.publischer@11"),
        ("type: integer", "type: integr", "not_one_of", "output.columns[1].type@19"),
        ("precision: 2", "precision: 99", "out_of_bounds", "output.columns[2].precision@22"),
        ("precision: 2", "precision: many", "wrong_type", "output.columns[2].precision@22"),
        ("min: 1, max: 2", "min: .nan, max: 2", "out_of_bounds", "quality[1].min@27"),
        ("min: 1, max: 2", "min: 3, max: 2", "bounds", "quality[1]@27"),
        ("expect: range", "expect: rnge", "not_one_of", "quality[1]@27"),
        ("column: stops, min", "colum: stops, min", "missing_key", "quality[1]@27"),
        ("column: stops, min", "column: stop, min", "no_such_column", "quality[1].column@27"),
        ("key: [district]", "key: [distrit]", "no_such_column", "output.key[0]@16"),
        ("key: [district]", "key: []", "out_of_bounds", "output.key@16"),
        ("key: [district]", "key: [district, district]", "key", "output.key[1]@16"),
        ("licence: CC-BY-4.0", "licence: CC-BY-5.0", "licence", "licence@28"),
        ("file: data/stops.csv", "file: data/stops.csv\n    product: ../x", "input_place", "inputs.stops@8"),
        ("file: data/stops.csv", "dataset: td-stops", "snapshot", "inputs.stops@8"),
        ("file: data/stops.csv", "dataset: td\n    snapshot: sha256:12", "pattern", "inputs.stops.snapshot@10"),
        ("    licence: DATA", "    crs: EPSG:99999\n    licence: DATA", "crs", "inputs.stops.crs@13"),
        ("    licence: DATA", "    crs: +proj=longlat\n    licence: DATA", "crs", "inputs.stops.crs@13"),
        ("T00:00:00Z", "T00:00:00", "instant", "build.instant@29"),
        ("seed: 42}", "seed: 42}\nsummary: {en: '{x}', zh-Hant: a, zh-Hans: b}", "no_such_figure", "summary.en@30"),
        ("seed: 42}", "seed: 42}\nfigures: {a: {column: district, agg: sum}}", "not_a_figure", "figures.a.column@30"),
        ("seed: 42}", "seed: 42}\nmap: {value: district, label: district}", "not_a_figure", "map.value@30"),
        ("seed: 42}", "seed: 42}\nmerge: {kind: aggregate}", "merge", "merge@30"),
        ("- name: mean_routes", "- name: district", "same_name", "output.columns[2].name@20"),
        ("type: number\n      precision: 2", "type: geometry", "missing_key", "output@15"),
        ("type: integer,", "type: integer, precision: 1,", "precision", "output.columns[1].precision@19"),
    ],
)
def test_each_mistake_is_told_at_its_place(
    product_folder: ProductFolder, old: str, new: str, code: str, place: str
) -> None:
    assert (code, place) in problems(product_folder(edits={old: new}))


def test_all_problems_are_told_together_and_in_order(product_folder: ProductFolder) -> None:
    folder = product_folder(
        edits={"name: stops\n": "nam: stops\n", "type: integer": "type: int", "seed: 42": "sed: 42"}
    )
    found = problems(folder)
    assert found == [
        ("missing_key", "product.yaml@1"),
        ("unknown_key", "nam@2"),
        ("not_one_of", "output.columns[1].type@19"),
        ("unknown_key", "build.sed@29"),
    ]
    with pytest.raises(ManifestError) as caught:
        load_product(folder)
    text = caught.value.text("en")
    assert "product.yaml, line 2: nam is not a known key. Did you mean: name?" in text
    assert "Did you mean: integer?" in text
    assert "Did you mean: seed?" in text
    assert len(caught.value.to_json()["data"]["problems"]) == 4


def test_what_is_missing_or_outside_is_told(product_folder: ProductFolder, tmp_path: Path) -> None:
    with pytest.raises(MissingError):
        load_product(tmp_path / "nowhere")
    folder = product_folder()
    (folder / "recipe.sql").unlink()
    with pytest.raises(MissingError):
        load_product(folder)
    (folder / "recipe.sql").symlink_to("/etc/hostname")
    with pytest.raises(RefusedError):
        load_product(folder)
    (folder / "recipe.sql").unlink()
    (folder / "recipe.sql").write_bytes(b"-" * (1024 * 1024 + 1))
    with pytest.raises(LimitError):
        load_product(folder)


@pytest.mark.parametrize("name", ["../other/x.csv", "/etc/passwd", "data/../../x", "a\x00b"])
def test_paths_stay_inside(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    with pytest.raises(RefusedError):
        inside(folder / name, (folder,))


@pytest.mark.parametrize(
    ("old", "new", "code", "place"),
    [
        ("name: stops\n", "name: 'a\\u0007b'\n", "pattern", "name@2"),
        ("{en: Stops,", '{en: "a\\u0007b",', "control_character", "title.en@4"),
        ("    title: {en: Stops, zh-Hant: 車站, zh-Hans: 车站}\n", "", "missing_key", "inputs.stops@8"),
        ("column: stops, min: 1, max: 2", "column: stops", "bounds", "quality[1]@27"),
        ("expect: range,", "", "not_one_of", "quality[1]@27"),
        ("cities: [hong-kong]", "cities: hong-kong", "wrong_type", "cities@6"),
        ("T00:00:00Z", " at noon", "instant", "build.instant@29"),
        ("seed: 42}", "seed: 42}\nfigures: {a: {column: stops, agg: sum, label: district}}", "figure_label",
         "figures.a.label@30"),
        ("seed: 42}", "seed: 42}\nfigures: {a: {column: nothing, agg: count}}", "no_such_column",
         "figures.a.column@30"),
        ("{expect: unique, columns: [district]}", "{expect: within, column: district, bbox: [2, 1, 1, 2]}", "bbox",
         "quality[0].bbox@26"),
        ("{expect: unique, columns: [district]}", "{expect: sum, column: district, equals: 1}", "not_a_figure",
         "quality[0].column@26"),
        ("output:\n", "output:\n  geometry: district\n", "geometry", "output.geometry@16"),
    ],
)  # fmt: skip
def test_mistakes_that_only_the_whole_shows_are_told_at_their_place(
    product_folder: ProductFolder, old: str, new: str, code: str, place: str
) -> None:
    assert (code, place) in problems(product_folder(edits={old: new}))


def test_two_inputs_of_one_name_are_told_whatever_their_case(product_folder: ProductFolder) -> None:
    other = "  Stops: {file: data/stops.csv, licence: MIT, title: {en: a, zh-Hant: a, zh-Hans: a}}\noutput:\n"
    assert {code for code, _ in problems(product_folder(edits={"output:\n": other}))} & {"same_name", "pattern"}


def test_a_recipe_that_is_no_text_is_told_with_its_line(product_folder: ProductFolder) -> None:
    folder = product_folder()
    (folder / "recipe.sql").write_bytes("SELECT 1\n-- 香港\n".encode("big5"))
    with pytest.raises(InputError) as caught:
        load_product(folder)
    assert (caught.value.code, caught.value.data["line"]) == ("products.recipe_not_utf8", 2)
