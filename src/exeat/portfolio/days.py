"""The day a cell states. What has one reading is read; what has two is refused, with both."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from exeat.terms import InputError, read_day

#: The order of day and month where a column writes 03/04/2025: not known, day first, month first.
Order = Literal["", "dmy", "mdy"]
#: Day 0 of Excel's count. Its count of 1904, on old Macintoshes, is not read: a workbook says so itself.
_EXCEL = date(1899, 12, 30)
#: The numbers that are read as days of Excel: 2015-01-01 to 2039-12-31. Others are more likely something else.
_FIRST, _LAST = 42005, 51134
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NUMBERS = re.compile(r"(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})")
_NAMED = re.compile(r"(\d{1,2})[ \-.]*([A-Za-z]{3,9})\.?[ ,\-.]*(\d{4})")
_NAMED_FIRST = re.compile(r"([A-Za-z]{3,9})\.? +(\d{1,2}),? +(\d{4})")
_TIME = re.compile(r"[T ]\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?\s*([AaPp][Mm])?\s*(Z|[+-]\d{2}:?\d{2})?$")


def day_of(cell: object, order: Order = "") -> date:
    """The day of a cell: ``2025-07-01`` (with a time of day, too), ``2025/07/01``, ``20250701``, ``1 Jul 2025``, a day
    number of Excel; ``25/12/2025``, which has one reading; ``03/04/2025`` where ``order`` says how it is meant.

    Raises:
        InputError: the cell has two readings, or none.
    """
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if is_serial(cell):
        return _EXCEL + timedelta(days=int(float(str(cell))))
    text = _TIME.sub("", str(cell).strip())
    parts = _parts(text, order)
    if parts is None:
        return read_day(text, "date")
    try:
        return date(*parts)
    except ValueError:
        raise InputError(f"date is {text[:40]!r}; expected a day that exists, as YYYY-MM-DD") from None


def is_serial(cell: object) -> bool:
    """Whether the cell is a day number of Excel: a number such as 45839, which is 2025-07-01."""
    if isinstance(cell, bool) or not isinstance(cell, (int, float, Decimal, str)):
        return False
    text = str(cell).strip()
    return re.fullmatch(r"\d{5}(\.\d+)?", text) is not None and _FIRST <= float(text) < _LAST + 1


def _parts(text: str, order: Order) -> tuple[int, int, int] | None:
    """Year, month and day; None where the text is of no form that is read here.

    Raises:
        InputError: it has two readings.
    """
    if re.fullmatch(r"\d{8}", text):
        return int(text[:4]), int(text[4:6]), int(text[6:])
    if found := _YEAR_FIRST.fullmatch(text):
        return int(found[1]), int(found[2]), int(found[3])
    if (found := _NAMED.fullmatch(text)) and (month := _month(found[2])):
        return int(found[3]), month, int(found[1])
    if (found := _NAMED_FIRST.fullmatch(text)) and (month := _month(found[1])):
        return int(found[3]), month, int(found[2])
    found = _NUMBERS.fullmatch(text)
    if found is None:
        return None
    first, second, year = int(found[1]), int(found[2]), int(found[3])
    if order:
        return (year, second, first) if order == "dmy" else (year, first, second)
    if first <= 12 and second <= 12 and first != second:
        readings = f"{year}-{second:02}-{first:02} (day first) or {year}-{first:02}-{second:02} (month first)"
        raise InputError(f"date is {text!r}, which may be {readings}; expected YYYY-MM-DD, or say --dates dmy or mdy")
    return (year, second, first) if first > 12 else (year, first, second)


def _month(word: str) -> int | None:
    folded = word.casefold()
    short = folded[:3]
    whole = ("january february march april may june july august september october november december sept").split()
    known = folded in _MONTHS or folded in whole
    return _MONTHS.index(short) + 1 if known else None


__all__ = ["Order", "day_of", "is_serial"]
