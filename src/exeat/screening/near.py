"""Words near a word: one letter wrong, or another romanization of the same sounds. Found without scanning the list."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from rapidfuzz import process
from rapidfuzz.distance import OSA, DamerauLevenshtein, JaroWinkler

#: Words shorter than this must be written right; longer than this are compared by their first letters only.
SHORTEST = 4
LONGEST = 40

_SOUNDS = (
    ("sch", "s"), ("sh", "s"), ("zh", "j"), ("dzh", "j"), ("dj", "j"), ("kh", "h"), ("gh", "g"), ("ch", "c"),
    ("ts", "c"), ("tz", "c"), ("cz", "c"), ("ph", "f"), ("th", "t"), ("ck", "k"), ("q", "k"), ("x", "ks"),
    ("w", "v"), ("z", "s"), ("dh", "d"), ("ou", "u"),
)  # fmt: skip
_SAID = dict(_SOUNDS)
_WRITTEN = re.compile("|".join(sorted(_SAID, key=len, reverse=True)))
_VOWELS = re.compile(r"[aeiouy]+")
_DOUBLES = re.compile(r"(.)\1+")


def _said(found: re.Match[str]) -> str:
    return _SAID[found.group()]


@lru_cache(maxsize=200_000)
def sounds(word: str) -> str:
    """The consonants a word is heard by: ``mohammed`` and ``muhammad`` give ``mhmd``."""
    heard = _WRITTEN.sub(_said, word)
    first = "a" if heard[:1] in "aeiouy" else heard[:1]
    if heard[:1] == "y" and heard[1:2] and heard[1:2] in "aeiou":
        first = "a"
    return first + _DOUBLES.sub(r"\1", _VOWELS.sub("", heard[1:]))


def _shortened(word: str) -> set[str]:
    """The word with one letter left out, each once."""
    return {word[:i] + word[i + 1 :] for i in range(len(word))}


def likeness(a: str, b: str) -> float:
    """How alike two words are, 0 to 1: by edits against the length, and by sound.

    One edit in a word of five letters or more is 0.9, two edits in eight or more 0.84; the same sounds 0.86.
    """
    if a == b:
        return 1.0
    value = _by_edits(DamerauLevenshtein.distance(a, b, score_cutoff=3), max(len(a), len(b)))
    if value < 0.86 and min(len(a), len(b)) >= SHORTEST and sounds(a) == sounds(b):
        value = max(value, _by_jaro(JaroWinkler.similarity(a, b)))
    return value


def _by_edits(edits: int, longer: int) -> float:
    """How alike two words are by their edits alone; ``longer`` is the length of the longer one."""
    if edits == 1 and longer >= 4:
        return 0.91 if longer >= 7 else 0.88 if longer >= 5 else 0.78
    if edits == 2 and longer >= 6:
        return 0.86 if longer >= 9 else 0.8 if longer >= 8 else 0.7
    return 0.78 if edits == 3 and longer >= 11 else 0.0


def _by_jaro(jaro: float) -> float:
    """How alike two words of the same sounds are, by their Jaro-Winkler similarity."""
    return 0.86 if jaro >= 0.85 else 0.8 if jaro >= 0.75 else 0.0


class NearWords:
    """Looks up the words of a vocabulary near a given word."""

    def __init__(self, vocabulary: Iterable[str]) -> None:
        self.words: dict[str, None] = {}
        self._short: dict[str, str | list[str]] = {}
        self._by_start: dict[tuple[str, int], list[str]] = {}
        self._heard: dict[str, list[str]] = {}
        self._around: dict[tuple[str, int], list[str]] = {}
        #: Made by :func:`exeat.screening.apart.taken_apart` when it first reads words of these.
        self.pieces: tuple[dict[str, float], frozenset[str]] | None = None
        for word in vocabulary:
            self.words[word] = None
            if not SHORTEST <= len(word) <= LONGEST or not word.isalpha():
                continue
            self._by_start.setdefault((word[0], len(word)), []).append(word)
            for shortened in _shortened(word):
                held = self._short.get(shortened)
                if held is None:
                    self._short[shortened] = word
                elif isinstance(held, list):
                    held.append(word)
                else:
                    self._short[shortened] = [held, word]
            heard = sounds(word)
            if len(heard) >= 2:
                self._heard.setdefault(heard, []).append(word)

    def state(self) -> tuple[Any, ...]:
        """All it holds, as plain data (see :meth:`restored`)."""
        return list(self.words), self._short, self._by_start, self._heard

    @classmethod
    def restored(cls, state: tuple[Any, ...]) -> NearWords:
        """From what :meth:`state` gave, without work."""
        made = cls(())
        words, made._short, made._by_start, made._heard = state
        made.words = dict.fromkeys(words)
        return made

    def __contains__(self, word: str) -> bool:
        return word in self.words

    def near(self, word: str, least: float = 0.7) -> dict[str, float]:
        """Vocabulary words at least so alike, with their likeness. The word itself, if known, has 1."""
        found: dict[str, float] = {}
        if word in self.words:
            found[word] = 1.0
        if len(word) < SHORTEST - 1 or len(word) > LONGEST or not word.isalpha():
            return found
        for candidate, value in self._alike(word).items():
            if value >= least:
                found[candidate] = value
        if len(word) > SHORTEST and word not in self.words and max(found.values(), default=0.0) < 0.8:
            self._far(word, found)
        return found

    def _alike(self, word: str) -> dict[str, float]:
        """:func:`likeness` of the words one letter away and of those that sound the same, all in one comparison."""
        variants = _shortened(word)
        candidates = {found for found in self.words.keys() & variants if len(found) >= SHORTEST - 1}
        variants.add(word)
        for shortened in self._short.keys() & variants:
            held = self._short[shortened]
            if isinstance(held, list):
                candidates.update(held)
            else:
                candidates.add(held)
        same: Iterable[str] = ()
        if len(word) >= SHORTEST:
            heard = sounds(word)
            if len(heard) >= 2:
                same = self._heard.get(heard, ())
                candidates.update(same)
            else:
                same = [found for found in candidates if len(found) >= SHORTEST and sounds(found) == heard]
        candidates.discard(word)
        own = len(word)
        values = {
            found: _by_edits(edits, max(own, len(found)))
            for found, edits, _ in process.extract(
                word, candidates, scorer=DamerauLevenshtein.distance, score_cutoff=3, limit=None
            )
        }
        less = [found for found in same if found != word and values.get(found, 0.0) < 0.86]
        for found, jaro, _ in (
            process.extract(word, less, scorer=JaroWinkler.similarity, score_cutoff=0.74, limit=None) if less else ()
        ):
            values[found] = max(values.get(found, 0.0), _by_jaro(jaro))
        return values

    def _far(self, word: str, found: dict[str, float]) -> None:
        """Two or three slips in one word, for a word that is like none: the words of its first letter and length."""
        edits = 2 if len(word) < 8 else 3
        choices = self._starting(word[0], len(word))
        for candidate, distance, _ in process.extract(word, choices, scorer=OSA.distance, score_cutoff=edits, limit=12):
            value = likeness(word, candidate) or 0.95 * (1 - distance / max(len(word), len(candidate)))
            if value >= 0.57 and value > found.get(candidate, 0.0):
                found[candidate] = value

    def _starting(self, first: str, length: int) -> list[str]:
        """The words of a first letter up to two letters shorter or longer; put together once."""
        held = self._around.get((first, length))
        if held is None:
            held = self._around[first, length] = []
            for one in range(max(SHORTEST, length - 2), length + 3):
                held.extend(self._by_start.get((first, one), ()))
        return held
