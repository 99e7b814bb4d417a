"""The Django app of this room."""

from django.apps import AppConfig


class JournalConfig(AppConfig):
    name = "dataferry.server.journal"
    label = "journal"
