"""Promise: one report of a whole table: class, findings in three languages, the same bytes each time, no cell."""

import json

import numpy as np
import pyarrow as pa
import pytest

from dataferry.messages import LANGUAGES
from dataferry.privacy import PrivacyClass, identifiers, judge
from dataferry.privacy.column_findings import FOUND
from dataferry.privacy.corpus_makers import POSITIVES, Maker
from dataferry.tables import read


def column(maker: Maker, count: int = 40) -> list[str]:
    random = np.random.default_rng(7)
    return [maker(random) for _ in range(count)]


def test_the_most_guarded_finding_decides() -> None:
    plain = {"station": ["a", "b"] * 20, "count": list(range(40))}
    assert judge(pa.table(plain)).privacy_class == PrivacyClass.NONE
    assert judge(pa.table(plain)).state == "clear"
    personal = judge(pa.table({**plain, "email": column(POSITIVES["email"][1])}))
    assert (personal.privacy_class, personal.state) == (PrivacyClass.PERSONAL, "attention")
    assert personal.subjects is not None
    assert (personal.subjects.column, personal.subjects.kind, personal.subjects.distinct) == ("email", "person", 40)
    sensitive = judge(pa.table({**plain, "no": column(POSITIVES["resident_id"][1])}))
    assert (sensitive.privacy_class, sensitive.state) == (PrivacyClass.SENSITIVE_PERSONAL, "blocked")
    important = judge(pa.table({**plain, "pile": ["a"] * 40, "occupancy": [0.5] * 40}))
    assert (important.privacy_class, important.state) == (PrivacyClass.POSSIBLY_IMPORTANT, "attention")


def test_classes_go_from_none_to_possibly_important() -> None:
    assert sorted(["personal", "none", "possibly-important", "sensitive-personal"], key=PrivacyClass) == list(
        PrivacyClass
    )
    assert max(PrivacyClass) == PrivacyClass.POSSIBLY_IMPORTANT > "personal" >= PrivacyClass.PERSONAL
    assert PrivacyClass.NONE <= PrivacyClass.PERSONAL < PrivacyClass.SENSITIVE_PERSONAL


def test_every_identifier_is_told_in_three_languages_without_a_value() -> None:
    assert set(FOUND) == {one.key for one in identifiers()}
    for look, (identifier, maker, words) in POSITIVES.items():
        values = column(maker)
        report = judge(pa.table({words[0]: values}))
        told = [finding for finding in report.findings if finding.code == FOUND[identifier]]
        assert len(told) == 1, look
        for language in LANGUAGES:
            text = told[0].text(language)
            assert "{" not in text
            assert "?" not in text
            assert not any(value in text for value in values)


def test_the_same_table_gives_the_same_bytes_and_no_cell() -> None:
    values = {words[0] + str(number): column(maker) for number, (_, maker, words) in enumerate(POSITIVES.values())}
    first, second = (json.dumps(judge(pa.table(values)).to_json(), ensure_ascii=False) for _ in range(2))
    assert first == second
    for cells in values.values():
        assert not any(f'"{cell}"' in first for cell in cells)
    assert json.loads(first)["columns"][0]["examples"]


def test_a_table_without_rows_is_unknown_not_clear() -> None:
    report = judge(pa.table({"email": pa.array([], pa.string())}))
    assert (report.state, report.privacy_class) == ("unknown", PrivacyClass.NONE)


@pytest.mark.real
@pytest.mark.parametrize(
    "file",
    [
        "hk-mtr-csv/mtr_bus_stops.csv",
        "hk-hko-daily/CLMTEMP_HKO_.csv",
        "sh-metro-network/Station.csv",
        "hk-epd-aqhi-2025/202501_Eng.csv",
    ],
)
def test_open_data_of_both_cities_is_not_personal(real, file: str) -> None:
    report = judge(read(real / file).table)
    assert (report.privacy_class, report.state) == (PrivacyClass.NONE, "clear")


@pytest.mark.real
def test_telephones_of_public_offices_are_found_and_barracks_beside_flows(real) -> None:
    offices = judge(read(real / "hk-geocommunity" / "Police_Stations_Districts_Divisons_.geojson").table)
    assert {column.identifier for column in offices.columns if "Tele" in column.column} == {"hk_phone"}
    traffic = judge(read(real / "hk-td-traffic" / "traffic_speed_volume_occ_info.csv").table)
    assert {finding.data.get("rule") for finding in traffic.findings} >= {"EV-02"}
