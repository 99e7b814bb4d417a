"""Datasets by the thousand, for tests and benchmarks of search: made-up titles of two cities, in bulk."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from django.utils import timezone

THINGS = (
    ("car park vacancy", "停車場空位", "停车场空位"),
    ("charging station", "充電站", "充电站"),
    ("bus stop", "巴士站", "公交车站"),
    ("district population", "地區人口", "地区人口"),
    ("air quality", "空氣質素", "空气质量"),
    ("library", "圖書館", "图书馆"),
    ("metro ridership", "港鐵客量", "地铁客流"),
    ("rainfall", "雨量", "雨量"),
)
PUBLISHERS = ("Transport Department", "Environmental Protection Department", "上海市交通委员会", "上海市统计局")


def make_datasets(count: int, owner: Any = None, *, private_every: int = 0, seed: int = 7) -> list[Any]:
    """`count` datasets with their search rows. Every `private_every`-th is private and belongs to `owner`."""
    from dataferry.server.catalogue.index import bump, parts_of, write_words
    from dataferry.server.catalogue.models import Dataset, SearchEntry
    from dataferry.server.catalogue.words import worded

    chance, now, start = random.Random(seed), timezone.now(), Dataset.objects.count()  # noqa: S311
    datasets = []
    for number in range(start, start + count):
        en, hant, hans = chance.choice(THINGS)
        in_hong_kong = chance.random() < 0.5
        place = f"{number % 997:03d}"
        titles = (
            {"en": f"{en} {place}", "zh-Hant": f"{hant} {place}"} if in_hong_kong else {"zh-Hans": f"{hans} {place}"}
        )
        private = private_every > 0 and number % private_every == 0
        datasets.append(
            Dataset(
                slug=f"made-{number}",
                title=worded(titles, "published"),
                description=worded({"en": f"Figures of {chance.choice(THINGS)[0]}, number {number}."}),
                keywords=worded({"en": chance.choice(THINGS)[0]}),
                owner=owner,
                city="hong-kong" if in_hong_kong else "shanghai",
                publisher=chance.choice(PUBLISHERS),
                licence=chance.choice(("CC-BY-4.0", "unknown")),
                visibility="private" if private else "public",
            )
        )
    Dataset.objects.bulk_create(datasets, batch_size=500)
    entries = [
        SearchEntry(
            dataset=dataset,
            public=dataset.visibility == "public",
            owner_id=dataset.owner_id,
            city=dataset.city,
            format=chance.choice(("delimited", "xlsx", "geojson")),
            licence=dataset.licence,
            geometry=chance.random() < 0.3,
            publisher=dataset.publisher,
            changed_at=now - timedelta(minutes=chance.randrange(1_000_000)),
        )
        for dataset in datasets
    ]
    SearchEntry.objects.bulk_create(entries, batch_size=500)
    write_words((entry, parts_of(dataset)) for entry, dataset in zip(entries, datasets, strict=True))
    bump()
    return datasets
