"""Anonymity measured: what rows are about, quasi-identifiers chosen, groups counted (vectorised group-by of Arrow)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dataferry.privacy.anonymity import Anonymity, QuasiIdentifier, SensitiveColumn
from dataferry.privacy.anonymity_words import COUNTED, COUNTED_WEAKLY, says, sensitive_of, trait_of
from dataferry.privacy.coordinates import Coordinates
from dataferry.privacy.plain_table import plain_table
from dataferry.privacy.subjects import CONTACTS, Subjects
from dataferry.privacy.track_finding import find_tracks
from dataferry.tables import geometry_columns

THRESHOLD: Final = 10
"""Smallest group or cell that counts as large enough (a practical release form of 1 km, hour and k >= 10)."""
_SMALLEST: Final = 10
_MOST_TRAIT_SHARE: Final = 0.5
_OLDEST: Final = 130
_TRAITS_OF_A_PERSON: Final = 2


def measure_anonymity(
    table: pa.Table,
    identifiers: Mapping[str, str],
    subjects: Subjects | None,
    coordinates: Coordinates | None,
) -> Anonymity:
    """The anonymity of a table; deterministic.

    Args:
        identifiers: columns that identify by themselves, as column -> identifier; never quasi-identifiers.
        subjects: of `find_subjects`.
        coordinates: of `measure_coordinates`.
    """
    table = plain_table(table)
    tracks = find_tracks(table, subjects, coordinates, identifiers)
    traits = _traits(table, identifiers)
    counted = _counted(table, any(quasi.reason != "home" for quasi in traits))
    if counted is not None:
        return replace(_of_counts(table, counted, traits), tracks=tracks)
    if table.num_rows == 0 or not _about_people(traits, subjects, identifiers):
        return Anonymity("individuals" if tracks is not None else "other", tracks=tracks)
    sizes = group_sizes(table, [quasi.column for quasi in traits])
    sensitive = tuple(
        SensitiveColumn(name, reason, least_distinct(table, [quasi.column for quasi in traits], name))
        for name in table.column_names
        if (reason := sensitive_of(name)) is not None
        and name not in identifiers
        and _plain(table.schema.field(name).type)
    )
    return replace(_grouped(sizes, sizes, traits), sensitive=sensitive, tracks=tracks)


def _about_people(traits: Sequence[QuasiIdentifier], subjects: Subjects | None, identifiers: Mapping[str, str]) -> bool:
    """Whether rows are about single people: two traits, or one beside what names a person and not merely a contact.

    The telephone of a school beside the sex of its pupils makes no pupil of the school.
    """
    reasons = {quasi.reason for quasi in traits}
    if len(reasons) >= _TRAITS_OF_A_PERSON:
        return True
    named = subjects is not None and identifiers.get(subjects.column) not in CONTACTS
    return named and bool(reasons - {"home"})


def group_sizes(table: pa.Table, columns: Sequence[str]) -> NDArray[np.int64]:
    """How many rows each group of equal values in `columns` has; missing values equal each other."""
    if not columns:
        return np.array([table.num_rows] if table.num_rows else [], dtype=np.int64)
    groups = table.select(list(columns)).group_by(list(columns)).aggregate([([], "count_all")])
    return np.asarray(groups["count_all"], dtype=np.int64)


def least_distinct(table: pa.Table, columns: Sequence[str], sensitive: str) -> int:
    """Distinct l-diversity: the least number of distinct values of `sensitive` in any group; 0 for no rows."""
    if table.num_rows == 0:
        return 0
    keys = list(columns)
    pairs = table.select([*keys, sensitive]).group_by([*keys, sensitive]).aggregate([])
    return int(group_sizes(pairs, keys).min())


def _grouped(sizes: NDArray[np.int64], rows: NDArray[np.int64], quasi: Sequence[QuasiIdentifier]) -> Anonymity:
    """Figures of groups of `sizes` individuals; `rows` are the rows of each."""
    small = sizes < THRESHOLD
    return Anonymity(
        "individuals",
        tuple(quasi),
        k=int(sizes.min()) if len(sizes) else None,
        smallest=tuple(int(size) for size in np.sort(sizes)[:_SMALLEST]),
        groups=len(sizes),
        small_groups=int(small.sum()),
        small_rows=int(rows[small].sum()),
        unique_rows=int((sizes == 1).sum()),
        threshold=THRESHOLD,
    )


def _of_counts(table: pa.Table, column: str, traits: Sequence[QuasiIdentifier]) -> Anonymity:
    numbers = np.asarray(table[column].drop_null().cast(pa.float64(), safe=False), dtype=np.float64)
    counts = numbers[numbers > 0].astype(np.int64)
    found = _grouped(counts, np.ones(len(counts), dtype=np.int64), traits)
    return replace(found, rows_of="counts", counted=column)


def _counted(table: pa.Table, about_people: bool) -> str | None:
    """The column in which rows count subjects; a plain `count` counts people where the rest of the row tells traits."""
    for terms, wanted in ((COUNTED, True), (COUNTED_WEAKLY, about_people)):
        for field in table.schema:
            if wanted and says(field.name, terms) and _counts(table[field.name]):
                return str(field.name)
    return None


def _counts(values: pa.ChunkedArray) -> bool:
    """Whole numbers from zero up, not all of them one."""
    if not (pa.types.is_integer(values.type) or pa.types.is_floating(values.type)):
        return False
    numbers = np.asarray(values.drop_null().cast(pa.float64(), safe=False), dtype=np.float64)
    whole = len(numbers) > 0 and bool(np.all(np.isfinite(numbers) & (numbers >= 0) & (numbers == np.floor(numbers))))
    return whole and bool(numbers.max() > 1)


def _traits(table: pa.Table, identifiers: Mapping[str, str]) -> tuple[QuasiIdentifier, ...]:
    """Columns that tell a trait of a person, by header and by what their values look like."""
    chosen = []
    shapes = geometry_columns(table.schema)
    for field in table.schema:
        trait = trait_of(field.name)
        if trait is None or field.name in identifiers or field.name in shapes or not _plain(field.type):
            continue
        distinct = int(pc.count_distinct(table[field.name], mode="only_valid").as_py())
        if distinct and _looks_like(trait, table[field.name], distinct):
            chosen.append(QuasiIdentifier(field.name, trait, distinct))
    return tuple(chosen)


def _plain(kind: pa.DataType) -> bool:
    """Whether values can be told apart one by one: no lists, structs or maps, and not a column of nothing."""
    return not (pa.types.is_nested(kind) or pa.types.is_null(kind) or isinstance(kind, pa.BaseExtensionType))


def _looks_like(trait: str, values: pa.ChunkedArray, distinct: int) -> bool:
    """Whether values may be what the header says: a `sex` of 40 kinds or an `age` of 3.7 is something else."""
    numeric = pa.types.is_integer(values.type) or pa.types.is_floating(values.type)
    if trait == "sex":
        return distinct <= 6
    if trait == "age" and numeric:
        least, most = pc.min_max(values).as_py().values()
        whole = np.asarray(values.drop_null().cast(pa.float64(), safe=False), dtype=np.float64)
        return least >= 0 and most <= _OLDEST and bool(np.all(whole == np.floor(whole)))
    if trait in ("ethnicity", "marital", "education", "nationality"):
        return not pa.types.is_floating(values.type) and distinct <= max(300, _MOST_TRAIT_SHARE * len(values))
    return True
