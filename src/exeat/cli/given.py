"""What is given on the command line: flags and transaction files become transactions, or a refusal in one line."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from exeat.json_text import decoded, read_json
from exeat.terms import InputError

STDIN = "<stdin>"
_LARGEST_FILE = 64 * 1024 * 1024


def is_file_name(item: str) -> bool:
    """Whether ITEM names a transaction file and not an item: ``-``, a name ending in .json, or a file that is there."""
    if item == STDIN or item.casefold().endswith(".json"):
        return True
    try:
        return Path(item).is_file()
    except (OSError, ValueError):  # a name no file can have
        return False


def pairs(flag: str, stated: Iterable[str]) -> dict[str, str]:
    """``name=value`` arguments as a mapping.

    Raises:
        InputError: no equals sign, no name, or one name twice.
    """
    found: dict[str, str] = {}
    for word in stated:
        name, sign, value = word.partition("=")
        name = name.strip().replace("-", "_")
        if not sign or not name:
            raise InputError(f"{flag} {word[:60]!r}: expected NAME=VALUE")
        if name in found:
            raise InputError(f"{flag} {name} is stated twice")
        found[name] = value.strip()
    return found


def resolutions(stated: Iterable[str]) -> list[dict[str, str]]:
    """``FLAG: by; on; evidence`` arguments as the resolutions of a transaction.

    Raises:
        InputError: a part is missing, or one flag is resolved twice.
    """
    found: dict[str, dict[str, str]] = {}
    for word in stated:
        flag, _, rest = word.partition(":")
        parts = [part.strip() for part in rest.split(";", 2)]
        if not flag.strip() or len(parts) < 3 or not all(parts):
            raise InputError(f'--resolve {word[:60]!r}: expected "FLAG: by; on; evidence", the day as YYYY-MM-DD')
        if flag.strip() in found:
            raise InputError(f"--resolve {flag.strip()!r} is stated twice")
        found[flag.strip()] = {"flag": flag.strip(), "by": parts[0], "on": parts[1], "evidence": parts[2]}
    return list(found.values())


def read_file(name: str) -> list[tuple[str, Mapping[str, Any]]]:
    """The transactions of a file, each with a name for messages. A file holds one, or a list.

    Raises:
        InputError: no file, not UTF-8, not JSON (with line and column), or neither mapping nor list of mappings.
    """
    shown = "standard input" if name == STDIN else name
    data = read_json(_text(name, shown), shown)
    if isinstance(data, Mapping):
        return [(shown, data)]
    if not isinstance(data, list) or not data:
        what = "an empty list" if data == [] else type(data).__name__
        raise InputError(f"{shown}: expected a transaction or a list of them, found {what}")
    for number, entry in enumerate(data, 1):
        if not isinstance(entry, Mapping):
            raise InputError(f"{shown}: transaction {number} is not a mapping of keys and values")
    return [(f"{shown}: transaction {number}", entry) for number, entry in enumerate(data, 1)]


def _text(name: str, shown: str) -> str:
    try:
        if name == STDIN:
            content = sys.stdin.buffer.read(_LARGEST_FILE + 1)
        else:
            with Path(name).open("rb") as stream:
                content = stream.read(_LARGEST_FILE + 1)
    except IsADirectoryError:
        raise InputError(f"{shown} is a folder; expected a transaction file (JSON)") from None
    except FileNotFoundError:
        raise InputError(f"{shown}: there is no such file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{shown} cannot be read: {reason}") from None
    if len(content) > _LARGEST_FILE:
        raise InputError(f"{shown} is larger than {_LARGEST_FILE // 2**20} MB; expected a transaction file")
    return decoded(content, shown)
