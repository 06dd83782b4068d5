"""Names as weighed words: the listed name and the asked word, as the index and the score see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from exeat.screening.words import Word


@dataclass(slots=True)
class ListedName:
    """One name of one or more entries. ``printed`` is the first form met; ``short`` marks an acronym or weak alias."""

    words: tuple[Word, ...]
    weights: tuple[float, ...]
    total: float
    printed: str
    short: bool
    entries: list[int]
    keys: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class QueryWord:
    """A word of the asked name: its weight, and the listed words it may stand for with their likeness.

    ``gains`` is what a name holding each of these words shares at most, the nearest word last; ``nearest`` the same,
    nearest first; ``postings`` how many names hold any of them.
    """

    word: Word
    weight: float
    near: Mapping[str, float]
    gains: tuple[tuple[float, str], ...] = ()
    nearest: tuple[tuple[float, str], ...] = ()
    postings: int = 0


def effective(words: Sequence[QueryWord]) -> list[float]:
    """What each asked word costs when the listed name lacks it: a place counts little beside a word like "branch"."""
    if any(asked.word.kind == "branch" for asked in words):
        return [asked.weight * (0.25 if asked.word.kind == "place" else 1.0) for asked in words]
    return [asked.weight for asked in words]


def compact(words: Sequence[Word]) -> str:
    """The words without legal forms, written together: for names that differ only in where the gaps are."""
    return "".join(word.surface.replace(" ", "") for word in words if word.kind != "legal")
