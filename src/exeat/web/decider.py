"""Transactions decided for the API: the answer as bytes with its status, remembered where nothing else bears on it."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson

from exeat.supplied import Recording
from exeat.terms import InputError
from exeat.web.api.common import written
from exeat.web.problems import pointer_of, problem_body
from exeat.web.release import Status, release_status
from exeat.web.site import Site

#: What an answer may be read from again: the whole of what was stated, and the law.
_Key = bytes


@dataclass(frozen=True, slots=True)
class Decided:
    """An answer: its status, and the JSON object that holds status, reasons and determination."""

    status: Status
    body: bytes
    remembered: bool = False


class Decider:
    """Decides for one site."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._kept: OrderedDict[_Key, Decided] = OrderedDict()

    def plain(self, stated: object) -> bool:
        """Whether nothing but the law and what is stated bears on the answer: no lists, no ledger."""
        if self.site.settings.ledger is not None or not isinstance(stated, Mapping):
            return False
        if stated.get("screen") is False:
            return True
        parties = stated.get("parties")
        return isinstance(parties, list) and all(
            isinstance(party, Mapping) and not party.get("name") and not party.get("owners") for party in parties
        )

    def decide(self, stated: Any, how: Recording | None = None) -> Decided:
        """One transaction decided, and recorded where ``how`` says so.

        Raises:
            InputError: it cannot be read, or the ledger refuses.
        """
        if not isinstance(stated, Mapping):
            raise InputError(f"a transaction is a mapping of keys and values, not {_kind(stated)}")
        key = self._key(stated) if how is None and self.plain(stated) else None
        if key is not None and (kept := self._kept.get(key)) is not None:
            return kept
        found = self.site.desk.check(stated, record=how if how is not None else False).to_dict()
        status, reasons = release_status(found, self.site.settings.release_days)
        body = written({"status": status, "reasons": reasons, "determination": found})
        decided = Decided(status, body)
        if key is not None:
            self._kept[key] = Decided(status, body, remembered=True)
            if len(self._kept) > self.site.settings.answers_kept_max:
                self._kept.popitem(last=False)
        return decided

    def one_of_many(self, stated: Any, place: int, how: Recording | None) -> Decided:
        """One of a list: what cannot be read is REVIEW with its problem, so that none is lost and none released."""
        try:
            return self.decide(stated, how)
        except InputError as error:
            detail = str(error)
            told = problem_body(422, detail, pointer_of(detail, stated, f"/{place}"))
            row = {"status": "REVIEW", "reasons": [f"cannot be read: {detail}"], "determination": None, "problem": told}
            return Decided("REVIEW", written(row))

    def _key(self, stated: Mapping[str, Any]) -> _Key | None:
        if not self.site.settings.answers_kept_max:
            return None
        try:
            text = orjson.dumps(stated, default=_apart, option=orjson.OPT_SORT_KEYS)
        except TypeError:
            return None
        return hashlib.sha256(self.site.lawbook.digest.encode() + b"\n" + text).digest()


def _apart(value: object) -> object:
    """A figure with a point stays apart from a text that looks like it."""
    if isinstance(value, Decimal):
        return {"\n": str(value)}
    raise TypeError


def _kind(value: object) -> str:
    return {list: "a list", str: "a text", type(None): "nothing"}.get(type(value), f"{value!r}"[:40])


__all__ = ["Decided", "Decider"]
