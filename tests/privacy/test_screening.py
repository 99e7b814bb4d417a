"""Promise: a column is decided as a whole: by share, lift over chance, header and distinctness, never by one cell."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataferry.privacy.corpus_makers import POSITIVES, digits, one_of
from dataferry.privacy.report import PrivacyClass
from dataferry.privacy.screening import DECIDED, Screened, lower_end, screen
from dataferry.tables import read


def made(identifier: str, count: int, seed: int = 1) -> list[str]:
    random = np.random.default_rng(seed)
    return [POSITIVES[identifier][1](random) for _ in range(count)]


def drawn(count: int, length: int, seed: int = 1) -> list[str]:
    random = np.random.default_rng(seed)
    return [digits(random, length) for _ in range(count)]


def one(name: str, values: object) -> Screened:
    array = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values)
    return screen(pa.table({name: array}))[0]


def test_half_of_random_numbers_are_telephones_by_form_and_none_by_lift() -> None:
    found = one("c", drawn(500, 8))
    assert found.finding.identifier is None
    assert 0.5 < found.finding.share < 0.75
    assert found.finding.lift == pytest.approx(1, abs=0.1)
    assert found.finding.privacy_class == PrivacyClass.NONE


@pytest.mark.parametrize("header", ["c", "amount", "meter_no", "站号"])
def test_a_column_of_8_digit_numbers_is_no_telephone_without_a_word_in_its_header(header: str) -> None:
    numbers = [int(value) for value in made("hk_phone, eight digits", 300)]
    assert one(header, numbers).finding.identifier is None
    assert one(header, [float(number) for number in numbers]).finding.identifier is None
    named = one("telephone", numbers).finding
    assert named.identifier == "hk_phone"
    assert named.header_hit == "telephone"


def test_arithmetic_wins_over_a_misleading_header() -> None:
    assert one("order_no", made("hkid", 200)).finding.identifier == "hkid"
    serials = [f"A{value}" for value in drawn(300, 7)]
    assert one("hkid", serials).finding.identifier is None
    assert one("hkid", serials).named_only == "hkid"


def test_sixty_per_cent_right_identity_numbers_are_found_and_ten_are_not() -> None:
    wrong = [f"B{value}" for value in drawn(600, 7)]
    assert one("c", [*made("hkid", 600), *wrong[:300]]).finding.identifier == "hkid"
    assert one("c", [*made("hkid", 10), *wrong]).finding.identifier is None


def test_numbers_of_both_cities_share_a_column() -> None:
    mixed = [*made("plate_mainland", 60), *made("plate_hk", 60), *made("plate_cross_border", 20)]
    assert one("車牌", mixed).finding.share > 0.99
    phones = [*made("hk_phone", 60), *made("mainland_mobile", 50)]
    assert one("contact_no", phones).finding.identifier == "hk_phone"


def test_one_value_repeated_is_not_many_people() -> None:
    assert one("c", ["A123456(3)"] * 1000).finding.identifier is None
    assert one("c", made("hkid", 12) * 100).finding.identifier == "hkid"


def test_a_few_numbers_among_others_are_told() -> None:
    found = one("certificate", [*made("resident_id", 8), *[f"P{value}" for value in drawn(400, 9)]])
    assert found.finding.identifier is None
    assert [some.identifier for some in found.some] == ["resident_id"]
    assert found.finding.privacy_class == PrivacyClass.SENSITIVE_PERSONAL
    random = np.random.default_rng(1)
    acceptance = [one_of(random, "310115", "310104") + "20240515" + digits(random, 4) for _ in range(400)]
    assert one("c", acceptance).some == (), "region, day and serial: right check digits are chance there"


@pytest.mark.parametrize(
    ("name", "values", "path"),
    [
        ("email", pa.array(made("email", 40)).dictionary_encode(), "email"),
        ("owner", pa.array([{"email": value, "n": 1} for value in made("email", 40)]), "owner.email"),
        ("list", pa.array([[value, value] for value in made("email", 40)]), "list[]"),
        ("map", pa.array([[("a", value)] for value in made("email", 40)], pa.map_(pa.string(), pa.string())), "map[]"),
        ("nulls", pa.array([*made("email", 40), *[None, "", " - ", "N/A"] * 200]), "nulls"),
        ("view", pa.array(made("email", 40), pa.string_view()), "view"),
        ("deep", pa.array([{"a": [{"b": value}]} for value in made("email", 40)]), "deep.a[].b"),
    ],
)
def test_identifiers_are_found_inside_any_kind_of_column(name: str, values: pa.Array, path: str) -> None:
    found = {one.finding.column: one.finding for one in screen(pa.table({name: values}))}
    assert found[path].identifier == "email"
    assert found[path].share == 1


def test_numbers_of_18_digits_and_decimals() -> None:
    resident = [value for value in made("resident_id", 300) if not value.endswith("X")]
    assert one("c", pa.array([int(value) for value in resident])).finding.identifier == "resident_id"
    assert (
        one("c", pa.array([int(value) for value in resident]).cast(pa.decimal128(20, 0))).finding.identifier
        == "resident_id"
    )


def test_columns_without_text_or_rows() -> None:
    table = pa.table({
        "a": pa.array([], pa.string()), "b": pa.array([], pa.float64()), "c": pa.array([], pa.list_(pa.string())),
        "d": pa.nulls(0), "e": pa.array([], pa.binary()), "f": pa.array([], pa.timestamp("s")),
    })  # fmt: skip
    assert {found.finding.identifier for found in screen(table)} == {None}
    strange = pa.table(
        {"f": pa.array([float("nan"), float("inf"), 1e300]), "u": pa.array([2**64 - 1] * 3, pa.uint64())}
    )
    assert {found.finding.identifier for found in screen(strange)} == {None}


def test_examples_never_show_a_value() -> None:
    for look, (_, _, words) in POSITIVES.items():
        values = made(look, 60)
        examples = one(words[0], values).finding.examples
        assert examples, look
        assert not {value.strip() for value in values} & set(examples)


def test_long_columns_are_sampled_the_same_way_each_time() -> None:
    base = pa.array(made("hkid", 2_000))
    table = pa.table({"c": pa.chunked_array([base] * 150)})
    first, second = screen(table)[0], screen(table)[0]
    assert first.finding == second.finding
    assert first.finding.values == 300_000
    assert first.finding.looked_at == 200_000
    assert first.finding.identifier == "hkid"


@given(
    st.dictionaries(
        st.text(max_size=12), st.lists(st.one_of(st.none(), st.text(max_size=30)), min_size=4, max_size=4), max_size=4
    )
)
@settings(max_examples=40)
def test_no_name_and_no_text_whatever_makes_the_screening_fail(columns: dict[str, list[str | None]]) -> None:
    table = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
    found = screen(table)
    assert [one.finding.column for one in found] == table.column_names
    for one in found:
        assert 0 <= one.finding.score <= 1
        assert 0 <= one.finding.share <= 1


@pytest.mark.real
def test_numbers_of_identity_in_a_file_of_other_numbers(real: Path) -> None:
    found = {one.finding.column: one for one in screen(read(real / "identity-vectors" / "vectors.csv").table)}
    assert {some.identifier for some in found["value"].some} == {"resident_id"}


def test_the_lower_end_of_a_share_is_wilsons() -> None:
    assert lower_end(0, 0) == 0
    assert lower_end(10, 10) == pytest.approx(10 / (10 + 1.645**2))
    assert lower_end(5, 10) < 0.5 < DECIDED + 1e-9
    assert lower_end(500, 1000) == pytest.approx(0.474, abs=0.001)
