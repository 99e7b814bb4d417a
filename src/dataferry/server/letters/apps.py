"""Letters as a Django app."""

from django.apps import AppConfig


class LettersConfig(AppConfig):
    name = "dataferry.server.letters"
    label = "letters"
