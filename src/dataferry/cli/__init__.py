"""The command line: a thin face over the library and the server."""

from dataferry.cli.app import main

__all__ = ["main"]
