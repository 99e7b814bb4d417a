"""Files of entries are inspected, and scanned for names where the edition judges without them."""

from __future__ import annotations

from dataferry.server import jobs, uploads


def largest() -> int:
    """The largest file that an edition takes now, in bytes: a larger one is refused before its first byte."""
    from dataferry.server.challenge.queries.entries import largest_file

    return largest_file()


uploads.register_purpose("challenge.artefact", most_bytes=largest, permission="challenge.register_team")


@jobs.handler("challenge.inspect_artefact", attempts=3, title="server.challenge.job_inspect")
def inspect_artefact(running: jobs.Running) -> None:
    """Look at one file in a confined child and keep what was found, once however often it is tried."""
    from dataferry.server.challenge import store
    from dataferry.server.challenge.actions.artefacts import demands_of, identities_of, record_inspection
    from dataferry.server.challenge.inspection import inspect, leak_scan
    from dataferry.server.challenge.models import Artefact

    artefact = Artefact.objects.select_related("entry__edition", "entry__team__organisation").get(
        pk=running.job.payload["artefact"]
    )
    path = store.path_of(artefact.place)
    inspected = inspect(path, artefact.file_name, demands_of(artefact))
    anonymous = artefact.entry.edition.file.anonymity.screening
    leaks = leak_scan(path, artefact.file_name, identities_of(artefact.entry)) if anonymous else []
    with running.finishing():
        record_inspection(artefact, inspected, list(leaks))
