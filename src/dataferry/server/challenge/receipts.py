"""The receipt of an identity paper: what is kept, until when, or when, why and under which digest it was destroyed."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from dataferry.server import journal
from dataferry.server.challenge.models import IdentityPaper
from dataferry.server.challenge.team_view import because_word
from dataferry.server.display.languages import page_language
from dataferry.server.display.words import day, size


def receipt_rows(paper: IdentityPaper) -> list[tuple[str, str]]:
    """Labels and values, for the page and for print; nothing of the paper's content."""
    rows = [
        (_("Paper"), f"#{paper.pk}"),
        (_("Handed in"), _instant(paper, paper.received_at)),
        (_("Size and kind"), f"{size(paper.bytes)}, {paper.media_type}"),
        (_("To be destroyed by"), _instant(paper, paper.destroy_at)),
    ]
    if paper.destroyed_at is not None:
        rows += [
            (_("Destroyed"), _instant(paper, paper.destroyed_at)),
            (_("Because"), because_word(paper.destroyed_because)),
            (_("How"), _("Its own key was deleted, its encrypted file overwritten and removed. Backups hold no copy.")),
        ]
    rows.append((_("SHA-256 of the encrypted file"), paper.digest))
    event = journal.selected([f"paper:{paper.pk}"], ["challenge.paper_destroyed"]).first()
    if event is not None:
        rows.append((_("Journal entry"), f"#{event.sequence}"))
    return rows


def _instant(paper: IdentityPaper, instant: object) -> str:
    """To the second, in the division's zone, which is named: a receipt is read far from any browser."""
    check = paper.check_asked
    zone = check.team.division.time_zone if check is not None else "UTC"
    local = instant.astimezone(ZoneInfo(zone))  # type: ignore[attr-defined]
    return _("%(day)s, %(time)s (%(zone)s)") % {"day": day(local), "time": f"{local:%H:%M:%S}", "zone": zone}


def receipt_pdf(paper: IdentityPaper) -> bytes:
    """The receipt as a PDF in the page's language."""
    from dataferry.server.papers import documents

    title = _("Receipt of destruction of an identity paper")
    body = (
        documents.Paragraph(_("This paper was handed in to show eligibility for a challenge. It no longer exists.")),
        documents.Facts(receipt_rows(paper)),
        documents.Paragraph(_("The journal entry above can be checked by anybody who holds a copy of the journal.")),
    )
    return documents.render(documents.Document(title, page_language(), body)).body
