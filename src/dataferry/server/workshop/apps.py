"""The workshop as a Django app."""

from django.apps import AppConfig


class WorkshopConfig(AppConfig):
    name = "dataferry.server.workshop"
    label = "workshop"
