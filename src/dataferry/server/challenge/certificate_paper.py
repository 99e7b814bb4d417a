"""A certificate as a page of PDF in one of the three languages, made from its credential: the same bytes each time."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import override

from dataferry.server.challenge.letter_words import TONGUES
from dataferry.server.challenge.models import Certificate
from dataferry.server.challenge.queries.certificates import said_in
from dataferry.server.display.words import day, spoken
from dataferry.server.papers import documents

if TYPE_CHECKING:
    from dataferry.messages import Language


def paper(certificate: Certificate, language: Language, address: str) -> bytes:
    """The PDF. `address` is where anybody can check it; it stands on the paper as text and as a code."""
    with override(TONGUES[language]):
        return documents.render(_certificate(certificate, language, address)).body


def _certificate(certificate: Certificate, language: Language, address: str) -> documents.Certificate:
    said, edition = said_in(certificate), certificate.edition
    issued: datetime = certificate.issued_at
    honour = spoken(said["honour"], language).text
    title = spoken(said["title"] or None, language).text
    contest = spoken(edition.document.get("title"), language).text
    lines = [
        _("has been awarded “%(honour)s”") % {"honour": honour}
        if certificate.award_id
        else _("was a finalist: “%(honour)s”") % {"honour": honour},
        *([_("for “%(title)s”") % {"title": title}] if title else []),
        contest,
    ]
    facts = [
        (_("Number"), certificate.serial),
        (_("Entry"), str(said["entry"])),
        (_("Issued"), day(issued)),
        (_("Issued by"), str(certificate.credential["issuer"]["name"])),
    ]
    seal = documents.Seal([_("Verify this certificate at"), address, str(said["result"])], address)
    return documents.Certificate(
        title=_("Certificate"),
        language=language,
        name=str(said["team"]),
        above=_("This is to certify that the team"),
        lines=lines,
        facts=facts,
        seal=seal,
        ink=certificate.entry.city,  # type: ignore[arg-type]  # the names of cities are those of inks
        footer=_("Synthetic: a rehearsal with made-up people.") if edition.synthetic else "",
        subject=f"{contest} · {certificate.serial}",
        dated=issued,
    )
