"""The lives of the exchange: registration and listing (two registers), objection, agreement, money, dispute."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from dataferry.server.journal.lives import Life, register


class RegistrationState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    RETURNED = "returned", _("Returned for completion")
    NOTICE = "notice", _("Public notice")
    OBJECTED = "objected", _("Objection under examination")
    CERTIFIED = "certified", _("Certified")
    REFUSED = "refused", _("Refused")
    EXPIRED = "expired", _("Expired")
    CANCELLED = "cancelled", _("Cancelled")


class ObjectionState(models.TextChoices):
    FILED = "filed", _("Filed, not yet decided")
    UPHELD = "upheld", _("Upheld")
    DISMISSED = "dismissed", _("Dismissed")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class ListingState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    RETURNED = "returned", _("Returned for completion")
    LISTED = "listed", _("Listed")
    SUSPENDED = "suspended", _("Suspended")
    DELISTED = "delisted", _("Delisted")


class OfferState(models.TextChoices):
    OPEN = "open", _("Open")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    SOLD_OUT = "sold_out", _("Sold out")


class NegotiationState(models.TextChoices):
    REQUESTED = "requested", _("Requested by the buyer")
    OFFERED = "offered", _("Offered by the supplier")
    AGREED = "agreed", _("Agreed")
    TERMINATED = "terminated", _("Ended without agreement")


class AgreementState(models.TextChoices):
    DRAWN_UP = "drawn_up", _("Waits for signatures")
    SIGNED = "signed", _("Signed by both")
    IN_FORCE = "in_force", _("In force")
    SUSPENDED = "suspended", _("Suspended")
    ENDED = "ended", _("Ended")
    TERMINATED = "terminated", _("Terminated")
    CANCELLED = "cancelled", _("Cancelled before it was signed")


class InvoiceState(models.TextChoices):
    ISSUED = "issued", _("Invoice issued")
    PAID = "paid", _("Paid")
    CREDITED = "credited", _("Credited")
    VOID = "void", _("Void")


class PaymentState(models.TextChoices):
    STARTED = "started", _("Started")
    CONFIRMED = "confirmed", _("Confirmed")
    FAILED = "failed", _("Failed")
    PARTLY_REFUNDED = "partly_refunded", _("Partly refunded")
    REFUNDED = "refunded", _("Refunded")


class TransferState(models.TextChoices):
    RECEIVED = "received", _("Waits to be repaid")
    REPAID = "repaid", _("Repaid")


class DisputeState(models.TextChoices):
    OPENED = "opened", _("Opened")
    ANSWERED = "answered", _("Answered")
    UPHELD = "upheld", _("Upheld")
    DISMISSED = "dismissed", _("Dismissed")
    SETTLED = "settled", _("Settled by the parties")
    WITHDRAWN = "withdrawn", _("Withdrawn")


_R, _O, _L = RegistrationState, ObjectionState, ListingState
_F, _N, _A = OfferState, NegotiationState, AgreementState
_I, _P, _D = InvoiceState, PaymentState, DisputeState

REGISTRATION = register(
    Life(
        "registration",
        "exchange.Registration",
        first=frozenset({_R.DRAFT}),
        transitions={
            _R.DRAFT: frozenset({_R.SUBMITTED, _R.CANCELLED}),
            _R.SUBMITTED: frozenset({_R.RETURNED, _R.NOTICE, _R.REFUSED, _R.CANCELLED}),
            _R.RETURNED: frozenset({_R.SUBMITTED, _R.CANCELLED}),
            _R.NOTICE: frozenset({_R.OBJECTED, _R.CERTIFIED, _R.CANCELLED}),
            _R.OBJECTED: frozenset({_R.NOTICE, _R.CERTIFIED, _R.REFUSED, _R.CANCELLED}),
            # A change or a renewal is examined again; the certificate stands meanwhile.
            _R.CERTIFIED: frozenset({_R.CERTIFIED, _R.EXPIRED, _R.CANCELLED}),
            _R.EXPIRED: frozenset({_R.CERTIFIED}),
            _R.REFUSED: frozenset(),
            _R.CANCELLED: frozenset(),
        },
    )
)
OBJECTION = register(
    Life(
        "objection",
        "exchange.Objection",
        first=frozenset({_O.FILED}),
        transitions={
            _O.FILED: frozenset({_O.UPHELD, _O.DISMISSED, _O.WITHDRAWN}),
            _O.UPHELD: frozenset(),
            _O.DISMISSED: frozenset(),
            _O.WITHDRAWN: frozenset(),
        },
    )
)
LISTING = register(
    Life(
        "listing",
        "exchange.Listing",
        first=frozenset({_L.DRAFT}),
        transitions={
            _L.DRAFT: frozenset({_L.SUBMITTED, _L.DELISTED}),
            _L.SUBMITTED: frozenset({_L.RETURNED, _L.LISTED, _L.DELISTED}),
            _L.RETURNED: frozenset({_L.SUBMITTED, _L.DELISTED}),
            # Listed to listed: a new release of the same product takes the place of the old one.
            _L.LISTED: frozenset({_L.LISTED, _L.SUSPENDED, _L.DELISTED}),
            _L.SUSPENDED: frozenset({_L.LISTED, _L.DELISTED}),
            _L.DELISTED: frozenset(),
        },
    )
)
OFFER = register(
    Life(
        "offer",
        "exchange.Offer",
        first=frozenset({_F.OPEN}),
        transitions={
            _F.OPEN: frozenset({_F.WITHDRAWN, _F.SOLD_OUT}),
            _F.SOLD_OUT: frozenset({_F.OPEN, _F.WITHDRAWN}),
            _F.WITHDRAWN: frozenset(),
        },
    )
)
NEGOTIATION = register(
    Life(
        "negotiation",
        "exchange.Negotiation",
        first=frozenset({_N.REQUESTED}),
        transitions={
            # Whoever's turn it is may also repeat their own word with other terms.
            _N.REQUESTED: frozenset({_N.REQUESTED, _N.OFFERED, _N.AGREED, _N.TERMINATED}),
            _N.OFFERED: frozenset({_N.OFFERED, _N.REQUESTED, _N.AGREED, _N.TERMINATED}),
            _N.AGREED: frozenset(),
            _N.TERMINATED: frozenset(),
        },
    )
)
AGREEMENT = register(
    Life(
        "agreement",
        "exchange.Agreement",
        first=frozenset({_A.DRAWN_UP}),
        transitions={
            _A.DRAWN_UP: frozenset({_A.DRAWN_UP, _A.SIGNED, _A.CANCELLED}),
            # Signed is not yet in force while something must be paid first.
            _A.SIGNED: frozenset({_A.IN_FORCE, _A.TERMINATED}),
            _A.IN_FORCE: frozenset({_A.SUSPENDED, _A.ENDED, _A.TERMINATED}),
            _A.SUSPENDED: frozenset({_A.IN_FORCE, _A.ENDED, _A.TERMINATED}),
            _A.ENDED: frozenset(),
            _A.TERMINATED: frozenset(),
            _A.CANCELLED: frozenset(),
        },
    )
)
INVOICE = register(
    Life(
        "invoice",
        "exchange.Invoice",
        first=frozenset({_I.ISSUED}),
        transitions={
            _I.ISSUED: frozenset({_I.PAID, _I.VOID}),
            _I.PAID: frozenset({_I.CREDITED}),
            _I.CREDITED: frozenset({_I.CREDITED}),
            _I.VOID: frozenset(),
        },
    )
)
PAYMENT = register(
    Life(
        "payment",
        "exchange.Payment",
        first=frozenset({_P.STARTED}),
        transitions={
            _P.STARTED: frozenset({_P.CONFIRMED, _P.FAILED}),
            _P.CONFIRMED: frozenset({_P.PARTLY_REFUNDED, _P.REFUNDED}),
            _P.PARTLY_REFUNDED: frozenset({_P.PARTLY_REFUNDED, _P.REFUNDED}),
            _P.REFUNDED: frozenset(),
            _P.FAILED: frozenset(),
        },
    )
)
DISPUTE = register(
    Life(
        "dispute",
        "exchange.Dispute",
        first=frozenset({_D.OPENED}),
        transitions={
            _D.OPENED: frozenset({_D.ANSWERED, _D.UPHELD, _D.DISMISSED, _D.SETTLED, _D.WITHDRAWN}),
            _D.ANSWERED: frozenset({_D.ANSWERED, _D.UPHELD, _D.DISMISSED, _D.SETTLED, _D.WITHDRAWN}),
            _D.UPHELD: frozenset(),
            _D.DISMISSED: frozenset(),
            _D.SETTLED: frozenset(),
            _D.WITHDRAWN: frozenset(),
        },
    )
)
TRANSFER = register(
    Life(
        "transfer",
        "exchange.UnmatchedTransfer",
        first=frozenset({TransferState.RECEIVED}),
        # It is repaid and nothing else: no state leads from here to a payment or an agreement.
        transitions={TransferState.RECEIVED: frozenset({TransferState.REPAID}), TransferState.REPAID: frozenset()},
    )
)
