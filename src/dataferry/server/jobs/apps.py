"""The Django app of this room."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "dataferry.server.jobs"
    label = "jobs"
