"""Papers as a Django app."""

from django.apps import AppConfig


class PapersConfig(AppConfig):
    name = "dataferry.server.papers"
    label = "papers"
