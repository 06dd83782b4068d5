"""Exact amounts: stored as whole ten-thousandths (TPP has four decimals in the dictionary of facts), never floats."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from exeat.ledger.errors import LedgerError

#: What a caller may state as an amount.
Amount: TypeAlias = int | str | Decimal

DECIMALS = 4
SCALE: int = 10**DECIMALS
#: Largest single amount or balance, so that no sum leaves 64 bits.
LARGEST = 10**13 * SCALE
_WHOLE_LARGEST = LARGEST // SCALE


def scaled(value: Amount, what: object = "amount", *, signed: bool = False) -> int:
    """An amount in whole ten-thousandths.

    Raises:
        LedgerError: not a number, a binary float, more than four decimals, too large, or not positive (unless signed).
    """
    if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
        raise LedgerError(f"{what} is {value!r}; expected a whole number, a Decimal or its text (no binary floats)")
    if isinstance(value, int) and 0 < value <= _WHOLE_LARGEST:
        return value * SCALE  # most amounts are whole
    try:
        exact = Decimal(value)
        shifted = exact.scaleb(DECIMALS)
        whole = int(shifted)
    except (InvalidOperation, ValueError, OverflowError):
        raise LedgerError(f"{what} is {value!r}; expected a number") from None
    if shifted != whole:
        raise LedgerError(f"{what} is {value}; expected at most {DECIMALS} decimals")
    if abs(whole) > LARGEST:
        raise LedgerError(f"{what} is {value}; expected at most {LARGEST // SCALE:,}")
    if whole <= 0 and not signed:
        raise LedgerError(f"{what} is {value}; expected more than zero")
    return whole


def unscaled(value: int) -> Decimal:
    """The amount that was stored, without trailing zeros after the point."""
    whole, rest = divmod(abs(value), SCALE)
    if not rest:
        return Decimal(-whole if value < 0 else whole)
    text = f"{whole}.{rest:0{DECIMALS}d}".rstrip("0").rstrip(".")
    return Decimal(f"-{text}" if value < 0 else text)
