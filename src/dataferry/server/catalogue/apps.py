"""The Django app of this room."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "dataferry.server.catalogue"
    label = "catalogue"
