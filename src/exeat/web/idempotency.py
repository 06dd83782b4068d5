"""Requests safe to repeat: the answer of a key is kept for a while and given again."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from dataclasses import dataclass

from exeat.web.problems import Problem

_KEPT = 2_000
_SECONDS = 24 * 3600.0
_LONGEST = 200


@dataclass
class _Held:
    asked: bytes
    at: float
    answer: tuple[int, bytes] | None = None


class Replays:
    """Answers by key and asker. In memory: what must outlive the process is recorded in the ledger under its key."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[str, str], _Held] = OrderedDict()

    def begin(self, asker: str, key: str, asked: bytes) -> tuple[int, bytes] | None:
        """The answer given before; None where this is the first request of the key, which is then under way.

        Raises:
            Problem: the key is too long or not plain (422), stands for another request (422), or is under way (409).
        """
        if not key or len(key) > _LONGEST or not key.isprintable() or not key.isascii():
            raise Problem(422, f"Idempotency-Key is a text of 1 to {_LONGEST} plain characters")
        now = time.monotonic()
        while self._held and (len(self._held) >= _KEPT or next(iter(self._held.values())).at < now - _SECONDS):
            self._held.popitem(last=False)
        digest, found = hashlib.sha256(asked).digest(), self._held.get((asker, key))
        if found is None:
            self._held[asker, key] = _Held(digest, now)
            return None
        if found.asked != digest:
            raise Problem(422, "this Idempotency-Key stands for another request; use a new one")
        if found.answer is None:
            raise Problem(409, "the request of this Idempotency-Key is still under way")
        return found.answer

    def end(self, asker: str, key: str, answer: tuple[int, bytes] | None) -> None:
        """Keep the answer; None: nothing came of it, so the key may be used again."""
        if answer is None:
            self._held.pop((asker, key), None)
        elif (held := self._held.get((asker, key))) is not None:
            held.answer = answer


__all__ = ["Replays"]
