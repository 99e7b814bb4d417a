"""What the privacy report of a release says of its columns: who is told apart, and what may not be asked about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dataferry.messages import RefusedError
from dataferry.privacy.answers import SMALLEST_K, Protection, guarded_columns
from dataferry.server.exchange.models.listings import Listing
from dataferry.server.journal.numbers import BOTH_CITIES
from dataferry.server.workshop.models import Release


def report_of(release: Release) -> Mapping[str, Any] | None:
    """The privacy report that the build left in a release; None for none."""
    privacy = release.document.get("privacy")
    report = privacy.get("report") if isinstance(privacy, Mapping) else None
    return report if isinstance(report, Mapping) else None


def subject_column(release: Release) -> str | None:
    """The column that tells people or vehicles apart, by the privacy report of the release."""
    subjects = (report_of(release) or {}).get("subjects")
    column = subjects.get("column") if isinstance(subjects, Mapping) else None
    return column if isinstance(column, str) else None


def protection_of(listing: Listing, release: Release) -> Protection:
    """What an answer from a release keeps: the `k` of the listing, never below the floor of the house.

    Raises:
        RefusedError: `server.delivery.not_screened`: nobody knows whom the rows are about.
    """
    report = report_of(release)
    if report is None:
        raise RefusedError("server.delivery.not_screened", release=str(release))
    k = listing.details.get("smallest_cell")
    k = k if isinstance(k, int) else 0
    return Protection(max(k, SMALLEST_K), subject_column(release), guarded_columns(report), BOTH_CITIES.key)
