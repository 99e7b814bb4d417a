"""Identifiers inside prose: remarks that name a mailbox, a telephone or an identity card."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataferry.privacy import accounts, documents, phones, vehicle_marks
from dataferry.privacy.report import PrivacyClass
from dataferry.privacy.rules import Outcome
from dataferry.privacy.texts import Mask, Texts

_SHORTEST: Final = 16
"""Bytes; shorter values are no prose."""


class Inside(NamedTuple):
    """An identifier found in a column that is not of it as a whole: which, its class, and which values have it."""

    identifier: str
    privacy_class: PrivacyClass
    rows: Mask


_PERSONAL: Final = PrivacyClass.PERSONAL
_SENSITIVE: Final = PrivacyClass.SENSITIVE_PERSONAL
_MAILBOX: Final = r"[A-Z0-9._%+\-]{1,64}@[A-Z0-9\-]{1,63}(?:\.[A-Z0-9\-]{1,63}){0,4}\.[A-Z]{2,24}"
_PLATE: Final = rf"[{vehicle_marks.PROVINCES}][A-HJ-NP-Z][\s·.\-]?[A-HJ-NP-Z0-9]{{5,6}}"
_MOBILE: Final = r"1[3-9]\d[\s\-]?\d{4}[\s\-]?\d{4}"
_BEFORE: Final = "(?:^|[^0-9A-Z])"
_AFTER: Final = "(?:[^0-9A-Z]|$)"
_SEARCHES: Final[tuple[tuple[str, PrivacyClass, str, Callable[[Texts], Outcome], int], ...]] = (
    ("email", _PERSONAL, rf"(?:^|[^A-Z0-9._%+\-])(?P<x>{_MAILBOX})(?:[^A-Z0-9\-]|$)", accounts.email, 1),
    ("resident_id", _SENSITIVE, rf"{_BEFORE}(?P<x>[1-8]\d{{5}}(?:19|20)\d{{9}}[\dX]){_AFTER}", documents.resident, 1),
    ("hkid", _SENSITIVE, rf"{_BEFORE}(?P<x>[A-Z]{{1,2}}\d{{6}}\s?\([\dA]\))", documents.hkid, 2),
    ("mainland_mobile", _PERSONAL, rf"(?:^|[^0-9])(?P<x>{_MOBILE})(?:[^0-9]|$)", phones.mainland, 2),
    ("hk_phone", _PERSONAL, r"(?P<x>\+852[\s\-]?\d{4}[\s\-]?\d{4})(?:[^0-9]|$)", phones.hong_kong_full, 1),
    ("plate_mainland", _PERSONAL, rf"(?P<x>{_PLATE}){_AFTER}", vehicle_marks.mainland, 2),
)
"""Identifier, class, pattern with the part `x`, arithmetic, fewest hits that count."""


def search(texts: Texts, skipped: Mask | None = None) -> list[Inside]:
    """Every identifier that stands in values of 16 bytes and more beside other words; arithmetic included.

    Values in `skipped` are known to be an identifier and nothing else. Only the first of a kind in each value counts.
    One hit of a form that chance gives is not enough.
    """
    long = pc.greater_equal(pc.binary_length(texts.folded), _SHORTEST)
    if skipped is not None:
        long = pc.and_not(long, pa.array(skipped))
    if not pc.any(long).as_py():
        return []
    rows = np.flatnonzero(long.to_numpy(zero_copy_only=False))
    prose = texts.folded.filter(long)
    found = []
    for identifier, privacy_class, pattern, test, least in _SEARCHES:
        hits = pc.match_substring_regex(prose, pattern)
        if not pc.any(hits).as_py():
            continue
        parts = pc.struct_field(pc.extract_regex(prose.filter(hits), pattern), "x")
        outcome: Outcome = test(Texts(parts))
        beside = pc.less(pc.binary_length(parts), pc.binary_length(prose.filter(hits))).to_numpy(zero_copy_only=False)
        passed = outcome.passed & beside
        if passed.sum() >= max(least, outcome.formed.sum() / 2):
            mask = texts.mask(rows[hits.to_numpy(zero_copy_only=False)][passed])
            found.append(Inside(identifier, privacy_class, mask))
    return found
