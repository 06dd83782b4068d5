"""Allocations, notices and receipts: what was used of each limit, what is due, and what was answered.

The ledger supplies facts and knows no law: every limit, share and term of days is given to it with its citation. It
needs the extra ``ledger`` (``pip install 'exeat[ledger]'``); importing this package alone loads nothing heavy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from exeat.ledger.book import Ledger, Unit

__all__ = ["Ledger", "Unit"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from exeat.ledger import book

        return getattr(book, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
