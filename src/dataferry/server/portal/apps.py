"""The portal as a Django app: templates, static files, catalogues of words."""

from importlib import import_module

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "dataferry.server.portal"
    label = "portal"

    def ready(self) -> None:
        # Permissions and scheduled jobs are declared where they are used; both must be known before the first request.
        import_module("dataferry.server.portal.operations")
        import_module("dataferry.server.portal.jobs")
        import_module("dataferry.server.portal.journal_jobs")
        import_module("dataferry.server.portal.dossiers")
