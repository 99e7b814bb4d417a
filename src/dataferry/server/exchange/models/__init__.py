"""Rows of the exchange, by theme."""

from dataferry.server.exchange.models.agreements import Acceptance, Agreement, AgreementSignature, Dispute
from dataferry.server.exchange.models.certificates import Certificate
from dataferry.server.exchange.models.facets import ListingFacet
from dataferry.server.exchange.models.listings import Listing, ListingRelease, Scenario, SpecificationSheet
from dataferry.server.exchange.models.money import (
    ExchangeRate,
    Invoice,
    Payment,
    PaymentReceipt,
    Refund,
    RevenueShare,
    Statement,
)
from dataferry.server.exchange.models.offered import OfferedDraft
from dataferry.server.exchange.models.offers import (
    Currency,
    Negotiation,
    NegotiationMove,
    Offer,
    Plan,
    PlanKind,
    Policy,
)
from dataferry.server.exchange.models.owner_statements import OwnerStatement
from dataferry.server.exchange.models.papers import (
    ChangeKind,
    ChangeOutcome,
    Paper,
    PaperKind,
    RegistrationChange,
    Undertaking,
)
from dataferry.server.exchange.models.registrations import Objection, Registration, RegistrationVersion
from dataferry.server.exchange.models.transfers import UnmatchedTransfer

__all__ = [
    "Acceptance",
    "Agreement",
    "AgreementSignature",
    "Certificate",
    "ChangeKind",
    "ChangeOutcome",
    "Currency",
    "Dispute",
    "ExchangeRate",
    "Invoice",
    "Listing",
    "ListingFacet",
    "ListingRelease",
    "Negotiation",
    "NegotiationMove",
    "Objection",
    "Offer",
    "OfferedDraft",
    "OwnerStatement",
    "Paper",
    "PaperKind",
    "Payment",
    "PaymentReceipt",
    "Plan",
    "PlanKind",
    "Policy",
    "Refund",
    "Registration",
    "RegistrationChange",
    "RegistrationVersion",
    "RevenueShare",
    "Scenario",
    "SpecificationSheet",
    "Statement",
    "Undertaking",
    "UnmatchedTransfer",
]
