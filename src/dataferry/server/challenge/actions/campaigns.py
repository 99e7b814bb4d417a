"""Mail to many: written, tried, confirmed, written out in batches, cancelled. Nobody gets the same letter twice.

From the confirmation on the addressees are fixed. Each batch is one transaction with the letters of its people and how
far the campaign is, so a crash between two batches loses nothing, and the post itself writes one letter per person.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from dataferry.messages import Finding, InputError, RefusedError
from dataferry.server import jobs, journal, letters, people
from dataferry.server.challenge import clock
from dataferry.server.challenge.models import Division, Edition, MailCampaign, Team
from dataferry.server.challenge.queries import campaigns as queries
from dataferry.server.journal.canonical import canonical, digest
from dataferry.server.web.problems import ConflictError

BATCH = 200
JOB = "challenge.write_campaign"
MOST_BODY = 20_000
MOST_PLACEHOLDERS = 200
LEAST_TELLING = 4
"""A team's name of fewer letters is an everyday word."""
Texts = Mapping[str, str]


def write_campaign(
    user: Any, edition: Edition, *, audience: str, division: Division | None, subject: Texts, body: Texts
) -> MailCampaign:
    """Keep a draft. What is wrong with its words is told by `faults`, and forbids the sending only.

    Raises:
        InputError: an unknown audience, a text that is too long. RefusedError: another city's division.
    """
    _require(user, edition, division)
    values = _checked(audience, subject, body)
    with transaction.atomic():
        row = MailCampaign.objects.create(
            edition=edition, division=division, written_by=user, written_at=clock.now(), **values
        )
        _tell(user, "challenge.campaign_written", row)
    return row


def change_campaign(
    user: Any,
    campaign: MailCampaign,
    revision: int,
    *,
    audience: str,
    division: Division | None,
    subject: Texts,
    body: Texts,
) -> MailCampaign:
    """Change a draft.

    Raises:
        ConflictError: `server.challenge.campaign_changed`. RefusedError: `server.challenge.campaign_confirmed`.
    """
    _require(user, campaign.edition, campaign.division)
    _require(user, campaign.edition, division)
    values = _checked(audience, subject, body)
    with transaction.atomic():
        row = _locked(campaign)
        _require_draft(row)
        if row.revision != revision:
            raise ConflictError("server.challenge.campaign_changed", campaign=row.pk)
        for name, value in {**values, "division": division}.items():
            setattr(row, name, value)
        row.revision += 1
        row.save()
        _tell(user, "challenge.campaign_written", row)
    return row


def faults(campaign: MailCampaign) -> list[Finding]:
    """All that is wrong with the words; what is `blocked` forbids the sending."""
    fields = queries.FIELDS[queries.kind_of(campaign.audience)]
    found = letters.check(queries.template_of(campaign), fields) + _too_long(campaign)
    if campaign.audience in queries.TO_JUDGES:
        found += _names_of_teams(campaign)
    return found


def _too_long(campaign: MailCampaign) -> list[Finding]:
    """Placeholders that could fill a letter beyond what the post takes: nobody's letter shall fail later."""
    most = max((text.count("{") for text in campaign.body.values()), default=0)
    if most > MOST_PLACEHOLDERS:
        return [Finding("server.challenge.too_many_placeholders", "blocked", {"most": MOST_PLACEHOLDERS})]
    return []


def _names_of_teams(campaign: MailCampaign) -> list[Finding]:
    """A letter to judges that names a team of the edition would lift the blind."""
    words = _folded("\n".join([*campaign.subject.values(), *campaign.body.values()]))
    teams = Team.objects.filter(edition=campaign.edition).values_list("number", "name")
    told = [number for number, name in teams if len(name) >= LEAST_TELLING and _folded(name) in words]
    return [Finding("server.challenge.campaign_names_team", "blocked", {"team": number}) for number in told[:5]]


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def try_campaign(user: User, campaign: MailCampaign, like: int) -> letters.Letter:
    """Send the letter to oneself, as the addressee `like` would get it.

    Raises:
        InputError: what is wrong with the words. RefusedError: `like` is not among the addressees.
    """
    _require(user, campaign.edition, campaign.division)
    _require_sound(campaign)
    _require_addressee(campaign, like)
    written = {
        language: letters.render(queries.template_of(campaign), queries.values_in(campaign, like, language), language)
        for language in queries.template_of(campaign).languages()
    }
    now = clock.now()
    return letters.post(
        user,
        key=f"challenge.campaign-test:{campaign.pk}:{campaign.revision}:{user.pk}:{now:%Y%m%d%H%M%S%f}",
        subject={language: f"[Test] {each.subject}"[:200] for language, each in written.items()},
        body={language: each.body for language, each in written.items()},
        about=f"campaign:{campaign.pk}",
    )


def confirm_campaign(user: Any, campaign: MailCampaign, revision: int, expected: int) -> MailCampaign:
    """Send it: the addressees are fixed now, and a job writes their letters.

    Args:
        revision, expected: the words and the number of recipients that the person has seen.

    Raises:
        ConflictError: `server.challenge.campaign_changed`, `server.challenge.audience_changed`.
        InputError: what is wrong with the words. RefusedError: sent already; nobody is meant.
    """
    _require(user, campaign.edition, campaign.division)
    with transaction.atomic():
        row = _locked(campaign)
        _require_draft(row)
        if row.revision != revision:
            raise ConflictError("server.challenge.campaign_changed", campaign=row.pk)
        _require_sound(row)
        found = queries.addressees(row.edition, row.division, row.audience)
        if not found:
            raise RefusedError("server.challenge.audience_empty")
        if len(found) != expected:
            raise ConflictError("server.challenge.audience_changed", expected=expected, found=len(found))
        row.addressees, row.recipients, row.confirmed_at = found, len(found), clock.now()
        _ask(row, user)
        row.save()
        _tell(user, "challenge.campaign_confirmed", row, recipients=len(found))
    return row


