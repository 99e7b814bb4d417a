"""What the catalogue holds about a person: their datasets and uploads. Handed out on request, let go at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dataferry.server import people

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def exported(user: User) -> dict[str, Any]:
    """Their datasets with all texts, and what they uploaded."""
    from dataferry.server.catalogue.models import Dataset, Upload

    texts = ("slug", "title", "description", "keywords", "city", "publisher", "licence", "source", "attribution")
    datasets = [
        {**{name: getattr(row, name) for name in texts}, "visibility": row.visibility, "created": _text(row.created_at)}
        for row in Dataset.objects.filter(owner=user).order_by("pk")
    ]
    uploads = [
        {"dataset": row.dataset.slug, "file": row.file_name, "sha256": row.sha256, "received": _text(row.received_at)}
        for row in Upload.objects.filter(received_by=user.pk).select_related("dataset").order_by("pk")
    ]
    return {"datasets": datasets, "uploads": uploads}


def erase(user: User) -> None:
    """Nobody owns their datasets any more. What only they could see is withdrawn; what is public or an organisation's
    stays. Snapshots remain, for releases may be built on them."""
    from django.utils import timezone

    from dataferry.server.catalogue.index import index_dataset
    from dataferry.server.catalogue.models import Dataset, Upload

    for row in Dataset.objects.select_for_update().filter(owner=user):
        row.owner = None
        if row.visibility == Dataset.Visibility.PRIVATE and row.organisation_id is None:
            row.withdrawn_at = row.withdrawn_at or timezone.now()
            row.title, row.description, row.keywords = {}, {}, {}
            row.publisher = row.source = row.attribution = ""
        row.save()
        index_dataset(row)
    Upload.objects.filter(received_by=user.pk).update(received_by=None)


def _text(moment: Any) -> str:
    return moment.isoformat() if moment else ""


def register() -> None:
    """Tell the room of people; called when Django is ready."""
    people.register_personal_data("catalogue", exported, erase)
