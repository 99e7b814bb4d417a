"""Uploads as a Django app."""

from django.apps import AppConfig


class UploadsConfig(AppConfig):
    name = "dataferry.server.uploads"
    label = "uploads"
