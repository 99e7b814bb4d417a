"""Merchants as a Django app."""

from importlib import import_module

from django.apps import AppConfig

# Modules that register something when they are loaded.
REGISTERING = ("permissions", "states", "personal_data")


class MerchantsConfig(AppConfig):
    name = "dataferry.server.merchants"
    label = "merchants"

    def ready(self) -> None:
        for module in REGISTERING:
            import_module(f"{self.name}.{module}")
