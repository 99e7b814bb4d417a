"""The workshop as a Django app."""

from importlib import import_module

from django.apps import AppConfig


class WorkshopConfig(AppConfig):
    name = "dataferry.server.workshop"
    label = "workshop"

    def ready(self) -> None:
        import_module("dataferry.server.workshop.permissions")
        import_module("dataferry.server.workshop.jobs")
        import_module("dataferry.server.workshop.personal_data").register()
