"""The Django app of this room."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "dataferry.server.web"
    label = "web"
