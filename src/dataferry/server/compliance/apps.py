"""Compliance as a Django app."""

from importlib import import_module

from django.apps import AppConfig

# Modules that register something when they are loaded.
REGISTERING = ("permissions", "permissions_border", "states", "jobs", "personal_data")


class ComplianceConfig(AppConfig):
    name = "dataferry.server.compliance"
    label = "compliance"

    def ready(self) -> None:
        for module in REGISTERING:
            import_module(f"{self.name}.{module}")
