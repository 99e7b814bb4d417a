"""Keeps the promise that the chair hears of judges who are strict, flat, at odds with the others, or drifting."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import numpy as np
import pytest

from dataferry.judging import JudgeReport, Score, judge_reports
from dataferry.messages import InputError

ENTRIES = 24
MORNING = datetime(2026, 8, 15, 1, 0, tzinfo=UTC)


def table(changed: dict[str, object]) -> list[Score]:
    """Five judges score all entries alike but for some noise, and for what `changed` makes of j0."""
    random = np.random.default_rng(8)
    quality = random.normal(65, 9, ENTRIES)
    scores = []
    for judge in range(5):
        seen = quality + random.normal(0, 3, ENTRIES)
        if judge == 0:
            seen = changed["of"](seen)  # type: ignore[operator]
        for entry, value in enumerate(seen):
            scores.append(Score(f"e{entry:02}", f"j{judge}", "HK", "HK", {}, Decimal(repr(round(float(value), 1)))))
    return scores


def report(of: object, times: object = None) -> JudgeReport:
    return judge_reports(table({"of": of}), times)[0]  # type: ignore[arg-type]


def found(judge: JudgeReport) -> list[str]:
    return [finding.code.removeprefix("judging.judge_") for finding in judge.findings]


def test_an_ordinary_judge_raises_no_finding() -> None:
    assert [found(judge) for judge in judge_reports(table({"of": lambda seen: seen}))] == [[]] * 5


def test_a_strict_and_a_mild_judge() -> None:
    strict, mild = report(lambda seen: seen - 20), report(lambda seen: seen + 20)
    assert float(strict.severity) == pytest.approx(16, abs=2)  # of five, the strict one pulls the panel's mean along
    assert strict.severity == pytest.approx(-mild.severity, abs=Decimal(3))
    assert (found(strict), found(mild)) == (["strict"], ["mild"])


def test_a_flat_a_narrow_a_wide_and_a_contrary_judge() -> None:
    flat = report(lambda seen: np.full(ENTRIES, 70.0))
    assert (found(flat), flat.spread, flat.agreement) == (["all_alike"], 0, None)
    assert found(report(lambda seen: 65 + (seen - 65) / 4)) == ["narrow"]
    assert found(report(lambda seen: 65 + (seen - 65) * 3)) == ["wide"]
    contrary = report(lambda seen: 130 - seen)
    assert contrary.agreement is not None
    assert contrary.agreement < Decimal("-0.8")
    assert found(contrary) == ["disagrees"]


def test_a_judge_who_grows_kinder_over_the_day() -> None:
    hours = np.arange(ENTRIES) / 3
    times = {("j0", f"e{n:02}"): MORNING + timedelta(hours=float(h)) for n, h in enumerate(hours)}
    drifting = report(lambda seen: seen + 1.5 * hours, times)
    assert drifting.drift_certain
    assert float(drifting.drift or 0) == pytest.approx(1.2, abs=0.5)  # entries take a fifth of it
    assert "drifts" in found(drifting)
    assert report(lambda seen: seen + 1.5 * hours).drift is None


def test_a_kinder_second_day_is_no_drift() -> None:
    days = np.arange(ENTRIES) // 12
    zone = timezone(timedelta(hours=8))
    times = {
        ("j0", f"e{n:02}"): (MORNING + timedelta(days=int(days[n]), minutes=20 * (n % 12))).astimezone(zone)
        for n in range(ENTRIES)
    }
    assert not report(lambda seen: seen + 6 * days, times).drift_certain


def test_times_need_a_zone() -> None:
    naive = datetime(2026, 8, 15, 9)  # noqa: DTZ001
    with pytest.raises(InputError) as error:
        report(lambda seen: seen, {("j0", "e00"): naive})
    assert error.value.code == "judging.time_without_zone"


def test_few_scores_and_none() -> None:
    scores = [*table({"of": lambda seen: seen}), Score("e00", "z", "HK", "HK", {}, Decimal(10))]
    last = judge_reports(scores)[-1]
    assert (last.judge, last.count, last.spread, last.agreement) == ("z", 1, None, None)
    assert found(last) == ["few_scores"]
    assert judge_reports([]) == ()


def test_panels_without_a_common_entry_are_judged_each_by_itself() -> None:
    here = table({"of": lambda seen: seen - 20})
    there = [Score("s" + s.entry, "s" + s.judge, "SH", "SH", {}, s.total) for s in table({"of": lambda seen: seen})]
    reports = judge_reports(here + there)
    assert [(r.panel, found(r)) for r in reports if r.findings] == [("HK", ["strict"])]
