"""The server's side of the command line: its parts are there, its settings are read, Django is ready."""

from __future__ import annotations

import os
from pathlib import Path

from dataferry.messages import UnavailableError

SETTINGS = "dataferry.server.portal.settings"


def need_server() -> None:
    """Refuse where the extra `[server]` is not installed.

    Raises:
        UnavailableError: `server.portal.no_server`, which names the missing part.
    """
    try:
        import django_tasks_db  # noqa: F401
        import granian  # noqa: F401
    except ImportError as error:
        raise UnavailableError("server.portal.no_server", module=error.name or "django") from error


def enter_house(home: Path | None = None) -> None:
    """Make Django ready for a command on the data home `home` (else of DATAFERRY_HOME)."""
    need_server()
    if home is not None:
        os.environ["DATAFERRY_HOME"] = str(home)
    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
    import django

    django.setup()
