"""The names of all entries, by word: which listed names could a given name be? Retrieval only, no judgment."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from exeat.screening.apart import taken_apart
from exeat.screening.building import KIND_WEIGHT, Built, build
from exeat.screening.entry import Entry
from exeat.screening.weighed import AskedName, QueryWord, compact
from exeat.screening.words import Word, known_words, words_of

#: From this likeness on, an unknown word is taken for a slip in a word of the table.
SURE_SLIP = 0.85
#: Postings read for one reading of a name, and names then scored. Bounds the work for any name.
POSTINGS_READ = 3_000
NAMES_SCORED = 32
#: No name is looked at that could not reach this score, nor one that shares less than this part of the asked weight.
FLOOR = 0.66
#: What missing weight costs at least, on either side, in the bound (below the costs of exeat.screening.score).
BOUND_ASKED = 0.6
BOUND_LISTED = 0.2
NEEDED = 0.55
#: Words of which is remembered what lies near them.
WORDS_KEPT = 200_000

T = TypeVar("T")


def _kept(held: dict[Word, T], word: Word, value: T) -> T:
    """Remember a value for a word; a memory that is full starts anew."""
    if len(held) > WORDS_KEPT:
        held.clear()
    held[word] = value
    return value


class _Holders(dict[str, frozenset[int]]):
    """The names that hold a word as a set, made when first asked for."""

    def __init__(self, postings: Mapping[str, Sequence[int]]) -> None:
        super().__init__()
        self._postings = postings

    def __missing__(self, key: str) -> frozenset[int]:
        held = self[key] = frozenset(self._postings[key])
        return held


class Index:
    """Inverted index of listed names by word.

    ``weights`` may be taken over from another index, so that a handful of changed entries is scored exactly as
    within the whole list. ``built`` is what was built of these entries before (:mod:`exeat.screening.kept`).
    """

    def __init__(self, entries: Iterable[Entry], weights: Index | None = None, built: Built | None = None) -> None:
        self.entries: Sequence[Entry] = entries if isinstance(entries, Sequence) else tuple(entries)
        self.built: Built = built or build(self.entries, weights.built if weights else None)
        self.names = self.built.names
        self._postings = self.built.postings
        self._rarity = self.built.rarity
        self._totals = self.built.totals
        self._vocabulary = self.built.vocabulary
        self._holders = _Holders(self._postings)
        self._asked: dict[Word, QueryWord] = {}
        self._exact: dict[Word, QueryWord] = {}
        self._apart: dict[Word, list[Word] | None] = {}
        self.weight = self.built.weight

    def query_word(self, word: Word) -> QueryWord:
        """A word with the listed words near it."""
        held = self._asked.get(word)
        if held is None:
            near = self._near(word)
            weight = self.weight(word)
            if near and word.key not in near:
                value, listed, key = max((value, self._listed_weight(key), key) for key, value in near.items())
                # A slip in a common word must not count as a rare one; but a word somewhat like "modern" is a name.
                if value >= SURE_SLIP or not key.startswith("="):
                    weight = listed
            held = _kept(self._asked, word, self._with_gains(word, weight, near))
        return held

    def exact_word(self, word: Word) -> QueryWord:
        """A word that stands for itself alone: for readings that are guesses already."""
        held = self._exact.get(word)
        if held is None:
            near = {word.key: 1.0} if word.key in self._postings else {}
            held = _kept(self._exact, word, self._with_gains(word, self.weight(word), near))
        return held

    def _with_gains(self, word: Word, weight: float, near: Mapping[str, float]) -> QueryWord:
        heavy, postings = self._listed_weight, self._postings
        gains = sorted([(value * max(weight, heavy(key)), key) for key, value in near.items()])
        return QueryWord(word, weight, near, tuple(gains), sum([len(postings[key]) for key in near]))

    def _listed_weight(self, key: str) -> float:
        return self._rarity.get(key, 1.0) * KIND_WEIGHT[self.built.kinds[key]]

    def _near(self, word: Word) -> dict[str, float]:
        found: dict[str, float] = {}
        table = known_words()
        if word.kind in ("plain", "generic", "place"):
            for surface, value in self._vocabulary.near(word.surface).items():
                known = table.get(surface)
                key = known.key if known else surface
                if key in self._postings and value > found.get(key, 0.0):
                    found[key] = value
        if word.key in self._postings:
            found[word.key] = 1.0
        return found

    def other_readings(self, words: Sequence[Word]) -> list[tuple[QueryWord, ...]]:
        """The name with joined words taken apart, and with split words put together, where the lists know the parts.

        The parts are a guess, so they stand only for themselves; the other words may still be misspelled.
        """
        other: list[tuple[QueryWord, ...]] = []
        apart: list[Word] = []
        changed = False
        for word in words:
            pieces = self._pieces(word) if word.kind == "plain" and word.surface not in self._vocabulary else None
            if pieces:
                apart.extend(pieces)
                changed = True
            else:
                apart.append(word)
        if changed:
            kept = set(words)
            again = words_of(" ".join(word.surface for word in apart))
            other.append(tuple(self.query_word(w) if w in kept else self.exact_word(w) for w in again))
        together: list[Word] = []
        at = 0
        changed = False
        while at < len(words):
            joined = words[at].surface + words[at + 1].surface if at + 1 < len(words) else ""
            if joined and len(joined) > 4 and " " not in joined and joined in self._vocabulary:
                together.append(known_words().get(joined) or Word(joined, joined, "plain"))
                changed = True
                at += 2
            else:
                together.append(words[at])
                at += 1
        if changed:
            kept = set(words)
            other.append(tuple(self.query_word(w) if w in kept else self.exact_word(w) for w in together))
        return other

    def _pieces(self, word: Word) -> list[Word] | None:
        if word not in self._apart:
            _kept(self._apart, word, taken_apart(word, self._vocabulary))
        return self._apart[word]

    def candidates(self, asked: AskedName) -> list[int]:
        """The listed names that could score :data:`FLOOR` or more, best first, at most :data:`NAMES_SCORED`.

        Prefix filter: a name that shares only the commonest words cannot score enough, so their long postings are
        never read; what a name could still gain from unread words is given to it in the bound.
        """
        total = sum(asked.costs)
        postings = self._postings
        reads = sorted(zip(asked.words, asked.costs, strict=True), key=lambda read: read[0].postings)
        need = NEEDED * total
        unread = total
        shared: dict[int, float] = {}
        left = POSTINGS_READ
        done = 0
        for word, cost in reads:
            if unread < need or (word.postings > left and shared):
                break
            done += 1
            left -= word.postings
            unread -= cost
            if not word.gains:
                continue
            # A name that holds several words near this one is given the nearest alone.
            gain, key = word.gains[0]
            best: dict[int, float] = dict.fromkeys(postings[key], gain)
            for gain, key in word.gains[1:]:
                found = postings[key]
                if len(found) == 1:
                    best[found[0]] = gain
                else:
                    best.update(dict.fromkeys(found, gain))
            if shared:
                for name in best.keys() & shared.keys():
                    best[name] += shared[name]
                shared.update(best)
            else:
                shared = best
        bounded = self._bounded(shared, unread, need, total, [word for word, _ in reads[done:]])
        alike = self.built.alike.get(compact([word.word for word in asked.words]), ())
        bounded.extend([name for name in alike if name not in bounded])
        return bounded

    def _bounded(
        self, shared: Mapping[int, float], unread: float, need: float, total: float, later: Sequence[QueryWord]
    ) -> list[int]:
        """Names whose score could reach :data:`FLOOR`, likeliest first."""
        least = need - unread
        totals = self._totals
        # The condition of _reach, solved for the shared weight: most names fall here, without a call for each.
        factor = FLOOR / (1 - BOUND_LISTED * FLOOR)
        asked, slope = factor * BOUND_ASKED * total, factor * BOUND_LISTED
        base, shortest = asked - unread, asked / (1 - slope)
        left = [
            (name, value)
            for name, value in shared.items()
            if value >= least and (listed := totals[name]) >= shortest and value >= base + slope * listed
        ]
        if len(left) > 4:
            # Many share the rarest words: see which of them hold the others too, the nearest first.
            left = [pair for pair in self._with_later(left, later) if pair[1] >= asked + slope * totals[pair[0]]]
            unread = 0.0
        bounds = []
        for name, value in left:
            listed, most = totals[name], value + unread
            reach = _reach(listed if listed < most else most, total, listed)
            if reach >= FLOOR:
                bounds.append((reach, value, name))
        return [name for _, _, name in heapq.nlargest(NAMES_SCORED, bounds)]

    def _with_later(self, left: Sequence[tuple[int, float]], later: Sequence[QueryWord]) -> Iterable[tuple[int, float]]:
        """The names with what they share of the words whose postings were not read."""
        shared = dict(left)
        names = set(shared)
        holders = self._holders
        met: set[str] = set()
        twice: set[str] = set()
        for word in later:
            # The nearest word comes last and is the one that stays.
            best: dict[int, float] = {}
            for gain, key in word.gains:
                if key in met:
                    twice.add(key)
                else:
                    met.add(key)
                held = holders[key]
                if not names.isdisjoint(held):
                    best.update(dict.fromkeys(names & held, gain))
            for name, gain in best.items():
                shared[name] += gain
        if twice:
            self._said_twice(shared, left, later, twice)
        return shared.items()

    def _said_twice(
        self, shared: dict[int, float], left: Sequence[tuple[int, float]], later: Sequence[QueryWord], twice: set[str]
    ) -> None:
        """A name that holds one word near several asked ones, and no other, shares it once."""
        gains = {key: gain for word in later for gain, key in word.gains}
        for name, value in left:
            held = {word.key for word in self.names[name].words} & gains.keys()
            if len(held) == 1 and not held.isdisjoint(twice):
                (key,) = held
                shared[name] = value + gains[key]


def _reach(most: float, asked: float, listed: float) -> float:
    """The best score a name can have that shares so much weight: cheaper than any cost in use for what it lacks."""
    over = asked - most if asked > most else 0.0
    return most / (most + BOUND_ASKED * over + BOUND_LISTED * (listed - most)) if most > 0 else 0.0
