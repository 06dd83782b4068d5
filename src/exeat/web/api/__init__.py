"""The HTTP API under ``/v1``: one module for each kind of thing."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from fastapi import APIRouter

MODULES = ("determinations", "batches", "screenings", "items", "law", "map", "accounts", "records")


def routers() -> Iterator[APIRouter]:
    """The router of each module."""
    for name in MODULES:
        router: APIRouter = import_module(f"{__name__}.{name}").router
        yield router


__all__ = ["routers"]
