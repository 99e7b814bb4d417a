"""The catalogue for administrators: looking things up. Changes go through the actions, which check and journal."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from dataferry.server.catalogue.models import Dataset, Snapshot, Upload


class ReadOnly(admin.ModelAdmin):
    """Rows to look at."""

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False


@admin.register(Dataset)
class DatasetAdmin(ReadOnly):
    list_display = ("slug", "city", "visibility", "withdrawn_at", "updated_at")
    list_filter = ("city", "visibility")
    search_fields = ("slug",)


@admin.register(Snapshot)
class SnapshotAdmin(ReadOnly):
    list_display = ("short", "file_name", "rows", "bytes", "received_at")
    search_fields = ("sha256", "file_name")


@admin.register(Upload)
class UploadAdmin(ReadOnly):
    list_display = ("pk", "file_name", "state", "outcome", "received_at")
    list_filter = ("state",)
