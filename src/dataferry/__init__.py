"""Dataferry: raw open data of Hong Kong and Shanghai in, a built and checked data product out."""

from importlib import import_module
from importlib.metadata import version
from typing import Any

__version__ = version("dataferry")


def __getattr__(name: str) -> Any:
    """`dataferry.Client`, loaded when it is first used: `import dataferry` itself stays light and on no floor."""
    if name != "Client":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module("dataferry.client").Client
