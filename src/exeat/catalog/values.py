"""Reads one stated value: exact numbers and ranges, yes/no, closed lists, one line of text. Unknown is None."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TypeAlias

from exeat.catalog.items import CatalogError, Interval
from exeat.catalog.search import shown
from exeat.logic.vocabulary import nearest

Figure: TypeAlias = Decimal | Interval

_ABOVE_ZERO = frozenset(
    {
        "applicable_die_area_mm2",
        "die_area_mm2",
        "dies_per_package",
        "performance_density",
        "memory_area_mm2",
        "memory_bandwidth_density",
    }
)
_UNKNOWN = ("", "?", "unknown")
_NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")
_LARGEST = 10**12
# Training operations are counted in 10^26 and are written so.
_OPERATIONS = re.compile(r"[0-9]{1,28}|[0-9](\.[0-9]{1,20})?[eE]\+?[0-9]{1,2}")
_MOST_OPERATIONS = 10**28


def told(value: object) -> str:
    """A value as an error tells it: short, on one line, and never itself an error (``str`` refuses huge integers)."""
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, (bool, float, Decimal)) or (isinstance(value, int) and abs(value) <= _LARGEST):
        return shown(str(value))
    return "a very large number" if isinstance(value, int) else type(value).__name__


def unstated(value: object) -> bool:
    """Whether a value leaves its figure unknown: None, an empty text, ``?`` or ``unknown``."""
    return value is None or (isinstance(value, str) and value.strip().casefold() in _UNKNOWN)


def number(key: str, value: object, decimals: int) -> Figure | None:
    """A number or a range of them, exact; None is unknown."""
    if unstated(value):
        return None
    if isinstance(value, Mapping):
        if set(value) != {"low", "high"}:
            raise CatalogError(f'{key}: a range is {{"low": 600, "high": 700}}')
        low, high = value["low"], value["high"]
    elif isinstance(value, str) and ".." in value:
        low, _, high = value.partition("..")
    else:
        return _exact(key, value, decimals)
    bounds = Interval(_exact(key, low, decimals), _exact(key, high, decimals))
    if bounds.high is None or bounds.low > bounds.high:
        raise CatalogError(f"{key}: the range {bounds.low} to {bounds.high} begins above its end")
    return bounds.low if bounds.low == bounds.high else bounds


def _exact(key: str, value: object, decimals: int) -> Decimal:
    operations = key.endswith("_operations")
    form, largest = (_OPERATIONS, _MOST_OPERATIONS) if operations else (_NUMBER, _LARGEST)
    if isinstance(value, str) and form.fullmatch(value.strip()):
        exact = Decimal(value.strip())
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) <= largest:
        exact = Decimal(value)
    elif isinstance(value, float) and math.isfinite(value):
        exact = Decimal(repr(value))  # the shortest text that names this float: what the user wrote
    elif isinstance(value, Decimal) and value.is_finite():
        exact = value
    else:
        raise CatalogError(f"{key}: found {told(value)}, expected a number, a range such as 600..700, or unknown")
    least = "more than zero" if key in _ABOVE_ZERO else "zero or more"
    if exact < 0 or (exact == 0 and key in _ABOVE_ZERO):
        raise CatalogError(f"{key}: found {told(value)}, must be {least} (leave it out if unknown or undefined)")
    if exact > largest:
        raise CatalogError(f"{key}: found {told(value)}, too large")
    if exact != round(exact, decimals):
        raise CatalogError(f"{key}: found {told(value)}, at most {decimals} decimals")
    return exact


def yes_no(key: str, value: object) -> bool | None:
    """yes, no, true, false or unknown."""
    if value is None or isinstance(value, bool):
        return value
    word = value.strip().casefold() if isinstance(value, str) else None
    if word in _UNKNOWN:
        return None
    if word in ("yes", "true"):
        return True
    if word in ("no", "false"):
        return False
    raise CatalogError(f"{key}: found {told(value)}, expected yes, no or unknown")


def one_of(key: str, value: object, values: tuple[str, ...]) -> str | None:
    """One of the listed words, as listed."""
    word = value.strip() if isinstance(value, str) else value
    if unstated(value):
        return None
    for known in values:
        if isinstance(word, str) and word.casefold() == known.casefold():
            return known
    near = nearest(word[:80], values) if isinstance(word, str) else None
    hint = f"; nearest: {near}" if near else f"; one of: {', '.join(values)}"
    raise CatalogError(f"{key}: found {told(value)}{hint}")


def text(key: str, value: object) -> str | None:
    """One line of printable text."""
    if unstated(value):
        return None
    if not isinstance(value, str) or len(value) > 200 or not value.isprintable():
        raise CatalogError(f"{key}: found {told(value)}, expected one line of text, at most 200 characters")
    return value.strip()
