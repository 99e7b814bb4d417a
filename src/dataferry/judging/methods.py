"""The methods by which scores become an order, and the assumption that each of them makes."""

from __future__ import annotations

from enum import StrEnum

from dataferry.messages import Finding


class Method(StrEnum):
    """How scores of one round are turned into one figure for each entry. Chosen before the round."""

    RAW_MEAN = "raw-mean"
    Z_SCORE = "z-score"
    CALIBRATED = "calibrated"
    PANEL_MEANS = "panel-means"
    CALIBRATED_PANEL_MEANS = "calibrated-panel-means"

    @property
    def by_panels(self) -> bool:
        """Whether every panel weighs the same, however many judges it has."""
        return self in (Method.PANEL_MEANS, Method.CALIBRATED_PANEL_MEANS)

    @property
    def fitted(self) -> bool:
        """Whether a model of the judges' strictness is fitted."""
        return self in (Method.CALIBRATED, Method.CALIBRATED_PANEL_MEANS)

    def assumption(self) -> Finding:
        """What must be true for the method to be fair."""
        match self:
            case Method.RAW_MEAN:
                return Finding("judging.assumes_equal_judges", "note")
            case Method.Z_SCORE:
                return Finding("judging.assumes_equal_entries", "note")
            case Method.CALIBRATED:
                return Finding("judging.assumes_additive", "note")
            case Method.PANEL_MEANS:
                return Finding("judging.assumes_equal_judges_in_panels", "note")
            case Method.CALIBRATED_PANEL_MEANS:
                return Finding("judging.assumes_additive_equal_panels", "note")
