"""The files of an entry: handed in, inspected by a job in a confined child, replaced, removed."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from dataferry.messages import InputError, MissingError, RefusedError
from dataferry.server import jobs, journal, people, uploads
from dataferry.server.challenge import clock, store
from dataferry.server.challenge.actions.entries import changeable, reference, touch
from dataferry.server.challenge.inspection import Demands, Identities, Inspection
from dataferry.server.challenge.inspection import Finding as Leak
from dataferry.server.challenge.models import Artefact, Entry
from dataferry.server.challenge.queries.entries import standing_artefacts

PURPOSE = "challenge.artefact"
INSPECT = "challenge.inspect_artefact"
MOST_BYTES = 3 * 1024**3
MOST_FILES = 40
MOST_NAME = 255


def add_artefact(user: Any, entry: Entry, role: str, language: str, handed: uploads.Handed) -> Artefact:
    """Put a file into a role of the entry; one of the same role and language is replaced. A job inspects it.

    Args:
        language: written language of a document, spoken language of a film; may be empty.

    Raises:
        InputError: the edition knows no such role. RefusedError: not of the team, locked, too late, too many files,
            larger than the edition allows (said at once; everything else is for the inspection).
    """
    people.require(user, "challenge.change_entry", entry)
    known = entry.edition.file.deliverables
    if role not in known:
        raise InputError("server.challenge.no_such_role", given=role[:40], allowed=", ".join(known) or "-")
    most = known[role].most_bytes
    if most is not None and handed.bytes > most:
        raise RefusedError("server.challenge.file_too_large", role=role, bytes=handed.bytes, most=most)
    with transaction.atomic():
        locked = changeable(entry)
        standing = standing_artefacts(locked).select_for_update()
        if standing.count() >= MOST_FILES:
            raise RefusedError("server.challenge.too_many_files", most=MOST_FILES)
        standing.filter(role=role, language=language).update(removed_at=clock.now())
        artefact = Artefact.objects.create(
            entry=locked,
            role=role,
            language=language[:40],
            file_name=handed.name[:MOST_NAME],
            bytes=handed.bytes,
            sha256=handed.sha256,
            place=store.keep(handed.path, handed.sha256),
            received_at=clock.now(),
        )
        job = jobs.enqueue(
            INSPECT, subject=f"artefact:{artefact.pk}", payload={"artefact": artefact.pk}, asked_by=user.pk
        )
        artefact.job_id = job.pk
        artefact.save(update_fields=["job_id"])
        touch(locked)
        payload = {"role": role, "digest": f"sha256:{handed.sha256}"}
        journal.append(people.actor(user), "challenge.artefact_added", reference(locked), payload)
    return artefact


def remove_artefact(user: Any, artefact: Artefact) -> None:
    """Take a file out of the draft. Versions that were handed in keep it."""
    people.require(user, "challenge.change_entry", artefact)
    with transaction.atomic():
        locked = changeable(artefact.entry)
        if Artefact.objects.filter(pk=artefact.pk, removed_at=None).update(removed_at=clock.now()) == 0:
            raise MissingError("server.challenge.no_such_file")
        touch(locked)
        payload = {"role": artefact.role, "digest": f"sha256:{artefact.sha256}"}
        journal.append(people.actor(user), "challenge.artefact_removed", reference(locked), payload)


def demands_of(artefact: Artefact) -> Demands:
    """What the edition demands of a file in this role."""
    asked = artefact.entry.edition.file.deliverables[artefact.role]
    return Demands.of(artefact.role, asked, artefact.language if asked.speech else "")


def identities_of(entry: Entry) -> Identities:
    """Whose names must not be found in the files of an entry while it is judged without names."""
    members = [member.user for member in entry.team.members.select_related("user__profile") if member.user]
    names = [member.get_full_name() for member in members]
    names += [member.profile.display_name for member in members if hasattr(member, "profile")]
    organisation = entry.team.organisation
    return Identities(
        people=tuple(filter(None, names)),
        organisations=tuple(filter(None, organisation.name.values())) if organisation else (),
        teams=(entry.team.name,),
        emails=tuple(member.email for member in members if member.email),
    )


def record_inspection(artefact: Artefact, inspection: Inspection, leaks: list[Leak]) -> None:
    """Keep what the inspection found. Inside the transaction that closes its job."""
    artefact.findings = [finding.to_json() for finding in inspection.findings]
    artefact.leaks = [leak.to_json() for leak in leaks]
    artefact.facts = dict(inspection.facts)
    artefact.media_type = str(inspection.facts.get("type", ""))[:100]
    artefact.inspected_at = clock.now()
    artefact.save(update_fields=["findings", "leaks", "facts", "media_type", "inspected_at"])
