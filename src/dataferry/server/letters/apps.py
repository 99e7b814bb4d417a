"""Letters as a Django app."""

from importlib import import_module

from django.apps import AppConfig


class LettersConfig(AppConfig):
    name = "dataferry.server.letters"
    label = "letters"

    def ready(self) -> None:
        import_module("dataferry.server.letters.permissions")
        import_module("dataferry.server.letters.jobs")
        import_module("dataferry.server.letters.personal_data").register()
