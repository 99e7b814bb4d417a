"""Lost and damaged files, made again from the release: by a job when a request found them gone, or by the operator."""

from __future__ import annotations

from django.db.models import Q

from dataferry.messages import DataferryError, RefusedError
from dataferry.server.delivery import keeping, vault
from dataferry.server.delivery.changes import served_change
from dataferry.server.delivery.cuts import kept_cut
from dataferry.server.delivery.exports import export
from dataferry.server.delivery.keeping import Holder
from dataferry.server.delivery.limits import Cut, Limits
from dataferry.server.delivery.models import Entitlement, ServedChange, ServedExport, ServedTable
from dataferry.server.delivery.serving import served_table


def remake(holder: Holder) -> Holder:
    """Make again what is gone, the tables it is made of first. Nothing happens where all is there.

    Raises:
        RefusedError: `server.delivery.file_damaged`: it cannot be made again as it was.
    """
    if isinstance(holder, ServedTable):
        return served_table(holder.release, cut_of(holder), wait=True)
    if isinstance(holder, ServedExport):
        remake(holder.served)
        return export(keeping.current(holder.served), holder.kind, wait=True)
    remake(holder.before)
    remake(holder.after)
    return served_change(keeping.current(holder.before), keeping.current(holder.after), wait=True)


def cut_of(served: ServedTable) -> Cut:
    """The cut of a served table, from the terms of an agreement that has it: the row knows its digest alone.

    Raises:
        RefusedError: `server.delivery.file_damaged`: no agreement has it any more.
    """
    release = served.release_id
    of_release = Q(agreement__release=release) | Q(agreement__listing__releases__release=release)
    rows = Entitlement.objects.filter(of_release).select_related("agreement__listing").distinct().order_by("-pk")
    for agreement in (row.agreement for row in rows):
        try:
            cut = kept_cut(Limits.of(agreement), agreement.listing, served.release)
        except DataferryError:
            continue
        if cut.digest == served.cut:
            return cut
    raise RefusedError("server.delivery.file_damaged")


def mend(served: ServedTable) -> tuple[int, bool]:
    """Read every file of a served table and of what was made of it; make again what is not what it was.

    Returns:
        how many files there are, and whether all are sound now.
    """
    changes = ServedChange.objects.filter(Q(before=served) | Q(after=served)).select_related("before", "after")
    count, sound = 0, True
    holders: tuple[Holder, ...] = (served, *served.exports.select_related("served__release"), *changes)
    for holder in holders:
        for file in keeping.files_of(keeping.current(holder)):
            # Whatever is not sound is put aside by looking at it.
            vault.is_sound(file)
        try:
            found = remake(holder)
            sound = sound and all(vault.is_sound(file) for file in keeping.files_of(found))
        except DataferryError:
            sound = False
        count += len(keeping.files_of(holder))
    return count, sound
