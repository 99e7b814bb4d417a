"""Dataferry: raw open data of Hong Kong and Shanghai in, a built and checked data product out."""

from importlib.metadata import version

__version__ = version("dataferry")
