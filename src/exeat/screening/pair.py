"""Two names against each other, without a list of candidates: for labelled pairs and for "are these one firm?"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from exeat.screening.index import Index
from exeat.screening.near import likeness
from exeat.screening.score import score_of
from exeat.screening.weighed import AskedName, ListedName, QueryWord
from exeat.screening.words import Word, clean, readings, words_of


def pair_score(index: Index, asked: str, listed: str) -> float:
    """How alike two names are, 0 to 1; words weigh by their rarity in ``index``.

    Raises:
        UnusableName: a name is too long.
    """
    best = 0.0
    for words in _readings(listed):
        weights = tuple(index.weight(word) for word in words)
        name = ListedName(words, weights, listed, False, [])
        for own in _readings(asked):
            best = max(best, score_of(AskedName(_near(index, own, words)), name))
    return best


def _readings(name: str) -> Iterator[tuple[Word, ...]]:
    for text, _ in readings(name):
        cleaned = clean(text)
        for form in (cleaned.text, cleaned.split):
            if form and (words := words_of(form)):
                yield words


def _near(index: Index, asked: Sequence[Word], listed: Sequence[Word]) -> list[QueryWord]:
    found = []
    for word in asked:
        near: dict[str, float] = {}
        for other in listed:
            alike = 1.0 if word.key == other.key else 0.0
            if not alike and "plain" in (word.kind, other.kind) and word.surface.isalpha():
                alike = likeness(word.surface, other.surface)
            if alike >= 0.7 and alike > near.get(other.key, 0.0):
                near[other.key] = alike
        found.append(QueryWord(word, index.weight(word), near))
    return found
