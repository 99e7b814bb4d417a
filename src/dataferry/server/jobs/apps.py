"""The Django app of this room."""

from importlib import import_module

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "dataferry.server.jobs"
    label = "jobs"

    def ready(self) -> None:
        # The task that carries jobs needs what does them, and housekeeping is a scheduled job itself.
        import_module("dataferry.server.jobs.running")
        import_module("dataferry.server.jobs.housekeeping")
