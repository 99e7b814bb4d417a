"""Lists in pages that stay right while rows come and go: each page starts after the last row of the one before.

A cursor holds the values that the last row is ordered by, signed, so that a caller can neither read more with a made-up
cursor nor use one of another list.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar

from django.core import signing
from django.core.exceptions import FieldDoesNotExist
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Field as ModelField
from django.db.models import Model, Q, QuerySet
from ninja import Field, Query, Schema

from dataferry.messages import InputError

T = TypeVar("T")
U = TypeVar("U")
Row = TypeVar("Row", bound=Model)

MOST = 200
LONGEST_CURSOR = 2000

Limit = Annotated[int, Query(ge=1, le=MOST, description=f"How many entries a page holds at most (1 to {MOST}).")]
Cursor = Annotated[
    str | None,
    Query(max_length=LONGEST_CURSOR, description="Where the page starts: `next` of the page before; none at first."),
]


class Page(Schema, Generic[T]):
    """One page of a list."""

    items: list[T] = Field(description="The entries of this page, in order.")
    next: str | None = Field(None, description="Cursor of the next page; null on the last one.")


class Rows(Generic[U]):
    """One page of rows, not yet in the form of the API."""

    def __init__(self, items: Sequence[U], following: str | None) -> None:
        self.items = items
        self.next = following

    def map(self, shown: Callable[[U], Any]) -> dict[str, Any]:
        """The page with each row in the form that `shown` gives it; ninja checks it against `Page[...]`."""
        return {"items": [shown(item) for item in self.items], "next": self.next}


def keyset_page(
    queryset: QuerySet[Row], order: Sequence[str], cursor: str | None, limit: int, *, scope: str = ""
) -> Rows[Row]:
    """The page of `queryset` after `cursor`.

    Args:
        order: names of columns that hold no nulls, `-` in front for falling ones; the last must be unique (`pk`).
            A name may be an annotation or cross relations (`product__slug`).
        scope: what else the list depends on (filters as text): a cursor made for another scope is refused.

    Raises:
        InputError: `server.web.bad_cursor`, a cursor that is not of this list.
    """
    limit = max(1, min(limit, MOST))
    label = f"{queryset.model._meta.label_lower}|{','.join(order)}|{scope}"  # noqa: SLF001  public API of Django
    rows = queryset.order_by(*order)
    if cursor:
        rows = rows.filter(_after(queryset.model, order, _opened(cursor, label)))
    found = list(rows[: limit + 1])
    more = len(found) > limit
    found = found[:limit]
    return Rows(found, _sealed(found[-1], order, label) if more else None)


def list_page(items: Sequence[U], cursor: str | None, limit: int, *, scope: str) -> Rows[U]:
    """The same for a short list that is no query: the cursor holds the position."""
    limit = max(1, min(limit, MOST))
    start = 0
    if cursor:
        values = _opened(cursor, f"list|{scope}")
        if len(values) != 1 or not isinstance(values[0], int):
            raise InputError("server.web.bad_cursor")
        start = values[0]
    end = start + limit
    following = _seal([end], f"list|{scope}") if end < len(items) else None
    return Rows(items[start:end], following)


def _after(model: type[Model], order: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows that come after these values: later in the first column, or equal there and later in the next, ..."""
    if len(values) != len(order):
        raise InputError("server.web.bad_cursor")
    condition, equal = Q(), Q()
    for name, raw in zip(order, values, strict=True):
        path = name.lstrip("-")
        value = _typed(model, path, raw)
        condition |= equal & Q(**{f"{path}__{'lt' if name.startswith('-') else 'gt'}": value})
        equal &= Q(**{path: value})
    return condition


def _typed(model: type[Model], path: str, raw: Any) -> Any:
    field = _field(model, path)
    if field is None:
        return raw
    try:
        return field.to_python(raw)
    except DjangoValidationError as error:
        raise InputError("server.web.bad_cursor") from error


def _field(model: type[Model], path: str) -> ModelField[Any, Any] | None:
    """The model field behind a path such as `product__slug`; none for an annotation."""
    found: Any = None
    for part in path.split("__"):
        options = model._meta  # noqa: SLF001  public API of Django
        try:
            found = options.pk if part == "pk" else options.get_field(part)
        except FieldDoesNotExist:
            return None
        model = found.related_model or model
    return found if isinstance(found, ModelField) else None


def _sealed(row: Model, order: Sequence[str], label: str) -> str:
    values = []
    for name in order:
        value: Any = row
        for part in name.lstrip("-").split("__"):
            value = getattr(value, part)
        values.append(value.isoformat() if isinstance(value, datetime | date) else value)
    return _seal(values, label)


def _seal(values: Sequence[Any], label: str) -> str:
    text = json.dumps(values, separators=(",", ":"), ensure_ascii=False, default=str)
    body = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    return signing.Signer(sep=".", salt=f"server.web.cursor|{label}").sign(body)


def _opened(cursor: str, label: str) -> list[Any]:
    try:
        body = signing.Signer(sep=".", salt=f"server.web.cursor|{label}").unsign(cursor)
        values = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (signing.BadSignature, binascii.Error, ValueError) as error:
        raise InputError("server.web.bad_cursor") from error
    if not isinstance(values, list):
        raise InputError("server.web.bad_cursor")
    return values
