"""Uploads as a Django app."""

from importlib import import_module

from django.apps import AppConfig


class UploadsConfig(AppConfig):
    name = "dataferry.server.uploads"
    label = "uploads"

    def ready(self) -> None:
        import_module("dataferry.server.uploads.jobs")
        import_module("dataferry.server.uploads.personal_data").register()
