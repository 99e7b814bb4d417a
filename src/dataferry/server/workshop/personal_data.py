"""What the workshop holds about a person: drafts, shares, products. Releases stay; they are hand-over rows."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from dataferry.server import jobs, people


def register() -> None:
    people.register_personal_data("workshop", exported, erase)


def exported(user: User) -> dict[str, Any]:
    """Everything of this room that is the person's, as JSON."""
    from dataferry.server.workshop.models import Draft, DraftShare, Product, Publication

    drafts = [
        {
            "slug": draft.slug,
            "manifest": draft.manifest,
            "recipe": draft.recipe,
            "revision": draft.revision,
            "created_at": draft.created_at.isoformat(),
            "updated_at": draft.updated_at.isoformat(),
            "shared_with": list(draft.shares.order_by("pk").values_list("user_id", flat=True)),
        }
        for draft in Draft.objects.filter(owner=user).order_by("slug")
    ]
    shared = DraftShare.objects.filter(user=user).order_by("pk").values_list("draft__slug", "may_edit")
    published = Publication.objects.filter(published_by=user).select_related("release__product").order_by("pk")
    return {
        "drafts": drafts,
        "shared_with_me": [{"draft": slug, "may_edit": may_edit} for slug, may_edit in shared],
        "products": list(Product.objects.filter(owner=user).order_by("slug").values_list("slug", flat=True)),
        "published": [f"{each.release.product.slug}@{each.release.version}" for each in published],
    }


def erase(user: User) -> None:
    """Remove drafts with their texts, shares, and names without a release. Inside the transaction that ends an account.

    Products with releases stay with the number of the person; nobody can publish or build them any more.
    """
    from dataferry.server.workshop.models import OPEN, Build, Draft, DraftShare, Product

    builds = Build.objects.filter(draft__owner=user)
    for job in builds.filter(job__state__in=OPEN).values_list("job", flat=True):
        if job is not None:
            jobs.cancel(job, user.pk)
    builds.update(manifest="", recipe="")
    DraftShare.objects.filter(user=user).delete()
    Draft.objects.filter(owner=user).delete()
    Product.objects.filter(owner=user, releases__isnull=True).delete()
