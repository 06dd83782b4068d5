"""Time as the ledger keeps it: whole microseconds since 1970 in UTC, and calendar days as ISO text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TypeAlias

from exeat.ledger.errors import LedgerError

Clock: TypeAlias = Callable[[], datetime]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY = 86_400_000_000
FIRST_DAY, LAST_DAY = "0001-01-01", "9999-12-31"


def system_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def micros(moment: datetime, what: str = "moment") -> int:
    """A moment in microseconds.

    Raises:
        LedgerError: a moment without a time zone.
    """
    if moment.tzinfo is None:
        raise LedgerError(f"{what} is {moment.isoformat()}; expected a moment with its time zone")
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(stored: int) -> datetime:
    """The moment that was stored, in UTC."""
    return _EPOCH + timedelta(microseconds=stored)


def day_text(day: date | str | None, default: str, what: str = "day") -> str:
    """A calendar day as text, or the default.

    Raises:
        LedgerError: not a day of the form 2025-07-01.
    """
    if day is None:
        return default
    if isinstance(day, datetime):
        raise LedgerError(f"{what} is {day.isoformat()}; expected a day without a time")
    if isinstance(day, date):
        return day.isoformat()
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError:
        raise LedgerError(f"{what} is {day!r}; expected a day such as 2025-07-01") from None


def day_of(stored: int) -> str:
    """The calendar day (UTC) of a stored moment, as text."""
    return _day_text(stored // _DAY)


@lru_cache(maxsize=64)
def _day_text(days: int) -> str:
    return (_EPOCH + timedelta(days=days)).date().isoformat()
