"""A rubric: what is judged, on which scale, with which weight, and the exact total of one score sheet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import cached_property
from typing import Any

from dataferry.judging.exact import decimal_of, readable, written
from dataferry.messages import Finding, InputError

WHOLE = 100


@dataclass(frozen=True)
class Criterion:
    """One line of a rubric.

    Args:
        code: its name in score sheets, such as `innovation`.
        weight: points of the total of 100 that its highest value earns; `None` while nobody has verified it.
        highest: highest value a judge may give.
        lowest: lowest value; it earns nothing.
        step: values are `lowest`, `lowest + step`, ... `highest`.
        floor: smallest share of `highest` (0 to 1) that an award asks for.
        bonus: whether it may be left empty, and adds to the total on top of the others.
    """

    code: str
    weight: Decimal | None
    highest: Decimal
    lowest: Decimal = Decimal(0)
    step: Decimal = Decimal(1)
    floor: Decimal | None = None
    bonus: bool = False

    def findings(self) -> Iterator[Finding]:
        """What forbids judging by this criterion."""
        numbers = [n for n in (self.weight, self.highest, self.lowest, self.step, self.floor) if n is not None]
        if not all(readable(number) for number in numbers):
            yield Finding("judging.criterion_unreadable", "blocked", {"criterion": self.code})
            return
        if self.weight is None:
            yield Finding("judging.weight_unknown", "blocked", {"criterion": self.code})
        elif self.weight < 0:
            yield Finding("judging.weight_negative", "blocked", {"criterion": self.code, "weight": str(self.weight)})
        scale = {"criterion": self.code, "lowest": str(self.lowest), "highest": str(self.highest)}
        if self.highest <= self.lowest:
            yield Finding("judging.scale_empty", "blocked", scale)
        elif self.step <= 0 or Fraction(self.highest - self.lowest) % Fraction(self.step):
            yield Finding("judging.scale_step", "blocked", {**scale, "step": str(self.step)})
        if self.floor is not None and not 0 <= self.floor <= 1:
            yield Finding("judging.floor_outside", "blocked", {"criterion": self.code, "floor": str(self.floor)})

    def fault(self, value: Decimal) -> Finding | None:
        """Why the value is not on the scale, if it is not."""
        data = {
            "criterion": self.code,
            "value": str(value)[:40],
            "lowest": str(self.lowest),
            "highest": str(self.highest),
            "step": str(self.step),
        }
        if not value.is_finite() or not self.lowest <= value <= self.highest:
            return Finding("judging.value_outside", "blocked", data)
        if not readable(value) or Fraction(value - self.lowest) % Fraction(self.step):
            return Finding("judging.value_off_step", "blocked", data)
        return None

    def document(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "weight": written(self.weight),
            "highest": written(self.highest),
            "lowest": written(self.lowest),
            "step": written(self.step),
            "floor": written(self.floor),
            "bonus": self.bonus,
        }


@dataclass(frozen=True)
class Rubric:
    """The criteria of a round, in the order in which they are shown."""

    criteria: tuple[Criterion, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "criteria", tuple(self.criteria))

    def findings(self) -> tuple[Finding, ...]:
        """Everything that forbids opening a round with this rubric; empty when it may open.

        Weights sum to 100 either without the bonus (which then comes on top) or with it.
        """
        return self._faults

    @cached_property
    def _faults(self) -> tuple[Finding, ...]:
        found: list[Finding] = []
        if not self.criteria:
            found.append(Finding("judging.rubric_empty", "blocked", {}))
        codes = [criterion.code for criterion in self.criteria]
        twice = sorted({code for code in codes if codes.count(code) > 1})
        found.extend(Finding("judging.criterion_twice", "blocked", {"criterion": code}) for code in twice)
        for criterion in self.criteria:
            found.extend(criterion.findings())
        if self.criteria and not found:
            ordinary = sum((c.weight or Decimal(0) for c in self.criteria if not c.bonus), Decimal(0))
            every = sum((c.weight or Decimal(0) for c in self.criteria), Decimal(0))
            if WHOLE not in (ordinary, every):
                found.append(
                    Finding("judging.weights_not_100", "blocked", {"sum": str(every), "ordinary": str(ordinary)})
                )
        return tuple(found)

    def check(self, values: Mapping[str, Decimal], *, complete: bool = True) -> tuple[Finding, ...]:
        """What is wrong with a score sheet; with `complete=False` values may still be missing (a draft)."""
        known = {criterion.code for criterion in self.criteria}
        found = [
            Finding("judging.value_unknown", "blocked", {"criterion": str(code)[:80]})
            for code in sorted(set(values) - known)
        ]
        for criterion in self.criteria:
            value = values.get(criterion.code)
            if value is None:
                if complete and not criterion.bonus:
                    found.append(Finding("judging.value_missing", "blocked", {"criterion": criterion.code}))
            elif fault := criterion.fault(value):
                found.append(fault)
        return tuple(found)

    def read(self, texts: Mapping[str, Any]) -> dict[str, Decimal]:
        """Values from text or whole numbers, as forms and JSON carry them; empty ones are left out.

        Raises:
            InputError: `judging.value_unreadable` when one is no decimal number.
        """
        values = {}
        for code, text in texts.items():
            if text is None or str(text).strip() == "":
                continue
            try:
                if isinstance(text, float | bool):
                    raise InvalidOperation
                values[code] = Decimal(str(text).strip())
            except InvalidOperation:
                raise InputError("judging.value_unreadable", criterion=code, value=str(text)[:40]) from None
        return values

    def exact(self, values: Mapping[str, Decimal]) -> Fraction:
        """The total of one complete sheet, exactly: each value's share of its scale times its weight.

        Raises:
            InputError: `judging.rubric_not_open` (see `findings`), or the first fault of `check`.
        """
        if faults := self.findings():
            raise InputError("judging.rubric_not_open", count=len(faults), first=faults[0].text())
        if faults := self.check(values):
            raise InputError("judging.sheet_faulty", count=len(faults), first=faults[0].text(), code=faults[0].code)
        total = Fraction(0)
        for criterion in self.criteria:
            value = values.get(criterion.code, criterion.lowest)
            span = Fraction(criterion.highest - criterion.lowest)
            total += Fraction(criterion.weight or 0) * Fraction(value - criterion.lowest) / span
        return total

    def total(self, values: Mapping[str, Decimal]) -> Decimal:
        """The total of one complete sheet, 0 to 100 plus bonus; rounded at six decimals only where it never ends."""
        return decimal_of(self.exact(values))

    def below_floor(self, values: Mapping[str, Decimal | Fraction]) -> tuple[str, ...]:
        """Codes of the criteria whose value is under the floor: less than that share of the highest value."""
        return tuple(
            criterion.code
            for criterion in self.criteria
            if criterion.floor is not None
            and criterion.code in values
            and Fraction(values[criterion.code]) < Fraction(criterion.floor) * Fraction(criterion.highest)
        )

    def document(self) -> list[dict[str, Any]]:
        """Plain JSON values; `from_document` reads them back."""
        return [criterion.document() for criterion in self.criteria]

    @classmethod
    def from_document(cls, document: list[dict[str, Any]]) -> Rubric:
        def number(line: Mapping[str, Any], key: str, otherwise: str | None) -> Decimal | None:
            value = line.get(key, otherwise)
            return None if value is None else Decimal(str(value))

        return cls(
            tuple(
                Criterion(
                    code=line["code"],
                    weight=number(line, "weight", None),
                    highest=number(line, "highest", None) or Decimal(0),
                    lowest=number(line, "lowest", "0") or Decimal(0),
                    step=number(line, "step", "1") or Decimal(0),
                    floor=number(line, "floor", None),
                    bonus=bool(line.get("bonus", False)),
                )
                for line in document
            )
        )
