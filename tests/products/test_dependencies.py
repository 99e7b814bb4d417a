"""Products that stand on products are found before anything is built; a circle is refused and named."""

from pathlib import Path

import pytest

from dataferry.messages import InputError, MissingError, RefusedError
from dataferry.products import build, load_with_upstreams

W = "{en: x, zh-Hant: x, zh-Hans: x}"


def product(root: Path, name: str, *below: str) -> Path:
    inputs = "\n".join(f"  i{number}: {{product: {place}}}" for number, place in enumerate(below))
    folder = root / name
    folder.mkdir()
    (folder / "recipe.sql").write_text("SELECT 1 AS n", encoding="utf-8")
    (folder / "product.yaml").write_text(
        f"""\
dataferry: 1
name: {name}
version: 1.0.0
title: {W}
description: {W}
cities: [shanghai]
inputs:
{inputs}
output: {{key: [n], columns: [{{name: n, type: integer, title: {W}, description: {W}}}]}}
licence: unknown
build: {{instant: 2026-01-01T00:00:00Z}}
""",
        encoding="utf-8",
    )
    return folder


def test_a_circle_is_named(tmp_path: Path) -> None:
    start = product(tmp_path, "outside", "../a")
    product(tmp_path, "a", "../b")
    product(tmp_path, "b", "../c")
    product(tmp_path, "c", "../a")
    with pytest.raises(InputError, match="a → b → c → a"):
        build(start)


def test_a_product_on_itself_is_a_circle(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="me → me"):
        load_with_upstreams(product(tmp_path, "me", "../me"))


def test_products_lie_beside_each_other_or_where_it_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "team").mkdir()
    product(tmp_path, "secret", "../x")
    start = product(tmp_path / "team", "start", "../../secret")
    with pytest.raises(RefusedError):
        load_with_upstreams(start)
    with pytest.raises(MissingError):
        load_with_upstreams(product(tmp_path, "alone", "../nowhere"))


def test_a_shared_upstream_is_loaded_once(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    start = product(tmp_path, "top", "../left", "../right")
    product(tmp_path, "left", "../below")
    product(tmp_path, "right", "../below")
    below = product(tmp_path, "below", "../ground")
    ground = product(tmp_path, "ground", "../ground2")
    text = (ground / "product.yaml").read_text(encoding="utf-8")
    (ground / "product.yaml").write_text(
        text.replace("{product: ../ground2}", f"{{file: a.csv, title: {W}}}"), encoding="utf-8"
    )
    loaded = load_with_upstreams(start)
    assert [item.name for item in loaded.values()] == ["top", "left", "below", "ground", "right"]
    assert list(loaded)[2] == below.resolve()
