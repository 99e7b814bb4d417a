"""Builds of this house's own products: folders put in the queue when the house starts."""

from __future__ import annotations

from pathlib import Path

from django.db import transaction

from dataferry.server import jobs
from dataferry.server.workshop.actions import BUILD
from dataferry.server.workshop.models import Build, Product, Release


def request_build(slug: str, version: str, source: Path, title: dict[str, str]) -> Build | None:
    """Put a product folder in the queue, unless that version is released, on its way, or the name is a person's."""
    if Release.objects.filter(product__slug=slug, version=version).exists():
        return None
    if Product.objects.filter(slug=slug, owner__isnull=False).exists():
        return None
    with transaction.atomic():
        job = jobs.enqueue(BUILD, subject=f"product:{slug}", payload={}, asked_by=None, key=f"{slug}@{version}")
        if Build.objects.filter(job=job).exists():
            # One open job per version: somebody asked before.
            return None
        return Build.objects.create(slug=slug, version=version, source=str(source.absolute()), title=title, job=job)
