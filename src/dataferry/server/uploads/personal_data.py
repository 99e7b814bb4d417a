"""What the room holds about a person: files on their way in."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from dataferry.server import people

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def exported(user: User) -> list[dict[str, Any]]:
    """Their uploads, without the bytes."""
    from dataferry.server.uploads.models import Upload

    return [
        {
            "file": row.file_name,
            "purpose": row.purpose,
            "bytes": row.length,
            "received": row.offset,
            "state": row.state,
            "begun": row.created_at.isoformat(),
        }
        for row in Upload.objects.filter(owner=user)
    ]


def erase(user: User) -> None:
    """Their uploads go with all bytes, once the account has ended."""
    from django.db import transaction

    from dataferry.server.uploads import files
    from dataferry.server.uploads.models import Upload

    for row in Upload.objects.filter(owner=user):
        if row.state != Upload.State.TAKEN:
            transaction.on_commit(partial(files.remove, row.pk))
        row.delete()


def register() -> None:
    """Tell the room of people; called when Django is ready."""
    people.register_personal_data("uploads", exported, erase)
