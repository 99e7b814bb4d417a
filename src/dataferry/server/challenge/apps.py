"""The challenge as a Django app."""

from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig

# Modules that register something when they are loaded.
REGISTERING = (
    "permissions",
    "jobs",
    "personal_data",
    "desk_personal_data",
    "judging_personal_data",
    "result_personal_data",
    "rederiving",
)


class ChallengeConfig(AppConfig):
    name = "dataferry.server.challenge"
    label = "challenge"

    def ready(self) -> None:
        for module in REGISTERING:
            if find_spec(f"{self.name}.{module}"):
                import_module(f"{self.name}.{module}")
