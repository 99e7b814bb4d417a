"""What trade holds about a person, for the copy of their data. Contracts and what was said in them stay when an account
ends: the other party relies on them, and they name the person by number only."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from dataferry.server import people


def exported(user: User) -> dict[str, Any]:
    """What the person signed, wrote in negotiations, accepted and complained about."""
    from dataferry.server.exchange.models import Acceptance, AgreementSignature, Dispute, NegotiationMove

    signatures = AgreementSignature.objects.filter(person=user).select_related("agreement")
    moves = NegotiationMove.objects.filter(by=user).select_related("negotiation")
    accepted = Acceptance.objects.filter(person=user).select_related("agreement")
    return {
        "signatures": [
            {
                "agreement": each.agreement.number,
                "side": each.side,
                "digest": each.digest,
                "signed_at": each.signed_at.isoformat(),
            }
            for each in signatures
        ],
        "negotiation_moves": [
            {
                "negotiation": each.negotiation.number,
                "act": each.act,
                "remark": each.remark,
                "at": each.at.isoformat(),
            }
            for each in moves
        ],
        "acceptances": [
            {
                "agreement": each.agreement.number,
                "accepted": each.accepted,
                "remark": each.remark,
                "at": each.at.isoformat(),
            }
            for each in accepted
        ],
        "complaints": [
            {"number": each.number, "statement": each.statement, "opened_at": each.opened_at.isoformat()}
            for each in Dispute.objects.filter(opened_by=user)
        ],
    }


def erase(_user: User) -> None:
    """Nothing goes: see above."""


people.register_personal_data("exchange-trade", exported, erase)
