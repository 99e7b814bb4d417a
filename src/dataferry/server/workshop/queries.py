"""Every question that pages ask of the workshop's rows."""

from __future__ import annotations

import json
from collections.abc import Iterable

from django.conf import settings
from django.db.models import QuerySet

from dataferry.server.workshop.models import Build, Release


def latest_releases(words: str = "", limit: int | None = None) -> list[Release]:
    """The newest release of each product, newest first; with `words`, those whose texts hold every one of them."""
    newest: dict[int, int] = {}
    for pk, product in Release.objects.order_by("-registered_at", "-pk").values_list("pk", "product_id"):
        newest.setdefault(product, pk)
    releases = Release.objects.filter(pk__in=list(newest.values())).select_related("product")
    found = [release for release in releases if _matches(release, words.casefold().split())]
    return found[:limit]


def _matches(release: Release, words: Iterable[str]) -> bool:
    document = release.document
    texts = [document[key] for key in ("title", "description", "summary")]
    texts.append({"name": release.product.slug})
    text = json.dumps(texts, ensure_ascii=False).casefold()
    return all(word in text for word in words)


def latest_release(slug: str) -> Release | None:
    return Release.objects.filter(product__slug=slug).select_related("product").first()


def release_of(slug: str, version: str) -> Release | None:
    return Release.objects.filter(product__slug=slug, version=version).select_related("product").first()


def versions_of(slug: str) -> QuerySet[Release]:
    """All releases of a product, newest first, without their documents."""
    return Release.objects.filter(product__slug=slug).defer("document").select_related("product")


def open_builds() -> list[Build]:
    """Builds that wait or run, oldest first, and the last failed one of each version that has no release."""
    builds = list(Build.objects.exclude(state=Build.State.DONE).order_by("-pk"))
    latest: dict[tuple[str, str], Build] = {}
    for build in builds:
        latest.setdefault((build.slug, build.version), build)
    released = set(Release.objects.values_list("product__slug", "version"))
    return [build for key, build in reversed(latest.items()) if key not in released]


def build_of(slug: str) -> Build | None:
    """The build that a visitor of a product without release should hear about."""
    return next((build for build in reversed(open_builds()) if build.slug == slug), None)


def release_file(release: Release, name: str) -> tuple[dict[str, object], str] | None:
    """One listed file of a release: its entry, and its path on this machine."""
    for entry in release.document["files"]:
        if entry["name"] == name:
            return entry, str(settings.HOME / release.folder / name)
    return None
