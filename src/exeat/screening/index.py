"""The names of all entries, by word: which listed names could a given name be? Retrieval only, no judgment."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence

from exeat.screening.apart import taken_apart
from exeat.screening.collecting import without_collecting
from exeat.screening.entry import Entry
from exeat.screening.errors import UnusableName
from exeat.screening.near import NearWords
from exeat.screening.weighed import ListedName, QueryWord, compact, effective
from exeat.screening.words import Word, clean, known_words, readings, words_of

#: How much a word of each kind counts beside a plain one of the same rarity.
KIND_WEIGHT: Mapping[str, float] = {
    "plain": 1.0, "number": 0.8, "generic": 0.65, "place": 0.55, "branch": 0.08, "legal": 0.02,
}  # fmt: skip
#: Rarest a generic word can be: in a short list "technology" may stand once and still say nothing.
MOST_RARE = 0.55
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
#: Longest printed name indexed from a list (a list may hold longer prose than a query may).
LONGEST_LISTED = 2_000
MOST_LISTED_WORDS = 200


class Index:
    """Inverted index of listed names by word.

    ``weights`` may be taken over from another index, so that a handful of changed entries is scored exactly as
    within the whole list.
    """

    def __init__(self, entries: Iterable[Entry], weights: Index | None = None) -> None:
        self.entries: tuple[Entry, ...] = tuple(entries)
        self.names: list[ListedName] = []
        self.unindexed: list[tuple[str, str]] = []
        self._postings: dict[str, list[int]] = {}
        self._by_compact: dict[str, list[int]] = {}
        self._kinds: dict[str, str] = {}
        self._asked: dict[Word, QueryWord] = {}
        with without_collecting():
            self._build(weights)

    def _build(self, weights: Index | None) -> None:
        surfaces = self._collect()
        self._idf: dict[str, float] = weights._idf if weights else self._rarity()
        self._vocabulary: NearWords = weights._vocabulary if weights else NearWords(surfaces)
        for name in self.names:
            name.weights = tuple(self.weight(word) for word in name.words)
            name.total = sum(name.weights)
        self._totals = [name.total for name in self.names]

    def _collect(self) -> dict[str, None]:
        """Read every name of every entry; names alike word for word are kept once. Returns the words as written."""
        seen: dict[tuple[tuple[str, ...], bool], int] = {}
        surfaces: dict[str, None] = dict.fromkeys(known_words())
        for number, entry in enumerate(self.entries):
            if entry.type == "address":
                continue  # "Address 01" is no name: such an entry is found by its address
            printed = [(entry.name, False), *((alias.name, alias.weak) for alias in entry.aliases)]
            for text, weak in printed:
                for reading, short in readings(text):
                    try:
                        words = words_of(clean(reading, LONGEST_LISTED).text, MOST_LISTED_WORDS)
                    except UnusableName as error:
                        self.unindexed.append((entry.key, str(error)))
                        continue
                    if not words:
                        continue
                    key = (tuple(word.key for word in words), short or weak)
                    at = seen.get(key)
                    if at is None:
                        at = seen[key] = len(self.names)
                        self.names.append(
                            ListedName(words, (), 0.0, reading, short or weak, [number], frozenset(key[0]))
                        )
                        self._kinds.update((word.key, word.kind) for word in words)
                        for part in {word.key for word in words}:
                            self._postings.setdefault(part, []).append(at)
                        for word in words:
                            if word.kind == "plain":
                                surfaces[word.surface] = None
                        self._by_compact.setdefault(compact(words), []).append(at)
                    elif self.names[at].entries[-1] != number:
                        self.names[at].entries.append(number)
        return surfaces

    def _rarity(self) -> dict[str, float]:
        """Rarity of each word, 0 to 1: the logarithm of how few names hold it, against a word no name holds."""
        names = max(len(self.names), 1000)
        scale = math.log(1 + names)
        most = {"generic": MOST_RARE, "place": 0.7}
        return {
            key: min(math.log(1 + names / len(found)) / scale, most.get(self._kinds[key], 1.0))
            for key, found in self._postings.items()
        }

    def weight(self, word: Word) -> float:
        """What a word counts: its rarity times the weight of its kind. A word the lists do not hold is rarest."""
        rarity = self._idf.get(word.key)
        if rarity is None:
            rarity = MOST_RARE if word.kind == "generic" else 1.0
        return rarity * KIND_WEIGHT[word.kind]

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
            if len(self._asked) > 200_000:
                self._asked.clear()
            held = self._asked[word] = self._with_gains(word, weight, near)
        return held

    def exact_word(self, word: Word) -> QueryWord:
        """A word that stands for itself alone: for readings that are guesses already."""
        return self._with_gains(word, self.weight(word), {word.key: 1.0} if word.key in self._postings else {})

    def _with_gains(self, word: Word, weight: float, near: Mapping[str, float]) -> QueryWord:
        gains = sorted((value * max(weight, self._listed_weight(key)), key) for key, value in near.items())
        return QueryWord(
            word, weight, near, tuple(gains), tuple(gains[::-1]), sum(len(self._postings[k]) for k in near)
        )

    def _listed_weight(self, key: str) -> float:
        return self._idf.get(key, 1.0) * KIND_WEIGHT[self._kinds[key]]

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
            pieces = (
                taken_apart(word, self._vocabulary)
                if word.kind == "plain" and word.surface not in self._vocabulary
                else None
            )
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

    def candidates(self, words: Sequence[QueryWord]) -> list[int]:
        """The listed names that could score :data:`FLOOR` or more, best first, at most :data:`NAMES_SCORED`.

        Prefix filter: a name that shares only the commonest words cannot score enough, so their long postings are
        never read; what a name could still gain from unread words is given to it in the bound.
        """
        costs = effective(words)
        total = sum(costs)
        postings = self._postings
        reads = sorted(zip(words, costs, strict=True), key=lambda read: read[0].postings)
        need = NEEDED * total
        unread = total
        shared: dict[int, float] = {}
        left = POSTINGS_READ
        done = 0
        for asked, cost in reads:
            if unread < need or (asked.postings > left and shared):
                break
            done += 1
            left -= asked.postings
            unread -= cost
            # A name that holds several words near this one is given the nearest alone.
            best: dict[int, float] = {}
            for gain, key in asked.gains:
                best.update(dict.fromkeys(postings[key], gain))
            if shared:
                for name, gain in best.items():
                    shared[name] = shared.get(name, 0.0) + gain
            else:
                shared = best
        found = self._bounded(shared, unread, need, total, [asked.nearest for asked, _ in reads[done:]])
        found.extend(name for name in self._by_compact.get(compact([a.word for a in words]), ()) if name not in found)
        return found

    def _bounded(
        self,
        shared: Mapping[int, float],
        unread: float,
        need: float,
        total: float,
        later: Sequence[Sequence[tuple[float, str]]],
    ) -> list[int]:
        """Names whose score could reach :data:`FLOOR`, likeliest first."""
        least = need - unread
        totals = self._totals
        # The condition of _reach, solved for the shared weight: most names fall here, without a call for each.
        factor = FLOOR / (1 - BOUND_LISTED * FLOOR)
        base, slope = factor * BOUND_ASKED * total - unread, factor * BOUND_LISTED
        shortest = (base + unread) / (1 - slope)
        left = [
            (name, value)
            for name, value in shared.items()
            if value >= least and totals[name] >= shortest and value >= base + slope * totals[name]
        ]
        if len(left) > 4:
            # Many share the rarest words: see which of them hold the others too, the nearest first.
            names = self.names
            for at, (name, value) in enumerate(left):
                keys = names[name].keys
                for nearest in later:
                    for gain, key in nearest:
                        if key in keys:
                            value += gain
                            break
                left[at] = (name, value)
            unread = 0.0
        bounds = []
        for name, value in left:
            reach = _reach(min(value + unread, totals[name]), total, totals[name])
            if reach >= FLOOR:
                bounds.append((reach, value, name))
        return [name for _, _, name in heapq.nlargest(NAMES_SCORED, bounds)]


def _reach(most: float, asked: float, listed: float) -> float:
    """The best score a name can have that shares so much weight: cheaper than any cost in use for what it lacks."""
    over = asked - most if asked > most else 0.0
    return most / (most + BOUND_ASKED * over + BOUND_LISTED * (listed - most)) if most > 0 else 0.0
