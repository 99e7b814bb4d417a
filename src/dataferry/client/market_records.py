"""What the exchange and delivery answer, as typed records. Each field is looked at: a price that is no number stops."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from dataferry.client.records import Record
from dataferry.messages import UnavailableError

C = TypeVar("C", bound="CheckedRecord")


@dataclass(frozen=True, kw_only=True)
class CheckedRecord(Record):
    """A record whose fields have the types that it says."""

    @classmethod
    def of(cls: type[C], value: Any) -> C:
        """The record in `value`.

        Raises:
            UnavailableError: `client.strange_answer`: a field is not there, or is of another type.
        """
        made, record = super().of(value), cast(Hashable, cls)
        for name, kinds in _kinds(record).items():
            # JSON has one kind of true and false, and it is no number.
            given = getattr(made, name)
            if not isinstance(given, kinds) or (isinstance(given, bool) and bool not in kinds):
                raise UnavailableError("client.strange_answer", what=f"{cls.__name__}.{name}")
        return made


@cache
def _kinds(cls: Hashable) -> dict[str, tuple[type[Any], ...]]:
    record: Any = cls
    hints = get_type_hints(record)
    return {each.name: tuple(_plain_kinds(hints[each.name])) for each in fields(record)}


def _plain_kinds(hint: Any) -> list[type[Any]]:
    if get_origin(hint) in {Union, UnionType}:
        return [kind for each in get_args(hint) for kind in _plain_kinds(each)]
    return [get_origin(hint) or hint]


@dataclass(frozen=True, kw_only=True)
class Listing(CheckedRecord):
    """A product for sale. `scenarios` and `prices` come with `Market.listing`, not with the list."""

    number: str
    supplier: str
    state: str
    title: Mapping[str, Any] = field(default_factory=dict)
    supplier_name: Mapping[str, Any] = field(default_factory=dict)
    level: str = ""
    board: str = ""
    kind: str = ""
    release: str = ""
    digest: str = ""
    listed_at: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    delivery_modes: list[Any] = field(default_factory=list)
    scenarios: list[Any] = field(default_factory=list)
    prices: list[Any] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Offer(CheckedRecord):
    """A plan (the price) under a policy (what may be done). Amounts are in minor units."""

    number: str
    listing: str
    state: str
    plan: Mapping[str, Any]
    policy: Mapping[str, Any]
    negotiable: bool = False
    later_releases: bool = False
    to: str | None = None
    valid_until: str | None = None
    left: int | None = None


@dataclass(frozen=True, kw_only=True)
class Negotiation(CheckedRecord):
    """Terms on the table. `counter` and `accept` answer the revision that this record was read at."""

    number: str
    offer: str
    state: str
    revision: int
    terms: Mapping[str, Any]
    digest: str
    supplier: str = ""
    buyer: str = ""
    agreement: str | None = None


@dataclass(frozen=True, kw_only=True)
class Agreement(CheckedRecord):
    """An agreement with its terms. `digest` is what both sides sign."""

    number: str
    state: str
    digest: str
    terms: Mapping[str, Any]
    listing: str = ""
    offer: str = ""
    supplier: str = ""
    buyer: str = ""
    reason: str = ""
    odrl: Mapping[str, Any] = field(default_factory=dict)
    signed: list[Any] = field(default_factory=list)
    drawn_up_at: str = ""
    starts_at: str | None = None
    ends_at: str | None = None


@dataclass(frozen=True, kw_only=True)
class Invoice(CheckedRecord):
    """An invoice. `total` is in minor units of `currency`."""

    number: str
    agreement: str
    state: str
    currency: str
    total: int
    lines: list[Any] = field(default_factory=list)
    supplier: str = ""
    buyer: str = ""
    issued_at: str = ""
    due_at: str = ""


@dataclass(frozen=True, kw_only=True)
class Delivery(CheckedRecord):
    """What an agreement lets its buyer fetch. `doors`, `table` and `versions` come with `Market.delivery`."""

    number: str
    agreement: str
    state: str
    share: str
    product: str = ""
    supplier: str = ""
    buyer: str = ""
    cause: str = ""
    granted_at: str = ""
    ends_at: str | None = None
    table: str = ""
    doors: list[Any] = field(default_factory=list)
    versions: list[Any] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class AccessKey(CheckedRecord):
    """A key of a delivery. `token` is there once: where the key has just been made."""

    id: int
    scopes: list[Any]
    expires_at: str
    label: str = ""
    prefix: str = ""
    created_at: str = ""
    last_used_at: str | None = None
    revoked_at: str | None = None
    token: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class DownloadPlace(CheckedRecord):
    """Where a file lies for some hours. `address` opens it to whoever has it."""

    name: str
    address: str = field(repr=False)
    sha256: str
    bytes: int
    rows: int
    expires_at: str = ""


@dataclass(frozen=True, kw_only=True)
class Usage(CheckedRecord):
    """What was fetched of a delivery, as both sides see it."""

    calls: int
    rows: int
    bytes: int
    calls_today: int = 0
    rows_today: int = 0
    months: list[Any] = field(default_factory=list)
