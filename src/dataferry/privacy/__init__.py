"""Is it private? Identifiers of the two cities, decided per column; anonymity; steps that make a table less personal.

The names below are loaded when they are first used: product.yaml needs the steps and nothing else of this room.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataferry.privacy.anonymity import Anonymity
    from dataferry.privacy.anonymity_measures import measure_anonymity
    from dataferry.privacy.coordinates import Coordinates, measure_coordinates
    from dataferry.privacy.deidentify_suggest import suggest_steps
    from dataferry.privacy.deidentify_table import columns_of, deidentify, deidentify_each
    from dataferry.privacy.judgement import judge
    from dataferry.privacy.report import ColumnFinding, PrivacyClass, PrivacyReport
    from dataferry.privacy.rule_table import Identifier, identifiers
    from dataferry.privacy.steps import AggregateCellHour, Generalise, Step, Suppress
    from dataferry.privacy.subjects import Subjects, find_subjects
    from dataferry.privacy.tracks import Tracks

_PLACES = {
    "identifiers": "rule_table",
    "Identifier": "rule_table",
    "AggregateCellHour": "steps",
    "Anonymity": "anonymity",
    "ColumnFinding": "report",
    "Coordinates": "coordinates",
    "Generalise": "steps",
    "PrivacyClass": "report",
    "PrivacyReport": "report",
    "Step": "steps",
    "Subjects": "subjects",
    "Suppress": "steps",
    "Tracks": "tracks",
    "columns_of": "deidentify_table",
    "deidentify": "deidentify_table",
    "deidentify_each": "deidentify_table",
    "find_subjects": "subjects",
    "judge": "judgement",
    "suggest_steps": "deidentify_suggest",
    "measure_anonymity": "anonymity_measures",
    "measure_coordinates": "coordinates",
}

__all__ = [
    "AggregateCellHour",
    "Anonymity",
    "ColumnFinding",
    "Coordinates",
    "Generalise",
    "Identifier",
    "PrivacyClass",
    "PrivacyReport",
    "Step",
    "Subjects",
    "Suppress",
    "Tracks",
    "columns_of",
    "deidentify",
    "deidentify_each",
    "find_subjects",
    "identifiers",
    "judge",
    "measure_anonymity",
    "measure_coordinates",
    "suggest_steps",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"dataferry.privacy.{_PLACES[name]}"), name)
    globals()[name] = value
    return value
