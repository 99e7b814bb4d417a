"""The portal as a Django app: templates, static files, catalogues of words."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "dataferry.server.portal"
    label = "portal"
