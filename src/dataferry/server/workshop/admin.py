"""The desk: builds and releases to look at. Nothing here can change a release."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from dataferry.server.workshop.models import Build, Product, Release


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
    list_display = ("slug", "created_at")


@admin.register(Release)
class ReleaseAdmin(ReadOnly):
    list_display = ("product", "version", "digest", "registered_at")
    list_select_related = ("product",)


@admin.register(Build)
class BuildAdmin(ReadOnly):
    list_display = ("slug", "version", "state", "attempts", "started_at", "finished_at")
    list_filter = ("state",)
