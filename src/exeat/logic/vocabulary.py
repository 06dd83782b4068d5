"""The declared facts: their names, types, units and words. The grammar checks every condition against them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

FactType = Literal["yes/no", "number", "text"]


@dataclass(frozen=True, slots=True)
class Declared:
    """One declared fact.

    ``decimals`` is the fixed scale of a number: every reader holds it as an exact decimal with at most so many
    places. ``values`` closes a text to a list (empty: any text). ``country`` marks a two-letter place code.
    ``party`` facts belong to one party and may be used only inside ``any_party``. A ``ratio`` fact is stated as a
    figure or follows from two other numbers ``(numerator, denominator)``; it is then compared by multiplying out.
    ``presumed`` is the value an answer rests on, openly, where nobody stated the fact.
    """

    name: str
    type: FactType
    words: str = ""
    unit: str = ""
    question: str = ""
    source: str = ""
    decimals: int = 0
    values: tuple[str, ...] = ()
    country: bool = False
    party: bool = False
    ratio: tuple[str, str] | None = None
    presumed: str | None = None
    presumed_because: str = ""
    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class Vocabulary:
    """All declared facts by name. Lookups of an unknown name can offer the nearest valid one."""

    facts: Mapping[str, Declared] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.facts

    def __getitem__(self, name: str) -> Declared:
        return self.facts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.facts)

    def get(self, name: str) -> Declared | None:
        """The declaration of a fact, or None."""
        return self.facts.get(name)

    def with_facts(self, more: Iterable[Declared]) -> Vocabulary:
        """A vocabulary that also declares ``more`` (a program's own named expressions, say)."""
        return Vocabulary({**self.facts, **{declared.name: declared for declared in more}})

    def nearest(self, word: str) -> str | None:
        """The declared name most like ``word``, or None."""
        return nearest(word, self.facts)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like ``word`` (case is ignored), or None when nothing is near."""
    by_folded = {k.casefold(): k for k in known}
    folded = word.casefold()
    found = difflib.get_close_matches(folded, by_folded, n=1, cutoff=0.5)
    if not found and len(folded) >= 4:
        # A beginning of a long name ("marketd" for "marketed_for_datacenters") is far by letters and near by sense.
        found = [name for name in sorted(by_folded) if name[:4] == folded[:4]][:1]
    return by_folded[found[0]] if found else None
