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
    printed: str
    short: bool
    entries: list[int]


@dataclass(frozen=True, slots=True)
class QueryWord:
    """A word of the asked name: its weight, and the listed words it may stand for with their likeness.

    ``gains`` is what a name holding each of these words shares at most, the nearest word last; ``postings`` how many
    names hold any of them.
    """

    word: Word
    weight: float
    near: Mapping[str, float]
    gains: tuple[tuple[float, str], ...] = ()
    postings: int = 0


class AskedName:
    """An asked name as the score sees it, made once and held against many listed names.

    ``costs`` is what each word costs when the listed name lacks it: a place counts little beside a word like
    "branch". ``small`` says which words are legal forms, branch words or such places. ``stands`` gives for a listed
    word the asked words that may stand for it, with their likeness.
    """

    __slots__ = ("branch", "costs", "small", "stands", "words")

    stands: dict[str, list[tuple[float, int]]]

    def __init__(self, words: Sequence[QueryWord]) -> None:
        self.words = words
        kinds = [asked.word.kind for asked in words]
        self.branch = "branch" in kinds
        small = ("legal", "branch", "place") if self.branch else ("legal", "branch")
        self.small = [kind in small for kind in kinds]
        self.costs = effective(words)

    def __getattr__(self, name: str) -> dict[str, list[tuple[float, int]]]:
        """``stands``, made when first asked for: most names are like no listed one."""
        if name != "stands":
            raise AttributeError(name)
        made: dict[str, list[tuple[float, int]]] = {}
        for at, asked in enumerate(self.words):
            held = {key: [(likeness, at)] for key, likeness in asked.near.items()}
            for key in made.keys() & held.keys():
                held[key] = made[key] + held[key]
            made.update(held)
        self.stands = made
        return made


def effective(words: Sequence[QueryWord]) -> list[float]:
    """What each asked word costs when the listed name lacks it: a place counts little beside a word like "branch"."""
    if "branch" in [asked.word.kind for asked in words]:
        return [asked.weight * (0.25 if asked.word.kind == "place" else 1.0) for asked in words]
    return [asked.weight for asked in words]


def compact(words: Sequence[Word]) -> str:
    """The words without legal forms, written together: for names that differ only in where the gaps are."""
    return "".join([word.surface for word in words if word.kind != "legal"]).replace(" ", "")
