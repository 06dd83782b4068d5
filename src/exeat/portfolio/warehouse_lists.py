"""What the lists a table states for a party say of it, for the query: asked of the reader of lists itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from exeat.listing import LISTS, party_list_facts

#: Lists stated without days count on any.
ANY_DAY = date(2025, 1, 1)


@dataclass(frozen=True, slots=True)
class Listed:
    """What a party's lists say of a fact: by code, and where none of these codes is among them."""

    by_code: Mapping[bool, Sequence[str]]
    otherwise: bool | None


def _listed_facts() -> dict[str, Listed]:
    """The facts that follow from lists, asked of the reader of lists itself, one code at a time."""
    base = party_list_facts([], ANY_DAY)
    each = {known.code: party_list_facts([known.code], ANY_DAY) for known in LISTS}
    found = {}
    for fact in sorted({*base, *(f for facts in each.values() for f in facts)}):
        by_code: dict[bool, list[str]] = {}
        for code, facts in each.items():
            truth = facts.get(fact)
            if truth is not None and truth != base.get(fact):
                by_code.setdefault(truth, []).append(code)
        found[fact] = Listed(by_code, base.get(fact))
    return found


def _plain_letters(words: str) -> str:
    return re.sub(r"[^a-z0-9]", "", words.casefold())


LISTED = _listed_facts()
WORDS = {known.code: tuple(_plain_letters(n) for n in (known.code, *known.names)) for known in LISTS}

#: What a column of lists may say, once it is in small letters, without blanks and hyphens.
ANY_WORD = "|".join(("none", "no", *(word for words in WORDS.values() for word in words)))

__all__ = ["ANY_WORD", "LISTED", "WORDS", "Listed"]
