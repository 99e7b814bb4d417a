"""Django's own commands, for `python -m dataferry.server.manage` and the child processes of `dataferry up`."""

import os
import sys

from django.core.management import execute_from_command_line


def main(arguments: list[str]) -> None:
    """Run one Django command, such as `["migrate"]`."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dataferry.server.portal.settings")
    execute_from_command_line(["dataferry manage", *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
