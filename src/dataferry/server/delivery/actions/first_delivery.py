"""The first time a release leaves under an agreement: its people go into the border ledger, once."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
from django.db import transaction

from dataferry.products.border_facts import privacy_of
from dataferry.server.compliance.actions.heads import count_people
from dataferry.server.compliance.facts import MAINLAND
from dataferry.server.compliance.queries.heads import is_counted, year_of
from dataferry.server.delivery.actions.entitlements import locked
from dataferry.server.delivery.cutting import cut_batches
from dataferry.server.delivery.gate import Admission, check_border
from dataferry.server.delivery.limits import Cut
from dataferry.server.delivery.models import FirstDelivery
from dataferry.server.delivery.screening import subject_column
from dataferry.server.journal import clock
from dataferry.server.workshop.data import data_path


def before_leaving(admission: Admission) -> None:
    """Count the people of a delivery before its first byte, and ask the border again with them counted.

    When they are more than was approved, the ledger suspends the approval and nothing leaves. They stay counted: the
    ledger never tells less than what may have been handed out.

    Raises:
        RefusedError: the border does not let it through with these people counted (403).
    """
    entitlement, release = admission.entitlement, admission.release
    if _is_counted(admission):
        return
    people = _people(admission)
    with transaction.atomic():
        row = locked(entitlement.pk)
        if _is_counted(admission):
            return
        if people is not None:
            count_people(
                row.agreement.supplier,
                row.agreement.reference,
                release.digest,
                sorted(people),
                sensitive=privacy_of(release.document).get("has_sensitive_pi") == "yes",
            )
        FirstDelivery.objects.get_or_create(
            entitlement=row, release=release, defaults={"people": len(people or ()), "at": clock.now()}
        )
    if people is not None:
        check_border(entitlement, release)


def _is_counted(admission: Admission) -> bool:
    """Whether this release left under this agreement before, and its people are in the ledger of this year.

    The law counts from 1 January: whoever fetches again in a new year is given the people again.
    """
    entitlement, release = admission.entitlement, admission.release
    first = FirstDelivery.objects.filter(entitlement=entitlement, release=release).first()
    if first is None or first.people == 0 or year_of(first.at) == year_of(clock.now()):
        return first is not None
    exporter, cause = entitlement.agreement.supplier, entitlement.agreement.reference
    return is_counted(exporter, year_of(clock.now()), release.digest, cause)


def _people(admission: Admission) -> set[str] | None:
    """Whom the rows that leave are about, as the screening found the column; None where nobody has to be counted.

    The rows count, not the columns: a row without its number is still about somebody. In personal data without a column
    that tells people apart every row may be about another person. Where only answers leave, the people count as well:
    ten of them in a cell are nobody, but many questions can tell more than one, and the ledger never tells less than
    what may have been handed out.
    """
    agreement, recipient = admission.entitlement.agreement, admission.entitlement.recipient
    leaves = agreement.supplier.place in MAINLAND and recipient.place not in MAINLAND
    release, column = admission.release, subject_column(admission.release)
    if not leaves or (column is None and privacy_of(release.document).get("has_pi") != "yes"):
        return None
    cut = Cut((column,) if column is not None else (), admission.cut.rows, admission.cut.most_rows)
    found: set[str] = set()
    unnamed = 0
    for table in cut_batches(data_path(release), cut):
        named = _named(table, column)
        unnamed += table.num_rows - len(named)
        found.update(pc.unique(named).to_pylist())
    return found | {f"{release.digest} {place}" for place in range(unnamed)}


def _named(table: pa.Table, column: str | None) -> pa.Array | pa.ChunkedArray:
    """The subjects of the rows that name one."""
    if column is None:
        return pa.array([], pa.string())
    values = pc.utf8_trim_whitespace(table[column].cast(pa.string())).drop_null()
    return values.filter(pc.not_equal(values, ""))
