"""What judging holds about a person: their seats, relations, sheets and reports; and what is left when they go."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from dataferry.server import people


def exported(user: User) -> dict[str, Any]:
    """Seats with relations and sheets, each with what the person wrote. Teams are not named: judges do not see them."""
    from dataferry.server.challenge.models import AnonymityReport, Judge

    seats = Judge.objects.filter(user=user).select_related("edition").prefetch_related("relations", "sheets__entry")
    reports = AnonymityReport.objects.filter(judge__user=user).select_related("entry")
    return {
        "seats": [_seat(seat) for seat in seats.order_by("pk")],
        "anonymity_reports": [{"entry": each.entry.code, "reason": each.reason} for each in reports.order_by("pk")],
    }


def _seat(seat: Any) -> dict[str, Any]:
    return {
        "edition": seat.edition.slug,
        "city": seat.city,
        "languages": seat.languages,
        "topics": seat.topics,
        "appointed_at": seat.appointed_at.isoformat(),
        "relations": [{"kind": each.kind, "other": each.other} for each in seat.relations.all()],
        "sheets": [
            {
                "entry": sheet.entry.code,
                "state": sheet.state,
                "scores": sheet.scores,
                "comment_team": sheet.comment_team,
                "comment_panel": sheet.comment_panel,
                "recused_because": sheet.recused_because,
            }
            for sheet in seat.sheets.all()
        ],
    }


def erase(user: User) -> None:
    """Leave every panel, inside the transaction that ends the account. Signed scores stay, since results rest on them:
    without a person behind them. Relations and reasons are forgotten."""
    from dataferry.server.challenge import clock
    from dataferry.server.challenge.actions.conflicts import withdraw_sheet
    from dataferry.server.challenge.models import AnonymityReport, Judge, Relation, ScoreSheet
    from dataferry.server.challenge.queries.judges import UNSIGNED

    seats = Judge.objects.select_for_update().filter(user=user)
    left = ScoreSheet.objects.select_for_update(of=("self",)).filter(judge__in=seats, state__in=UNSIGNED)
    for sheet in left.select_related("round__edition", "entry", "judge"):
        withdraw_sheet("system", sheet, "account_ended")
    Relation.objects.filter(judge__in=seats).delete()
    ScoreSheet.objects.filter(judge__in=seats).update(recused_because="")
    AnonymityReport.objects.filter(judge__in=seats).update(reason="")
    seats.filter(dropped_at=None).update(dropped_at=clock.now())
    seats.update(user=None)


people.register_personal_data("challenge-judging", exported, erase)
