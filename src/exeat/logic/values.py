"""Reading a value for a declared fact: from a table cell, a flag, JSON. Wrong values are refused in plain words."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from exeat.logic.errors import LogicError
from exeat.logic.tree import Value
from exeat.logic.vocabulary import Declared, nearest

_YES = frozenset({"yes", "true", "y"})
_NO = frozenset({"no", "false", "n"})
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
_UNKNOWN = frozenset({"", "?", "unknown", "null", "none stated", "don't know"})


def value_of(declared: Declared, raw: object) -> Value:
    """The value of ``raw`` for the fact; None where it says *unknown* (``?``, ``unknown``, an empty text, null).

    Raises:
        LogicError: the value does not fit the declared type; the message names the nearest valid word.
    """
    if says_unknown(raw):
        return None
    if declared.type == "yes/no":
        return _truth(declared, raw)
    if declared.type == "number":
        return _number(declared, raw)
    return _text(declared, raw)


def says_unknown(raw: object) -> bool:
    """Whether a stated value says *unknown*: ``?``, ``unknown``, an empty text, null."""
    return raw is None or (isinstance(raw, str) and raw.strip().casefold() in _UNKNOWN)


def _truth(declared: Declared, raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    word = str(raw).strip().casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise LogicError(f"{declared.name} is {raw!r}; expected yes, no or unknown")


def _number(declared: Declared, raw: object) -> Decimal:
    if isinstance(raw, bool):
        raise LogicError(f"{declared.name} is {raw!r}; expected a number")
    try:
        # A binary float enters through its shortest decimal text, so 5.92 is 5.92 and nothing beside it.
        number = Decimal(_without_separators(str(raw).strip()))
    except InvalidOperation:
        raise LogicError(f"{declared.name} is {raw!r}; expected a number{_in(declared)}") from None
    if not number.is_finite():
        raise LogicError(f"{declared.name} is {raw!r}; expected a finite number{_in(declared)}")
    if number < 0:
        raise LogicError(f"{declared.name} is {raw}; expected zero or more{_in(declared)}")
    if number.adjusted() > 30:
        raise LogicError(f"{declared.name} is {raw}; that is out of all proportion{_in(declared)}")
    exponent = number.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > declared.decimals:
        raise LogicError(f"{declared.name} is {raw}; expected at most {declared.decimals} decimal places")
    return number


def _without_separators(text: str) -> str:
    """4,800 as 4800; a comma that separates no thousands (a decimal comma, 5,92) stays, and is then refused."""
    return text.replace(",", "") if _THOUSANDS.fullmatch(text) else text


def _in(declared: Declared) -> str:
    return f" ({declared.unit})" if declared.unit else ""


def _text(declared: Declared, raw: object) -> str:
    if not isinstance(raw, str):
        raise LogicError(f"{declared.name} is {raw!r}; expected a text")
    word = raw.strip()
    if declared.country:
        if len(word) == 2 and word.isascii() and word.isalpha():
            return word.upper()
        raise LogicError(f"{declared.name} is {word!r}; expected a two-letter place code")
    if declared.values and word not in declared.values:
        folded = word.casefold().replace(" ", "_").replace("-", "_")
        for value in declared.values:
            if value.casefold() == folded:
                return value
        hint = nearest(word, declared.values)
        expected = ", ".join(declared.values)
        raise LogicError(
            f"{declared.name} is {word!r}; expected one of {expected}" + (f"; perhaps {hint}" if hint else "")
        )
    return word
