"""The rows of the challenge, one module per step of an edition."""

from dataferry.server.challenge.models.desk import (
    ListingDraft,
    MailCampaign,
    Mentorship,
    SessionBooking,
    TrainingSession,
)
from dataferry.server.challenge.models.editions import Acceptance, Division, Edition, EditionVersion, Phase, Round
from dataferry.server.challenge.models.entries import Artefact, DataGrant, DataUse, Entry, Submission
from dataferry.server.challenge.models.judging import (
    Anchor,
    AnonymityReport,
    Ballot,
    Conflict,
    Judge,
    Relation,
    Reopening,
    ScoreSheet,
    SheetRevision,
)
from dataferry.server.challenge.models.results import (
    Appeal,
    Award,
    Certificate,
    Deliberation,
    Nomination,
    Result,
    Slot,
)
from dataferry.server.challenge.models.teams import (
    EligibilityCheck,
    IdentityPaper,
    Team,
    TeamInvitation,
    TeamMember,
)

__all__ = [
    "Acceptance",
    "Anchor",
    "AnonymityReport",
    "Appeal",
    "Artefact",
    "Award",
    "Ballot",
    "Certificate",
    "Conflict",
    "DataGrant",
    "DataUse",
    "Deliberation",
    "Division",
    "Edition",
    "EditionVersion",
    "EligibilityCheck",
    "Entry",
    "IdentityPaper",
    "Judge",
    "ListingDraft",
    "MailCampaign",
    "Mentorship",
    "Nomination",
    "Phase",
    "Relation",
    "Reopening",
    "Result",
    "Round",
    "ScoreSheet",
    "SessionBooking",
    "SheetRevision",
    "Slot",
    "Submission",
    "Team",
    "TeamInvitation",
    "TeamMember",
    "TrainingSession",
]
