"""The pages, each a module with a ``router``. :func:`routers` finds those that exist."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec

from fastapi import APIRouter

#: The page modules in the order of the menu.
PAGES = ("ask", "world", "chips", "law", "batch", "compare", "ledger", "records")


def routers() -> Iterator[APIRouter]:
    """The router of each page module."""
    for name in PAGES:
        if find_spec(f"{__name__}.{name}") is not None:
            router: APIRouter = import_module(f"{__name__}.{name}").router
            yield router


__all__ = ["PAGES", "routers"]
