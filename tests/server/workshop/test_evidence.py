"""Promise: the page of a release says what was judged of its privacy, before and after its steps, and nothing else."""

from typing import Any

import pytest

from dataferry.messages import Finding
from dataferry.server.workshop.evidence import privacy_findings, privacy_lines

WENT = Finding("privacy.rows_suppressed", "note", {"row_count": 3, "of": 40, "groups": 2, "k": 10, "over": ["sex"]})
SMALL = Finding("privacy.subjects_by_header", "attention", {"column": "card", "count": 7, "kind": "person"})
JUDGED = {
    "state": "attention",
    "privacy_class": "personal",
    "report": {"findings": [SMALL.to_json()]},
    "before": {"state": "blocked", "privacy_class": "sensitive-personal"},
    "steps": [{"step": {"step": "suppress"}, "findings": [WENT.to_json()]}],
}


def test_lines_and_findings_of_a_judged_release() -> None:
    assert privacy_lines({"privacy": JUDGED}, "en") == [
        "Class: personal.",
        "The recipe's answer was judged before these steps: Blocked. Class: sensitive personal.",
    ]
    found = privacy_findings({"privacy": JUDGED}, "zh-Hans")
    assert [(one.state, one.text.split("：")[0]) for one in found] == [
        ("clear", "40 行中删去了 3 行"), ("attention", "列 card 可分辨 7 个主体（类别"),
    ]  # fmt: skip


@pytest.mark.parametrize("document", [{}, {"privacy": {"state": "unknown"}}, {"privacy": None}])
def test_a_release_that_nobody_judged_has_no_lines(document: dict[str, Any]) -> None:
    assert privacy_lines(document, "en") == []
    assert privacy_findings(document, "en") == []
