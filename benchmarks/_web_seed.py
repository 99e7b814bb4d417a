"""Fill a fresh data home with a catalogue of N datasets, all made up, for `./run bench web`.

DATAFERRY_HOME=... python -m benchmarks._web_seed N
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

BATCH = 2_000
ROWS = 10_000
THINGS = ("bus stops", "car parks", "air quality", "charging points", "rainfall", "clinics", "libraries", "footbridges")
THINGS_HANT = ("巴士站", "停車場", "空氣質素", "充電站", "雨量", "診所", "圖書館", "行人天橋")
THINGS_HANS = ("公交站", "停车场", "空气质量", "充电站", "雨量", "诊所", "图书馆", "人行天桥")
DISTRICTS = ("Sha Tin", "Kwun Tong", "Tuen Mun", "Pudong", "Xuhui", "Minhang", "Jing'an", "Yuen Long")
LICENCES = ("DATA.GOV.HK", "CC-BY-4.0", "SHANGHAI-UNCONDITIONAL", "unknown")


def table_of_places(folder: Path) -> Path:
    """A CSV of places in both cities."""
    file = folder / "places.csv"
    lines = ["id,name,longitude,latitude,count"]
    for index in range(ROWS):
        longitude, latitude = (114.0, 22.3) if index % 2 else (121.4, 31.2)
        place = f"{longitude + index % 97 / 1000:.4f},{latitude + index % 89 / 1000:.4f}"
        lines.append(f"{index},place {index},{place},{index * 7919 % 1000}")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def reading_in_store() -> dict[str, Any]:
    """One file in the store, raw and as GeoParquet: what every made-up dataset points to."""
    from django.conf import settings

    from dataferry.tables import ReadOptions, SnapshotStore, profile, read, write_geoparquet

    store = SnapshotStore(settings.STORE)
    with tempfile.TemporaryDirectory() as folder:
        file = table_of_places(Path(folder))
        reading = read(file, ReadOptions(geometry=("longitude", "latitude"), crs="EPSG:4326"))
        table = Path(folder) / "table.parquet"
        write_geoparquet(reading.table, table)
        raw = store.put(file, name=file.name, media_type="text/csv", source={"act": "benchmark"})
        kept = store.put(table, name="table.parquet", media_type="application/vnd.apache.parquet", source={})
        found = profile(table)
    return {
        "sha256": raw.sha256,
        "bytes": raw.bytes,
        "file_name": "places.csv",
        "format": "delimited",
        "table_sha256": kept.sha256,
        "table_bytes": kept.bytes,
        "rows": reading.table.num_rows,
        "has_geometry": True,
        "read_report": reading.report.to_json(),
        "profile": found.to_json(),
        "schema_fingerprint": "0" * 64,
    }


def said(*texts: str) -> dict[str, dict[str, str]]:
    return {
        language: {"text": text, "provenance": "human"}
        for language, text in zip(("en", "zh-Hant", "zh-Hans"), texts, strict=True)
    }


def dataset(number: int, owner: Any) -> Any:
    """The dataset of this number; its words, city and licence follow from the number."""
    from django.utils import timezone

    from dataferry.server.catalogue.models import Dataset

    thing, district = number % len(THINGS), DISTRICTS[number // len(THINGS) % len(DISTRICTS)]
    return Dataset(
        slug=f"dataset-{number}",
        title=said(
            f"{THINGS[thing]} of {district} {number}",
            f"{district} {THINGS_HANT[thing]} {number}",
            f"{district} {THINGS_HANS[thing]} {number}",
        ),
        description=said(
            f"Where the {THINGS[thing]} are.", f"{THINGS_HANT[thing]}的位置。", f"{THINGS_HANS[thing]}的位置。"
        ),
        owner=owner,
        city="hong-kong" if number % 2 else "shanghai",
        publisher=f"Department {number % 40}",
        licence=LICENCES[number % len(LICENCES)],
        synthetic=True,
        visibility=Dataset.Visibility.PUBLIC,
        published_at=timezone.now(),
    )


def seed(count: int) -> None:
    """Make the database and `count` datasets, each with one snapshot of five columns."""
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.db import transaction

    from dataferry.server.catalogue import index
    from dataferry.server.catalogue.models import Column, Dataset, Distribution, SearchEntry, Snapshot

    call_command("migrate", interactive=False, verbosity=0)
    owner = User.objects.create_user("bench")
    reading = reading_in_store()
    names = ("id", "name", "longitude", "latitude", "count")
    for start in range(0, count, BATCH):
        with transaction.atomic():
            datasets = Dataset.objects.bulk_create(
                [dataset(number, owner) for number in range(start, min(start + BATCH, count))]
            )
            files = Distribution.objects.bulk_create(
                [Distribution(dataset=each, name="places.csv") for each in datasets]
            )
            snapshots = Snapshot.objects.bulk_create(
                [Snapshot(distribution=each, number=1, **reading) for each in files]
            )
            columns = [
                Column(snapshot=each, position=at, name=name, type="string", nulls=0)
                for each in snapshots
                for at, name in enumerate(names)
            ]
            Column.objects.bulk_create(columns)
            entries = [
                SearchEntry(
                    dataset=each,
                    public=True,
                    owner_id=owner.pk,
                    city=each.city,
                    format="delimited",
                    licence=each.licence,
                    geometry=True,
                    publisher=each.publisher,
                    changed_at=each.updated_at,
                )
                for each in datasets
            ]
            SearchEntry.objects.bulk_create(entries)
            words = [index.parts_of(each, columns[:5]) for each in datasets]
            index.write_words(zip(entries, words, strict=True))
            index.bump()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dataferry.server.portal.settings")
    import django

    django.setup()
    seed(int(sys.argv[1]))
