"""Delivery as a Django app."""

from importlib import import_module

from django.apps import AppConfig

# Modules that register something when they are loaded.
REGISTERING = ("permissions", "states", "jobs", "personal_data", "probing", "subscribers")


class DeliveryConfig(AppConfig):
    name = "dataferry.server.delivery"
    label = "delivery"

    def ready(self) -> None:
        for module in REGISTERING:
            import_module(f"{self.name}.{module}")
