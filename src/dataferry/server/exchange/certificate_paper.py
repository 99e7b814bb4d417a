"""A certificate as a page of PDF in one of the three languages, made from its credential: the same bytes each time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from dataferry.server.display.words import day, spoken
from dataferry.server.exchange import listing_words as words
from dataferry.server.exchange.models import Certificate
from dataferry.server.exchange.models.certificates import CertificateKind
from dataferry.server.exchange.queries.certificates import said_in
from dataferry.server.exchange.sheet.sections import TONGUES
from dataferry.server.papers import documents

if TYPE_CHECKING:
    from dataferry.messages import Language

Facts = list[tuple[str, str]]


def paper(certificate: Certificate, language: Language) -> bytes:
    """The PDF. Its address is where anybody can check it; it stands on the paper as text and as a code."""
    with override(TONGUES[language]):
        return documents.render(_certificate(certificate, language)).body


def _certificate(certificate: Certificate, language: Language) -> documents.Certificate:
    said, credential = said_in(certificate), certificate.credential
    address = str(credential["id"])
    facts = [
        (_("Number"), certificate.serial),
        *facts_of(certificate, language)[:4],
        (_("Issued"), day(certificate.issued_at)),
        (_("Issued by"), str(credential["issuer"]["name"])),
    ]
    lines = list(_lines(certificate.kind, said, language))
    digest = str(said.get("entry") or said.get("clearance") or said.get("terms") or "")
    return documents.Certificate(
        title=title_of(certificate, language),
        language=language,
        name=spoken(said["supplier"]["name"], language).text or said["supplier"]["number"],
        above=_("This is to certify that"),
        lines=lines,
        facts=facts,
        seal=documents.Seal([_("Verify this certificate at"), address, digest], address),
        subject=certificate.serial,
        dated=certificate.issued_at,
    )


def title_of(certificate: Certificate, language: Language) -> str:
    """What kind of certificate it is, as the credential names it."""
    named = {each["@language"]: each["@value"] for each in certificate.credential.get("name") or []}
    return spoken(named, language).text


def _lines(kind: str, said: Mapping[str, Any], language: Language) -> Iterator[str]:
    release = said["release"]
    if kind == CertificateKind.TRADE:
        buyer = spoken(said["buyer"]["name"], language).text or said["buyer"]["number"]
        yield _("has sold to %(buyer)s the use of a data product") % {"buyer": buyer}
        yield _("under agreement %(number)s") % {"number": said["agreement"]}
    else:
        title = spoken(said["title"], language).text
        if kind == CertificateKind.REGISTRATION:
            yield _("is entered in the register as the holder of the data product “%(title)s”") % {"title": title}
        else:
            yield _("may offer on the exchange the data product “%(title)s”") % {"title": title}
    yield f"{release['product']} {release['version']}"


def facts_of(certificate: Certificate, language: Language) -> Facts:
    """What the credential says, in words: for the page and for the foot of the paper."""
    said = said_in(certificate)
    facts: Facts = []
    if "registration" in said:
        facts.append((_("Registration number"), said["registration"]))
    if "listing" in said:
        facts.append((_("Product code"), said["listing"]))
    if "agreement" in said:
        facts.append((_("Agreement"), said["agreement"]))
    if "source" in said:
        facts.append((_("Kind of source"), words.source_word(said["source"])))
        facts.append((_("Rights registered"), " · ".join(words.right_word(each) for each in said["rights"])))
    if "level" in said:
        facts.append((_("Delivery level"), words.level_word(said["level"])))
    if "buyer" in said:
        facts.append((_("Buyer"), spoken(said["buyer"]["name"], language).text or said["buyer"]["number"]))
    until = certificate.credential.get("validUntil")
    if until:
        facts.append((_("Valid until"), day(str(until))))
    return facts
