"""The server's side of the command line: its parts are there, its settings are read, Django is ready."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from dataferry.messages import MissingError, UnavailableError

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


@contextlib.contextmanager
def open_house(home: Path | None) -> Iterator[None]:
    """Inside the block Django is ready, and a database that is absent or silent is told as such.

    Raises:
        MissingError: `cli.no_house`. UnavailableError: `cli.database_failed`.
    """
    enter_house(home)
    from django.conf import settings
    from django.db import Error, connection

    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite" and "mode=memory" not in name and not Path(name).is_file():
        raise MissingError("cli.no_house", home=str(settings.HOME))
    try:
        yield
    except Error as error:
        problem = str(error).strip().splitlines() or [type(error).__name__]
        raise UnavailableError("cli.database_failed", retry=True, problem=problem[0]) from error
