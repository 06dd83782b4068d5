"""JSON as people and programs send it: figures exact, no key twice, no half of a character."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

from exeat.terms import InputError

_HALF = re.compile(r"\\u[dD][89a-fA-F]")


def read_json(text: str, shown: str) -> Any:
    """The data of a text; figures with a point are Decimals. ``shown`` names the text in messages.

    Raises:
        InputError: it is not JSON (with line and column), or a key stands twice.
    """
    try:
        data = json.loads(text, parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=no_key_twice)
    except json.JSONDecodeError as error:
        ends = error.pos >= len(text.rstrip())
        what = "the text ends too early" if ends and text.strip() else "it is empty" if ends else error.msg
        raise InputError(f"{shown}:{error.lineno}:{error.colno}: not JSON: {what}") from None
    except RecursionError:
        raise InputError(f"{shown}: nested too deeply") from None
    except ValueError as error:
        raise InputError(f"{shown}: {error}") from None
    if _HALF.search(text) and _has_half(data):
        raise InputError(f"{shown}: a text has half of a character (an escape of D800 to DFFF that stands alone)")
    return data


def decoded(content: bytes, shown: str) -> str:
    """The text of bytes in UTF-8.

    Raises:
        InputError: they are not UTF-8.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{shown}: byte {error.start + 1} is not UTF-8; expected a JSON text in UTF-8") from None


def _has_half(data: object) -> bool:
    try:
        json.dumps(data, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        return True
    return False


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number of JSON")


def no_key_twice(stated: list[tuple[str, Any]]) -> dict[str, Any]:
    """The mapping of a JSON object.

    Raises:
        ValueError: a key stands in it twice.
    """
    found: dict[str, Any] = {}
    for key, value in stated:
        if key in found:
            raise ValueError(f"the key {key[:60]!r} stands twice in one mapping")
        found[key] = value
    return found


__all__ = ["decoded", "no_key_twice", "read_json"]
