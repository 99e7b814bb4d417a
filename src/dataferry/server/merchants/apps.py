"""Merchants as a Django app."""

from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig

# Modules that register something when they are loaded.
REGISTERING = ("permissions", "states", "jobs", "personal_data", "subscribers")


class MerchantsConfig(AppConfig):
    name = "dataferry.server.merchants"
    label = "merchants"

    def ready(self) -> None:
        for module in REGISTERING:
            if find_spec(f"{self.name}.{module}"):
                import_module(f"{self.name}.{module}")
