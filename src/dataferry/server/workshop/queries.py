"""Every question that pages, API and actions ask of the workshop's rows. What a person may not see is not there."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from dataferry.messages import MissingError
from dataferry.server.workshop.models import Build, Draft, DraftShare, Product, Release

MOST_WORDS = 20


def _key(user: Any) -> int | None:
    return user.pk if user is not None and user.is_authenticated and user.is_active else None


def _shared_drafts(key: int) -> QuerySet[DraftShare, Any]:
    return DraftShare.objects.filter(user=key).values("draft")


def _shared_products(key: int) -> QuerySet[DraftShare, Any]:
    return DraftShare.objects.filter(user=key).values("draft__product")


def visible_releases(user: Any) -> QuerySet[Release]:
    """Published ones, and those of products that are the person's own or whose draft is shared with them."""
    seen = Q(publication__isnull=False)
    if (key := _key(user)) is not None:
        seen |= Q(product__owner=key) | Q(product__in=_shared_products(key))
    return Release.objects.filter(seen).select_related("product", "publication")


def visible_products(user: Any, words: str = "") -> QuerySet[Product]:
    """Products with a published release, and the person's own or shared ones with any release.

    Each has `shown_title` and `shown_version`, of its newest published release (its newest one where none is), without
    any document being loaded.
    """
    seen = Q(newest__isnull=False)
    if (key := _key(user)) is not None:
        mine = Q(owner=key) | Q(pk__in=_shared_products(key))
        seen |= mine & Q(Exists(Release.objects.filter(product=OuterRef("pk"))))
    products = Product.objects.filter(seen)
    for word in words.casefold().split()[:MOST_WORDS]:
        products = products.filter(Q(words__contains=word) | Q(slug__contains=word))
    any_newest = Release.objects.filter(product=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    shown = Release.objects.filter(pk=OuterRef("shown"))
    return products.annotate(shown=Coalesce("newest_id", Subquery(any_newest))).annotate(
        shown_title=Subquery(shown.values("document__title")[:1]), shown_version=Subquery(shown.values("version")[:1])
    )


def product_of(user: Any, slug: str) -> Product:
    """
    Raises:
        MissingError: no such product, or none of its releases is for this person.
    """
    product = visible_products(user).filter(slug=slug).first()
    if product is None:
        raise MissingError("server.workshop.no_product", slug=slug[:80])
    return product


def visible_drafts(user: Any) -> QuerySet[Draft]:
    """The person's own drafts and those shared with them, last changed first."""
    key = _key(user)
    drafts = Draft.objects.select_related("owner", "product").prefetch_related("shares")
    return drafts.filter(Q(owner=key) | Q(pk__in=_shared_drafts(key))) if key is not None else drafts.none()


def draft_of(user: Any, slug: str) -> Draft:
    """
    Raises:
        MissingError: no such draft, or not for this person.
    """
    draft = visible_drafts(user).filter(slug=slug).first()
    if draft is None:
        raise MissingError("server.workshop.no_draft", slug=slug)
    return draft


def gallery(words: str = "") -> QuerySet[Product]:
    """Products with a published release, the newest first; with `words`, those whose texts hold every one of them."""
    products = Product.objects.filter(newest__isnull=False).select_related("newest", "newest__product")
    for word in words.casefold().split()[:MOST_WORDS]:
        products = products.filter(words__contains=word)
    return products.order_by("-newest_id")


def latest_releases(words: str = "", limit: int | None = None) -> list[Release]:
    """The newest published release of each product, newest first."""
    return [product.newest for product in gallery(words)[:limit] if product.newest is not None]


def latest_release(user: Any, slug: str) -> Release | None:
    return visible_releases(user).filter(product__slug=slug).first()


def release_of(user: Any, slug: str, version: str) -> Release | None:
    return visible_releases(user).filter(product__slug=slug, version=version).first()


def release_or_missing(user: Any, slug: str, version: str) -> Release:
    """
    Raises:
        MissingError: no such release, or not for this person.
    """
    release = release_of(user, slug, version)
    if release is None:
        raise MissingError("server.workshop.no_release", name=slug, version=version)
    return release


def versions_of(user: Any, slug: str) -> QuerySet[Release]:
    """All releases of a product that the person may see, newest first, without their documents."""
    return visible_releases(user).filter(product__slug=slug).defer("document")


def visible_builds(user: Any) -> QuerySet[Build]:
    """Builds of this house's own products, of the person's drafts, and those the person asked for; newest first."""
    seen = Q(draft__isnull=True, revision__isnull=True)
    if (key := _key(user)) is not None:
        seen |= Q(draft__owner=key) | Q(draft__in=_shared_drafts(key)) | Q(job__asked_by=key)
    return Build.objects.filter(seen).select_related("job", "draft", "release", "release__product")


def build_by_id(user: Any, build_id: int) -> Build:
    """
    Raises:
        MissingError: no such build, or not for this person.
    """
    build = visible_builds(user).filter(pk=build_id).first()
    if build is None:
        raise MissingError("server.workshop.no_build", build=build_id)
    return build


def builds_of(draft: Draft) -> QuerySet[Build]:
    """The builds of a draft, newest first."""
    return draft.builds.select_related("job", "release", "release__product")


def open_builds(user: Any) -> list[Build]:
    """Builds of this house's products that wait or run, oldest first, and the last failed one of each version that has
    no release."""
    builds = visible_builds(user).filter(revision__isnull=True).exclude(job__state="done").order_by("-pk")
    latest: dict[tuple[str, str], Build] = {}
    for build in builds[:200]:
        latest.setdefault((build.slug, build.version), build)
    released = set(
        Release.objects.filter(product__slug__in={slug for slug, _ in latest}).values_list("product__slug", "version")
    )
    return [build for key, build in reversed(latest.items()) if key not in released]


def build_of(user: Any, slug: str) -> Build | None:
    """The build that a visitor of a product without release should hear about."""
    return next((build for build in reversed(open_builds(user)) if build.slug == slug), None)


def release_file(release: Release, name: str) -> tuple[dict[str, object], str] | None:
    """One listed file of a release: its entry, and its path on this machine."""
    for entry in release.document["files"]:
        if entry["name"] == name:
            return entry, str(settings.HOME / release.folder / name)
    return None
