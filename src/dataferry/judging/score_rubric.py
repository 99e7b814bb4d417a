"""A rubric from a small YAML file, for scores that stand in a spreadsheet."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import InvalidOperation
from pathlib import Path
from typing import Any

from dataferry.judging.rubric import Rubric
from dataferry.messages import InputError, MissingError

_MOST_BYTES = 64 * 1024
_KEYS = frozenset({"code", "weight", "highest", "lowest", "step", "floor", "bonus"})


def read_rubric(path: Path) -> Rubric:
    """Read `criteria`, either `novelty: 30` lines or a list of `code`, `weight`, `highest`, `lowest`, `step`, `floor`,
    `bonus`. `highest` and `step` at the top hold for every criterion that states none (else 100 and 0.01).

    Raises:
        MissingError: nothing is there.
        InputError: no such file, or a rubric by which nothing can be judged.
    """
    if not path.is_file():
        raise MissingError("judging.file_missing", file=path.name)
    document = _load(path)
    criteria = document.get("criteria", document) if isinstance(document, Mapping) else document
    if isinstance(criteria, Mapping):
        short = {key: value for key, value in criteria.items() if key not in ("highest", "step")}
        criteria = [
            {"code": key, **(value if isinstance(value, Mapping) else {"weight": value})}
            for key, value in short.items()
        ]
    if not isinstance(criteria, list) or not all(isinstance(one, Mapping) and "code" in one for one in criteria):
        raise InputError("judging.rubric_file_unreadable", file=path.name, problem="no list of criteria")
    general = {"highest": 100, "step": "0.01"} | (
        {key: document[key] for key in ("highest", "step") if key in document} if isinstance(document, Mapping) else {}
    )
    strange = sorted({str(key)[:40] for one in criteria for key in one} - _KEYS)
    if strange:
        raise InputError("judging.rubric_file_unreadable", file=path.name, problem=", ".join(strange[:5]))
    try:
        rubric = Rubric.from_document([{**general, **one, "code": str(one["code"])} for one in criteria])
    except (InvalidOperation, ValueError, TypeError) as error:
        problem = type(error).__name__
        raise InputError("judging.rubric_file_unreadable", file=path.name, problem=problem) from None
    blocked = rubric.findings()
    if blocked:
        raise InputError(blocked[0].code, file=path.name, **blocked[0].data)
    return rubric


def _load(path: Path) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    raw = path.read_bytes()
    if len(raw) > _MOST_BYTES or b"&" in raw or b"*" in raw:
        raise InputError("judging.rubric_file_unreadable", file=path.name, problem="too large, or with anchors")
    try:
        return YAML(typ="safe", pure=True).load(raw.decode("utf-8-sig"))
    except (YAMLError, ValueError, RecursionError) as error:
        problem = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise InputError("judging.rubric_file_unreadable", file=path.name, problem=problem) from None
