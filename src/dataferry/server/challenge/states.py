"""The lives of the challenge: one table of transitions each. What is not in a table is refused with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _

from dataferry.messages import RefusedError


class EditionState(models.TextChoices):
    DRAFTED = "drafted", _("Drafted")
    ANNOUNCED = "announced", _("Announced")
    OPEN = "open", _("Open for entries")
    CLOSED = "closed", _("Closed for entries")
    SCREENING = "screening", _("Screening")
    FINALISTS_PUBLISHED = "finalists_published", _("Finalists published")
    COACHING = "coaching", _("Coaching")
    FINAL_JUDGING = "final_judging", _("Final judging")
    PROVISIONAL = "provisional", _("Provisional result")
    FINAL = "final", _("Final result")
    NOMINATED = "nominated", _("Nominated")
    ARCHIVED = "archived", _("Archived")


class RoundState(models.TextChoices):
    PLANNED = "planned", _("Planned")
    OPEN = "open", _("Open")
    CLOSED = "closed", _("Closed")


class EntryState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    LOCKED = "locked", _("Locked")
    QUERIED = "queried", _("Question to the team")
    ELIGIBLE = "eligible", _("Eligible")
    INELIGIBLE = "ineligible", _("Not eligible")
    SCORED = "scored", _("Scored")
    SHORTLISTED = "shortlisted", _("Finalist")
    RESERVE = "reserve", _("Reserve")
    REJECTED = "rejected", _("Not chosen")
    PRESENTED = "presented", _("Presented")
    AWARDED = "awarded", _("Awarded")
    NOMINATED = "nominated", _("Nominated")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    DISQUALIFIED = "disqualified", _("Disqualified")


class CheckState(models.TextChoices):
    OPEN = "open", _("Not yet declared")
    DECLARED = "declared", _("Declared")
    DOCUMENTED = "documented", _("Documented")
    QUERIED = "queried", _("Question to the team")
    PASSED = "passed", _("Passed")
    FAILED = "failed", _("Failed")


class SheetState(models.TextChoices):
    ASSIGNED = "assigned", _("Not opened")
    OPENED = "opened", _("Opened")
    SAVED = "saved", _("Begun")
    SIGNED = "signed", _("Signed")
    LOCKED = "locked", _("Locked")
    REOPENED = "reopened", _("Reopened")
    RECUSED = "recused", _("Recused")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class ResultState(models.TextChoices):
    COMPUTED = "computed", _("Computed")
    PROVISIONAL = "provisional", _("Provisional")
    SEALED = "sealed", _("Sealed")
    PUBLISHED = "published", _("Published")
    SUPERSEDED = "superseded", _("Superseded")


class AppealState(models.TextChoices):
    FILED = "filed", _("Filed")
    ADMITTED = "admitted", _("Admitted")
    REFUSED = "refused", _("Refused")
    UPHELD = "upheld", _("Upheld")
    DISMISSED = "dismissed", _("Dismissed")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class NominationState(models.TextChoices):
    SELECTED = "selected", _("Selected")
    DECLINED = "declined", _("Declined by the team")
    CONSENTED = "consented", _("Consented")
    PACKAGED = "packaged", _("Packaged")
    SENT = "sent", _("Sent")
    ACCEPTED = "accepted", _("Accepted")
    RETURNED = "returned", _("Returned")


class InvitationState(models.TextChoices):
    SENT = "sent", _("Sent")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    TAKEN_BACK = "taken_back", _("Taken back")


class Life(StrEnum):
    EDITION = "edition"
    ROUND = "round"
    ENTRY = "entry"
    CHECK = "check"
    SHEET = "sheet"
    RESULT = "result"
    APPEAL = "appeal"
    NOMINATION = "nomination"
    INVITATION = "invitation"


_E = EntryState
_GONE = frozenset({_E.WITHDRAWN, _E.DISQUALIFIED})

TRANSITIONS: Mapping[Life, Mapping[str, frozenset[str]]] = {
    Life.EDITION: {
        EditionState.DRAFTED: frozenset({EditionState.ANNOUNCED, EditionState.ARCHIVED}),
        EditionState.ANNOUNCED: frozenset({EditionState.OPEN, EditionState.ARCHIVED}),
        EditionState.OPEN: frozenset({EditionState.CLOSED}),
        EditionState.CLOSED: frozenset({EditionState.SCREENING}),
        EditionState.SCREENING: frozenset({EditionState.FINALISTS_PUBLISHED}),
        EditionState.FINALISTS_PUBLISHED: frozenset({EditionState.COACHING, EditionState.FINAL_JUDGING}),
        EditionState.COACHING: frozenset({EditionState.FINAL_JUDGING}),
        EditionState.FINAL_JUDGING: frozenset({EditionState.PROVISIONAL}),
        EditionState.PROVISIONAL: frozenset({EditionState.FINAL}),
        EditionState.FINAL: frozenset({EditionState.NOMINATED, EditionState.ARCHIVED}),
        EditionState.NOMINATED: frozenset({EditionState.ARCHIVED}),
        EditionState.ARCHIVED: frozenset(),
    },
    Life.ROUND: {
        RoundState.PLANNED: frozenset({RoundState.OPEN}),
        RoundState.OPEN: frozenset({RoundState.CLOSED}),
        RoundState.CLOSED: frozenset(),
    },
    Life.ENTRY: {
        _E.DRAFT: frozenset({_E.SUBMITTED, _E.WITHDRAWN}),
        _E.SUBMITTED: frozenset({_E.SUBMITTED, _E.LOCKED}) | _GONE,
        _E.LOCKED: frozenset({_E.QUERIED, _E.ELIGIBLE, _E.INELIGIBLE}) | _GONE,
        _E.QUERIED: frozenset({_E.ELIGIBLE, _E.INELIGIBLE}) | _GONE,
        _E.ELIGIBLE: frozenset({_E.QUERIED, _E.SCORED}) | _GONE,
        _E.INELIGIBLE: frozenset({_E.ELIGIBLE, _E.WITHDRAWN}),
        _E.SCORED: frozenset({_E.SHORTLISTED, _E.RESERVE, _E.REJECTED}) | _GONE,
        # A later revision of the shortlist may move an entry either way.
        _E.SHORTLISTED: frozenset({_E.PRESENTED, _E.RESERVE, _E.REJECTED}) | _GONE,
        _E.RESERVE: frozenset({_E.SHORTLISTED, _E.REJECTED}) | _GONE,
        _E.REJECTED: frozenset({_E.SHORTLISTED, _E.RESERVE, _E.WITHDRAWN}),
        _E.PRESENTED: frozenset({_E.AWARDED, _E.NOMINATED}) | _GONE,
        _E.AWARDED: frozenset({_E.PRESENTED, _E.NOMINATED}) | _GONE,
        _E.NOMINATED: frozenset(),
        _E.WITHDRAWN: frozenset(),
        # Only an upheld appeal leads back, to where the entry stood.
        _E.DISQUALIFIED: frozenset({_E.ELIGIBLE, _E.SCORED, _E.SHORTLISTED, _E.PRESENTED}),
    },
    Life.CHECK: {
        CheckState.OPEN: frozenset({CheckState.DECLARED, CheckState.DOCUMENTED}),
        CheckState.DECLARED: frozenset(
            {CheckState.DECLARED, CheckState.DOCUMENTED, CheckState.QUERIED, CheckState.PASSED, CheckState.FAILED}
        ),
        CheckState.DOCUMENTED: frozenset(
            {CheckState.DOCUMENTED, CheckState.QUERIED, CheckState.PASSED, CheckState.FAILED}
        ),
        CheckState.QUERIED: frozenset(
            {CheckState.DECLARED, CheckState.DOCUMENTED, CheckState.PASSED, CheckState.FAILED}
        ),
        CheckState.PASSED: frozenset({CheckState.QUERIED, CheckState.FAILED}),
        CheckState.FAILED: frozenset({CheckState.PASSED}),
    },
    Life.SHEET: {
        SheetState.ASSIGNED: frozenset({SheetState.OPENED, SheetState.RECUSED, SheetState.WITHDRAWN}),
        SheetState.OPENED: frozenset({SheetState.SAVED, SheetState.RECUSED, SheetState.WITHDRAWN}),
        SheetState.SAVED: frozenset({SheetState.SAVED, SheetState.SIGNED, SheetState.RECUSED, SheetState.WITHDRAWN}),
        SheetState.SIGNED: frozenset({SheetState.LOCKED, SheetState.RECUSED, SheetState.WITHDRAWN}),
        # A conflict of interest that comes to light late takes a signed sheet out of the result.
        SheetState.LOCKED: frozenset({SheetState.REOPENED, SheetState.WITHDRAWN}),
        SheetState.REOPENED: frozenset({SheetState.REOPENED, SheetState.SIGNED, SheetState.WITHDRAWN}),
        SheetState.RECUSED: frozenset(),
        SheetState.WITHDRAWN: frozenset(),
    },
    Life.RESULT: {
        ResultState.COMPUTED: frozenset({ResultState.PROVISIONAL, ResultState.SUPERSEDED}),
        ResultState.PROVISIONAL: frozenset({ResultState.SEALED, ResultState.SUPERSEDED}),
        ResultState.SEALED: frozenset({ResultState.PUBLISHED, ResultState.SUPERSEDED}),
        ResultState.PUBLISHED: frozenset({ResultState.SUPERSEDED}),
        ResultState.SUPERSEDED: frozenset(),
    },
    Life.APPEAL: {
        AppealState.FILED: frozenset({AppealState.ADMITTED, AppealState.REFUSED, AppealState.WITHDRAWN}),
        AppealState.ADMITTED: frozenset({AppealState.UPHELD, AppealState.DISMISSED, AppealState.WITHDRAWN}),
        AppealState.REFUSED: frozenset(),
        AppealState.UPHELD: frozenset(),
        AppealState.DISMISSED: frozenset(),
        AppealState.WITHDRAWN: frozenset(),
    },
    Life.NOMINATION: {
        NominationState.SELECTED: frozenset({NominationState.CONSENTED, NominationState.DECLINED}),
        NominationState.DECLINED: frozenset(),
        NominationState.CONSENTED: frozenset({NominationState.PACKAGED, NominationState.DECLINED}),
        NominationState.PACKAGED: frozenset({NominationState.PACKAGED, NominationState.SENT}),
        NominationState.SENT: frozenset({NominationState.ACCEPTED, NominationState.RETURNED}),
        NominationState.RETURNED: frozenset({NominationState.PACKAGED}),
        NominationState.ACCEPTED: frozenset(),
    },
    Life.INVITATION: {
        InvitationState.SENT: frozenset(
            {InvitationState.ACCEPTED, InvitationState.DECLINED, InvitationState.TAKEN_BACK}
        ),
        InvitationState.ACCEPTED: frozenset(),
        InvitationState.DECLINED: frozenset(),
        InvitationState.TAKEN_BACK: frozenset(),
    },
}


def check_move(life: Life, before: str, after: str) -> None:
    """Do nothing when a thing of this life may go from one state to the other.

    Raises:
        RefusedError: `server.challenge.no_such_move`, with both states and those that can be reached.
    """
    reachable = TRANSITIONS[life][before]
    if after not in reachable:
        allowed = ", ".join(sorted(str(state) for state in reachable)) or "-"
        raise RefusedError(
            "server.challenge.no_such_move", life=str(life), before=str(before), after=str(after), allowed=allowed
        )


def move(life: Life, thing: models.Model, after: str, *fields: str, field: str = "state") -> None:
    """Change a thing's state and save it with the fields named.

    The row must have been read with `select_for_update` in the caller's transaction.

    Raises:
        RefusedError: `server.challenge.no_such_move`.
    """
    check_move(life, getattr(thing, field), after)
    setattr(thing, field, after)
    thing.save(update_fields=[field, *fields])
