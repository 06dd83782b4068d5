"""Personal data in receipts: taken out of the hashed body and replaced by a mark; the chain holds a salted commitment.

A commitment is SHA-256 over a random salt and the value. It tells nothing without the salt, so the value can be
deleted together with it (redaction) and every hash of the chain stays as it was.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from hashlib import sha256
from typing import Any

from exeat.ledger.chain import DIGEST, canonical, digest, parsed
from exeat.ledger.errors import LedgerError

#: Keys of a party (and of what stands inside one) whose texts are personal data.
PERSONAL_KEYS = frozenset({"name", "address", "contact", "email", "phone", "signatory"})
#: Keys under which parties stand.
PARTY_KEYS = frozenset({"parties", "owners"})
_NAMES = PERSONAL_KEYS | PARTY_KEYS | {"who"}
REDACTED = "[redacted]"
SALT = 16
#: Shorter values are sealed where they stand as a whole text only, never inside a sentence.
_LONG = 4

_MARK = re.compile("⟦sealed (\\d+)⟧")


def mark(index: int) -> str:
    """What stands in the body for the value of that index."""
    return f"⟦sealed {index}⟧"


class Sealer:
    """Hides the personal values of one receipt. ``values`` are in the order of their marks.

    Raises:
        LedgerError: a value contains a mark.
    """

    def __init__(self, values: Iterable[str]) -> None:
        self.values = list(dict.fromkeys(values))
        if any(_MARK.search(value) for value in self.values):
            raise LedgerError("cannot be recorded: a party's name contains the mark of a sealed value")
        self._index = {value: index for index, value in enumerate(self.values)}
        self._long = sorted((v for v in self.values if len(v) >= _LONG), key=len, reverse=True)
        # What JSON makes of them; a short one counts as a whole text only.
        self._written = [canonical(v)[1:-1] if len(v) >= _LONG else canonical(v) for v in self.values]

    def sealed(self, value: Any) -> tuple[Any, bytes]:
        """A value with marks, and its canonical bytes. Most pieces hold no name, and their bytes tell at once."""
        data = canonical(value)
        for written in self._written:
            if written in data:
                marked = _marked(value, self._hide, personal=False)
                return marked, canonical(marked)
        return value, data

    def text(self, value: str) -> str:
        """A text with marks; one of under four letters stays."""
        return self._hide(value) if len(value) >= _LONG else value

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """Any long value as words of a sentence. Most names stand alone, and this takes longer than all the rest."""
        return re.compile("|".join(rf"(?<!\w){re.escape(value)}(?!\w)" for value in self._long))

    def _hide(self, text: str) -> str:
        index = self._index.get(text)
        if index is not None:
            return mark(index)
        for value in self._long:
            if value in text:
                break
        else:
            return text
        return self._pattern.sub(lambda found: mark(self._index[found.group()]), text)


def personal_values(value: Any, *, inside: bool = False) -> Iterator[str]:
    """Every personal text of a document, in order."""
    if isinstance(value, (dict, Mapping)):
        for key, item in value.items():
            if inside and key in PERSONAL_KEYS and isinstance(item, str):
                if item:
                    yield item
            elif isinstance(item, (dict, list, tuple, Mapping)):
                if key in PARTY_KEYS and not isinstance(item, Mapping):
                    yield from (one for one in item if isinstance(one, str) and one)
                yield from personal_values(item, inside=inside or key in PARTY_KEYS)
            elif isinstance(item, str) and item and key in PARTY_KEYS:
                yield item
    elif isinstance(value, (list, tuple)):
        for item in value:
            if isinstance(item, (dict, list, tuple, Mapping)):
                yield from personal_values(item, inside=inside)


def _marked(value: Any, hide: Callable[[str], str], *, personal: bool) -> Any:
    if isinstance(value, str):
        # Codes of places and answers are texts too: one of under four letters is hidden only where a name stands.
        return hide(value) if personal or len(value) >= _LONG else value
    if isinstance(value, (list, tuple)):
        return [_marked(item, hide, personal=personal) for item in value]
    if value is None or isinstance(value, (int, float)) or not isinstance(value, (dict, Mapping)):
        return value  # plain types first: whether something is a Mapping takes ten times as long to tell
    return {key: _marked(item, hide, personal=key in _NAMES) for key, item in value.items()}


def opening(values: Sequence[str]) -> tuple[bytes, bytes]:
    """Commitments (32 bytes each, end to end) and the body that opens them: a list of [salt, value]."""
    salts = os.urandom(SALT * len(values))
    pairs: list[list[str] | None] = []
    commitments = bytearray()
    for index, value in enumerate(values):
        salt = salts[index * SALT : (index + 1) * SALT]
        commitments += digest(salt + value.encode())
        pairs.append([salt.hex(), value])
    return bytes(commitments), canonical(pairs)


def opened(commitments: bytes, body: bytes | None) -> list[str | None] | None:
    """The values whose commitments hold, None for those deleted; None altogether if the body does not fit."""
    count = len(commitments) // DIGEST
    pairs = parsed(body) if body is not None else [None] * count
    if not isinstance(pairs, list) or len(pairs) != count:
        return None
    found: list[str | None] = []
    start = 0
    for pair in pairs:
        end = start + DIGEST
        if pair is None:
            found.append(None)
        else:
            try:
                salt, value = pair
                good = sha256(bytes.fromhex(salt) + value.encode()).digest() == commitments[start:end]
            except (TypeError, ValueError, AttributeError):
                return None
            if not good:
                return None
            found.append(value)
        start = end
    return found


def unsealed(document: Any, values: Sequence[str | None]) -> Any:
    """The document with values in place of their marks; :data:`REDACTED` for those that were deleted."""

    def show(text: str) -> str:
        def one(found: re.Match[str]) -> str:
            index = int(found.group(1))
            value = values[index] if index < len(values) else None
            return REDACTED if value is None else value

        return _MARK.sub(one, text)

    return _marked(document, show, personal=True) if values else document
