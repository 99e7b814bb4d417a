"""Addresses of files that carry their own grant: bound to the agreement by a signature, and useless without it.

The parameter is called `X-Amz-Signature` because the Rust reader inside the Delta Sharing client takes an http address
for one of the web only when it looks presigned. The signature covers the entitlement, the digest of its agreement, the
key, the file's sha256, its name and the end; the entitlement itself is asked again at every request (`pages.files`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from dataferry.messages import RefusedError
from dataferry.server.delivery import keeping
from dataferry.server.delivery.gate import Admission
from dataferry.server.delivery.keeping import Holder
from dataferry.server.delivery.models import Entitlement, ServedChange, ServedExport, ServedTable
from dataferry.server.journal import clock
from dataferry.server.workshop.models import Release

PARAMETER = "X-Amz-Signature"
SALT = "dataferry.server.delivery.grants"
DEFAULT_HOURS = 6
_KINDS: dict[str, type[Holder]] = {"t": ServedTable, "x": ServedExport, "c": ServedChange}
_TEXT = re.compile(
    r"(?P<entitlement>[0-9]{1,15})-(?P<key>[0-9]{1,15})-(?P<kind>[txc])(?P<holder>[0-9]{1,15})"
    r"-(?P<index>[0-9]{1,5})-(?P<expires>[0-9]{1,12})"
)


@dataclass(frozen=True)
class FileGrant:
    """One file of a served table, export or change, for one entitlement, until an instant (seconds since 1970).

    `key` is the access key that it was given to, 0 for a signed-in person.
    """

    entitlement: int
    key: int
    kind: str
    holder: int
    index: int
    expires: int

    def text(self) -> str:
        return f"{self.entitlement}-{self.key}-{self.kind}{self.holder}-{self.index}-{self.expires}"


@dataclass(frozen=True)
class Address:
    """A file's address below the site, and when it ends."""

    path: str
    expires: datetime


def lifetime() -> timedelta:
    """How long an address lives: long enough for a slow reader, because clients never ask for a fresh one."""
    return timedelta(hours=getattr(settings, "DELIVERY_ADDRESS_HOURS", DEFAULT_HOURS))


def address_of(admission: Admission, holder: Holder, index: int = 0) -> Address:
    """The address of one file, for whoever was admitted. It ends with the agreement at the latest.

    Args:
        holder: the row that lists the file.
        index: its place in `holder.files`; 0 for an export.
    """
    entitlement = admission.entitlement
    ends = clock.now() + lifetime()
    if entitlement.agreement.ends_at is not None:
        ends = min(ends, entitlement.agreement.ends_at)
    kind = next(letter for letter, model in _KINDS.items() if isinstance(holder, model))
    key = admission.key.pk if admission.key is not None else 0
    grant = FileGrant(entitlement.pk, key, kind, holder.pk, index, int(ends.timestamp()))
    name = file_name(holder, index)
    path = reverse("delivery-file", args=[grant.text(), name])
    query = urlencode({PARAMETER: signature(grant, entitlement, str(file_of(holder, index)["sha256"]), name)})
    return Address(f"{path}?{query}", datetime.fromtimestamp(grant.expires, UTC))


def parse(text: str) -> FileGrant:
    """The grant that an address names. Says nothing yet about its signature.

    Raises:
        RefusedError: `server.delivery.bad_signature`.
    """
    match = _TEXT.fullmatch(text)
    if match is None:
        raise RefusedError("server.delivery.bad_signature")
    numbers = {name: int(match[name]) for name in ("entitlement", "key", "holder", "index", "expires")}
    return FileGrant(kind=match["kind"], **numbers)


def holder_of(grant: FileGrant) -> Holder:
    """The row that lists the file.

    Raises:
        RefusedError: `server.delivery.bad_signature`: nothing is told about what there is.
    """
    model = _KINDS[grant.kind]
    needed = {
        "t": ("release__product",),
        "x": ("served__release__product",),
        "c": ("before", "after__release__product"),
    }
    found: Any = model._default_manager.select_related(*needed[grant.kind]).filter(pk=grant.holder).first()  # noqa: SLF001
    if found is None or grant.index >= len(_files(found)):
        raise RefusedError("server.delivery.bad_signature")
    holder: Holder = found
    return keeping.current(holder)


def verify(grant: FileGrant, entitlement: Entitlement, holder: Holder, name: str, given: str) -> None:
    """Do nothing when the signature is ours and the address has not ended.

    Raises:
        RefusedError: `server.delivery.bad_signature` or `server.delivery.address_ended` (403).
    """
    wanted = signature(grant, entitlement, str(file_of(holder, grant.index)["sha256"]), file_name(holder, grant.index))
    if name != file_name(holder, grant.index) or not constant_time_compare(wanted, given):
        raise RefusedError("server.delivery.bad_signature")
    if clock.now().timestamp() >= grant.expires:
        raise RefusedError("server.delivery.address_ended")


def signature(grant: FileGrant, entitlement: Entitlement, sha256: str, name: str) -> str:
    """HMAC-SHA-256 under a key of the house."""
    agreement = entitlement.agreement
    told = "\n".join((grant.text(), entitlement.number, agreement.number, agreement.digest, sha256, name))
    return str(salted_hmac(SALT, told, algorithm="sha256").hexdigest())


def _files(holder: Holder) -> list[Any]:
    return keeping.files_of(holder)


def file_of(holder: Holder, index: int) -> dict[str, Any]:
    """{"name", "sha256", "bytes", "rows"} of one file."""
    return dict(_files(holder)[index])


def release_of(holder: Holder) -> Release:
    """The release whose data is in the files."""
    if isinstance(holder, ServedExport):
        return holder.served.release
    return holder.after.release if isinstance(holder, ServedChange) else holder.release


def releases_of(holder: Holder) -> list[Release]:
    """Every release whose rows are in the files: those of a change tell of what was there before, too."""
    before = [holder.before.release] if isinstance(holder, ServedChange) else []
    return [*before, release_of(holder)]


def file_name(holder: Holder, index: int) -> str:
    """What the file is called for people: product, version and what it is."""
    release = release_of(holder)
    return f"{release.product.slug}-{release.version}-{file_of(holder, index)['name']}"
