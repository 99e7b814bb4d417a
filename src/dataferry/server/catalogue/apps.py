"""The catalogue as a Django app."""

from importlib import import_module

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "dataferry.server.catalogue"
    label = "catalogue"

    def ready(self) -> None:
        import_module("dataferry.server.catalogue.permissions")
        import_module("dataferry.server.catalogue.jobs")
        import_module("dataferry.server.catalogue.personal_data").register()
