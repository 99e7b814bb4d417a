"""What results hold about a person: appeals that they filed or decided; and what is left of them when they go."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from dataferry.server import people


def exported(user: User) -> dict[str, Any]:
    """Appeals that the person filed, and decisions that they signed."""
    from dataferry.server.challenge.models import Appeal, Deliberation

    filed = Appeal.objects.filter(filed_by=user).select_related("entry__edition").order_by("pk")
    decided = Appeal.objects.filter(decided_by=user).select_related("entry__edition").order_by("pk")
    signed = Deliberation.objects.filter(signed_by=user).select_related("result_round__edition").order_by("pk")
    return {
        "appeals_filed": [
            {**_appeal(each), "statement": each.statement, "filed_at": each.filed_at.isoformat()} for each in filed
        ],
        "appeals_decided": [{**_appeal(each), "decision": each.decision} for each in decided],
        "deliberations": [
            {
                "edition": each.result_round.edition.slug,
                "round": each.result_round.code,
                "kind": each.kind,
                "reason": each.reason,
            }
            for each in signed
        ],
    }


def _appeal(appeal: Any) -> dict[str, Any]:
    return {
        "edition": appeal.entry.edition.slug,
        "entry": appeal.entry.code,
        "grounds": appeal.grounds,
        "state": appeal.state,
    }


def erase(user: User) -> None:
    """Appeals and decisions stay, since results rest on them: without a person behind them."""
    from dataferry.server.challenge.models import Appeal, Deliberation, Result

    Appeal.objects.filter(filed_by=user).update(filed_by=None)
    Appeal.objects.filter(decided_by=user).update(decided_by=None)
    Deliberation.objects.filter(signed_by=user).update(signed_by=None)
    Result.objects.filter(computed_by=user).update(computed_by=None)


people.register_personal_data("challenge-results", exported, erase)
