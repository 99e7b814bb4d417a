"""The desk: builds and releases to look at. Nothing here can change a release."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from dataferry.server.workshop.models import Build, Draft, Product, Publication, Release


class ReadOnly(admin.ModelAdmin):
    """Rows are made and moved by actions only."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Product)
class ProductAdmin(ReadOnly):
    list_display = ("slug", "owner", "newest", "created_at")
    list_select_related = ("owner", "newest__product")


@admin.register(Release)
class ReleaseAdmin(ReadOnly):
    list_display = ("product", "version", "digest", "registered_at")
    list_select_related = ("product",)


@admin.register(Publication)
class PublicationAdmin(ReadOnly):
    list_display = ("release", "published_by", "published_at")
    list_select_related = ("release__product", "published_by")


@admin.register(Draft)
class DraftAdmin(ReadOnly):
    """Whose drafts there are; their texts are their owners' business."""

    list_display = ("slug", "owner", "revision", "updated_at")
    list_select_related = ("owner",)
    fields = ("slug", "owner", "revision", "created_at", "updated_at")


@admin.register(Build)
class BuildAdmin(ReadOnly):
    list_display = ("slug", "version", "state", "attempts", "started_at", "finished_at")
    list_select_related = ("job",)
    list_filter = ("job__state",)
    exclude = ("manifest", "recipe")