def repeat_campaign(user: Any, campaign: MailCampaign) -> MailCampaign:
    """Ask again for a job that has failed. Who has a letter gets no second one.

    Raises:
        RefusedError: not confirmed, cancelled, or written out already.
    """
    _require(user, campaign.edition, campaign.division)
    with transaction.atomic():
        row = _locked(campaign)
        if row.confirmed_at is None or row.cancelled_at is not None or row.sent_at is not None:
            raise RefusedError("server.challenge.campaign_not_waiting")
        _ask(row, user)
        row.save(update_fields=["job"])
    return row


def _ask(row: MailCampaign, user: Any) -> None:
    subject = f"campaign:{row.pk}"
    job = jobs.enqueue(JOB, subject=subject, payload={"campaign": row.pk}, asked_by=user.pk, key=subject)
    row.job = job.pk


def write_batch(number: int) -> MailCampaign | None:
    """Write the letters of the next addressees, in one transaction. None where there is nothing left to write."""
    with transaction.atomic():
        row = MailCampaign.objects.select_for_update(of=("self",)).select_related("edition", "division").get(pk=number)
        if row.confirmed_at is None or row.cancelled_at is not None or row.sent_at is not None:
            return None
        ids = row.addressees[row.written : row.written + BATCH]
        if ids:
            _post(row, ids)
            row.written += len(ids)
        if row.written >= len(row.addressees):
            row.sent_at = clock.now()
            journal.append("system", "challenge.campaign_written_out", _reference(row), {"recipients": row.recipients})
        row.save(update_fields=["written", "sent_at"])
    return row


def _post(row: MailCampaign, ids: list[int]) -> None:
    # Who has ended their account since the confirmation gets no letter.
    persons = User.objects.in_bulk(ids)
    values = queries.letter_values(row, list(persons))
    letters.post_many(
        [(persons[pk], values[pk]) for pk in ids if pk in persons],
        campaign=queries.post_key(row),
        template=queries.template_of(row),
        asked_by=None,
        about=f"campaign:{row.pk}",
    )


def cancel_campaign(user: Any, campaign: MailCampaign) -> MailCampaign:
    """Write and send no more of it; a draft is put away. What was sent stays sent.

    Raises:
        RefusedError: `server.challenge.campaign_cancelled_already`.
    """
    _require(user, campaign.edition, campaign.division)
    with transaction.atomic():
        row = _locked(campaign)
        if row.cancelled_at is not None:
            raise RefusedError("server.challenge.campaign_cancelled_already")
        row.cancelled_at = clock.now()
        row.save(update_fields=["cancelled_at"])
        job = jobs.Job.objects.filter(pk=row.job or 0).first()
        if job is not None and job.is_open:
            jobs.cancel(job.pk, user.pk)
        letters.withdraw_campaign(queries.post_key(row), user.pk)
        _tell(user, "challenge.campaign_cancelled", row, written=row.written)
    return row


def _require(user: Any, edition: Edition, division: Division | None) -> None:
    people.require(user, "challenge.organise", division or edition)


def _require_draft(row: MailCampaign) -> None:
    if row.cancelled_at is not None:
        raise RefusedError("server.challenge.campaign_cancelled_already")
    if row.confirmed_at is not None:
        raise RefusedError("server.challenge.campaign_confirmed")


def _require_sound(row: MailCampaign) -> None:
    for finding in faults(row):
        if finding.severity == "blocked":
            raise InputError(finding.code, **finding.data)


def _require_addressee(row: MailCampaign, person: int) -> None:
    if person not in queries.addressees(row.edition, row.division, row.audience):
        raise RefusedError("server.challenge.not_addressed")


def _locked(campaign: MailCampaign) -> MailCampaign:
    rows = MailCampaign.objects.select_for_update(of=("self",)).select_related("edition", "division")
    return rows.get(pk=campaign.pk)


def _checked(audience: str, subject: Texts, body: Texts) -> dict[str, Any]:
    if audience not in queries.AUDIENCES:
        raise InputError("server.challenge.no_such_audience", field="audience", known=", ".join(queries.AUDIENCES))
    for name, texts in (("subject", subject), ("body", body)):
        for language, text in texts.items():
            field, most = f"{name}_{language}", 1_000 if name == "subject" else MOST_BODY
            if len(text) > most:
                raise InputError("server.challenge.text_too_long", field=field, most=most, found=len(text))
            if "\x00" in text:
                raise InputError("server.web.control_characters", field=field)
    return {"audience": audience, "subject": _trimmed(subject), "body": _trimmed(body)}


def _trimmed(texts: Texts) -> dict[str, str]:
    return {language: text.replace("\r\n", "\n").strip() for language, text in texts.items() if text.strip()}


def _reference(row: MailCampaign) -> str:
    return f"mail:{row.pk}"


def _tell(user: Any, act: str, row: MailCampaign, **figures: int) -> None:
    payload: dict[str, Any] = {
        "edition": row.edition.slug,
        "audience": row.audience,
        "digest": f"sha256:{digest(canonical({'subject': row.subject, 'body': row.body}))}",
        **figures,
    }
    if row.division is not None:
        payload["division"] = row.division.code
    journal.append(people.actor(user), act, _reference(row), payload)
