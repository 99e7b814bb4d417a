"""The Django app of this room."""

from django.apps import AppConfig


class DisplayConfig(AppConfig):
    name = "dataferry.server.display"
    label = "display"
