"""Screening of columns: rows per second at three sizes, precision and recall on the made-up corpus, beside Presidio."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any
from unittest import mock

import numpy as np
import pyarrow as pa

from dataferry.privacy import columns as columns_module
from dataferry.privacy import judge
from dataferry.privacy.corpus import Truth, corpus
from dataferry.privacy.corpus_figures import figures, judged
from dataferry.privacy.corpus_makers import POSITIVES, digits
from dataferry.privacy.screening import screen

DESCRIPTION = (
    "rows screened per second at 1x, 10x and 100x (a table of 8 columns; beyond 200,000 rows by sample) and values "
    "per second without a sample; precision and recall per identifier; beside Presidio's pattern recognisers"
)
ROWS = {"small": 2_000, "full": 20_000}
SIZES = {"1x": 1, "10x": 10, "100x": 100}
POOL = 20_000
SEEDS = {"small": (1,), "full": (1, 2)}
PHONES = ("hk_phone", "mainland_mobile")
HALF = 0.5
PRESIDIO = {"CREDIT_CARD": ("bank_card",), "EMAIL_ADDRESS": ("email",), "PHONE_NUMBER": PHONES}


def seconds(work: Callable[[], object], rounds: int = 3) -> float:
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def table_of(rows: int) -> pa.Table:
    """Names, cards and telephones drawn from a pool of 20,000, numbers each their own."""
    random = np.random.default_rng(rows)

    def pooled(look: str) -> pa.Array:
        pool = pa.array([POSITIVES[look][1](random) for _ in range(POOL)])
        return pool.take(pa.array(random.integers(0, POOL, rows)))

    return pa.table({
        "hkid": pooled("hkid"),
        "姓名": pooled("person_name, Chinese"),
        "telephone": pooled("hk_phone"),
        "plate": pooled("plate_mainland"),
        "serial": pa.array(random.integers(10**7, 10**8, rows)).cast(pa.string()),
        "meter": pa.array(random.integers(10**7, 10**8, rows)),
        "kwh": pa.array(random.random(rows)),
        "district": pa.array(["Sha Tin", "徐汇区", "Wan Chai"]).take(pa.array(random.integers(0, 3, rows))),
    })  # fmt: skip


def speed(scale: str) -> dict[str, Any]:
    """Rows a second of the smallest size; larger ones as multiples of its time per row."""
    times = {}
    for name, factor in SIZES.items():
        rows = ROWS[scale] * factor
        table = table_of(rows)
        times[name] = seconds(partial(screen, table), 3 if factor < 100 else 1) / rows
        whole = seconds(partial(judge, table), 1) / rows
    return {
        "rows_1x": ROWS[scale],
        "rows_per_second_1x": 1 / times["1x"],
        "rows_per_second_100x": 1 / times["100x"],
        "time_per_row_times_1x": {name: spent / times["1x"] for name, spent in times.items()},
        "whole_judgement_times_screening_at_100x": whole / times["100x"],
    }


def tested(scale: str) -> dict[str, Any]:
    """Values a second of single columns, every value different and tested, as multiples of the slowest."""
    rows = ROWS[scale] * 10
    random = np.random.default_rng(1)
    made = {
        "eight digits": pa.array([digits(random, 8) for _ in range(rows)]),
        "numbers": pa.array(random.integers(10**7, 10**8, rows)),
    }
    for look in ("hkid", "email", "home_address"):
        made[look] = pa.array([POSITIVES[look][1](random) for _ in range(rows)])
    tables = [pa.table({"c": values}) for values in made.values()]
    with mock.patch.object(columns_module, "MOST_ROWS", 10**9):
        rates = {name: rows / seconds(partial(screen, table), 2) for name, table in zip(made, tables, strict=True)}
    slowest = min(rates.values())
    return {
        "rows": rows,
        "values_per_second_of_the_slowest": slowest,
        "times_the_slowest": {name: rate / slowest for name, rate in rates.items()},
    }


def accuracy(scale: str) -> dict[str, str]:
    """Precision, recall per identifier."""
    found = figures(judged(SEEDS[scale], 150))
    return {one.identifier: f"{one.precision:.2f}, {one.recall:.2f}" for one in found}


def presidio(scale: str) -> dict[str, Any]:
    """Three recognisers of Presidio that need no language model, on the same columns.

    A column counts as theirs when half of its values give a result; its header is not shown to them, as they take none.
    Both sides are scored on the same three kinds: bank cards, e-mail, telephones of either city. Presidio has no
    recogniser for the other identifiers of the two cities.
    """
    try:
        from presidio_analyzer.predefined_recognizers import CreditCardRecognizer, EmailRecognizer, PhoneRecognizer
    except ImportError:
        return {"presidio": "not installed (extra: bench)"}
    for name in ("tldextract", "presidio-analyzer"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    recognisers = {
        "CREDIT_CARD": CreditCardRecognizer(),
        "EMAIL_ADDRESS": EmailRecognizer(),
        "PHONE_NUMBER": PhoneRecognizer(supported_regions=("HK", "CN")),
    }
    recognisers["EMAIL_ADDRESS"].analyze("a@example.com", ["EMAIL_ADDRESS"], None)

    def found_in(table: pa.Table) -> dict[str, list[bool]]:
        cells = [[value or "" for value in column.cast(pa.string()).to_pylist()] for column in table.columns]
        found: dict[str, list[bool]] = {}
        for entity, one in recognisers.items():
            shares = [np.mean([bool(one.analyze(cell, [entity], None)) for cell in column]) for column in cells]
            found[entity] = [bool(share >= HALF) for share in shares]
        return found

    table, truths = corpus(SEEDS[scale][0], 60)
    said, theirs = [one.finding.identifier for one in screen(table)], found_in(table)
    plain = table_of(ROWS[scale])
    spent = seconds(partial(found_in, plain), 1) / seconds(partial(screen, plain))
    compared: dict[str, Any] = {"columns": len(truths), "presidio_time_times_ours_at_1x": spent}
    for entity, kinds in PRESIDIO.items():
        ours = scored(truths, [answer in kinds for answer in said], kinds)
        compared[f"{entity} precision, recall"] = f"ours {ours}; presidio {scored(truths, theirs[entity], kinds)}"
    return compared


def scored(truths: Sequence[Truth], answers: Iterable[bool], kinds: Sequence[str]) -> str:
    pairs = [(truth.identifier in kinds, bool(answer)) for truth, answer in zip(truths, answers, strict=True)]
    right = sum(true and answer for true, answer in pairs)
    said, there = sum(answer for _, answer in pairs), sum(true for true, _ in pairs)
    return f"{right / said if said else 1:.2f}, {right / there:.2f}"


def run(scale: str) -> dict[str, Any]:
    """Speed as ratios, precision and recall, and Presidio's on the same columns."""
    return {
        "speed": speed(scale),
        "tested": tested(scale),
        "precision, recall": accuracy(scale),
        "presidio": presidio(scale),
    }
