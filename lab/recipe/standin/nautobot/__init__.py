"""Answers for the package that the stand-in stands in for."""

from importlib import metadata

__version__ = metadata.version("nautobot")
