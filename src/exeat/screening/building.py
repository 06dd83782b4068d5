"""Building an index: every name of every entry as words, who holds which word, and how rare each word is."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from exeat.screening.collecting import without_collecting
from exeat.screening.entry import Entry
from exeat.screening.errors import UnusableName
from exeat.screening.evidence import bare_number
from exeat.screening.near import NearWords
from exeat.screening.weighed import ListedName, compact
from exeat.screening.words import Word, clean, known_words, readings, words_of

#: How much a word of each kind counts beside a plain one of the same rarity.
KIND_WEIGHT: Mapping[str, float] = {
    "plain": 1.0, "number": 0.8, "generic": 0.65, "place": 0.55, "branch": 0.08, "legal": 0.02,
}  # fmt: skip
#: Rarest a generic word can be: in a short list "technology" may stand once and still say nothing.
MOST_RARE = 0.55
#: Longest printed name indexed from a list (a list may hold longer prose than a query may).
LONGEST_LISTED = 2_000
MOST_LISTED_WORDS = 200


@dataclass(slots=True)
class Built:
    """All an index knows of its names; ``names`` by number, ``postings`` the numbers by word.

    ``alike`` gives the numbers by the letters written together, ``rarity`` 0 to 1 by word, ``totals`` the weight of
    each name. ``unindexed`` are names that could not be read: key of the entry, and why. ``addresses`` and ``numbers``
    are positions of entries: those that are bare addresses, and those with an identifier.
    """

    names: Mapping[int, ListedName]
    vocabulary: NearWords
    postings: dict[str, list[int]] = field(default_factory=dict)
    alike: dict[str, list[int]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    rarity: dict[str, float] = field(default_factory=dict)
    totals: list[float] = field(default_factory=list)
    unindexed: list[tuple[str, str]] = field(default_factory=list)
    addresses: list[int] = field(default_factory=list)
    numbers: dict[str, list[int]] = field(default_factory=dict)

    def weight(self, word: Word) -> float:
        """What a word counts: its rarity times the weight of its kind. A word the lists do not hold is rarest."""
        rarity = self.rarity.get(word.key)
        if rarity is None:
            rarity = MOST_RARE if word.kind == "generic" else 1.0
        return rarity * KIND_WEIGHT[word.kind]


def build(entries: Iterable[Entry], weights: Built | None = None) -> Built:
    """Read every name; ``weights`` lends the rarities and the vocabulary of another index."""
    with without_collecting():
        names: list[ListedName] = []
        built = Built({}, weights.vocabulary if weights else NearWords(()))
        surfaces = _collect(entries, names, built)
        built.rarity = weights.rarity if weights else _rarity(len(names), built)
        if weights is None:
            built.vocabulary = NearWords(surfaces)
        for name in names:
            name.weights = tuple([built.weight(word) for word in name.words])
        built.totals = array("d", [sum(name.weights) for name in names]).tolist()
        built.names = dict(enumerate(names))
        _side_by_side(built)
    return built


def _side_by_side(built: Built) -> None:
    """Give all postings one set of numbers that lie together in memory.

    Made while names were read, each number lies on a page of its own: reading a posting then waits for memory, and a
    forked process copies every such page when it counts a reference.
    """
    number = list(range(len(built.names))).__getitem__
    for found in (*built.postings.values(), *built.alike.values()):
        found[:] = map(number, found)


def _collect(entries: Iterable[Entry], names: list[ListedName], built: Built) -> dict[str, None]:
    """Names alike word for word are kept once. Returns the words as written."""
    seen: dict[tuple[tuple[str, ...], bool], int] = {}
    surfaces: dict[str, None] = dict.fromkeys(known_words())
    for position, entry in enumerate(entries):
        for identifier in entry.identifiers:
            built.numbers.setdefault(bare_number(identifier.number), []).append(position)
        if entry.type == "address":
            built.addresses.append(position)
            continue  # "Address 01" is no name: such an entry is found by its address
        for text, weak in [(entry.name, False), *((alias.name, alias.weak) for alias in entry.aliases)]:
            for reading, short in readings(text):
                try:
                    words = words_of(clean(reading, LONGEST_LISTED).text, MOST_LISTED_WORDS)
                except UnusableName as error:
                    built.unindexed.append((entry.key, str(error)))
                    continue
                if not words:
                    continue
                key = (tuple([word.key for word in words]), short or weak)
                at = seen.get(key)
                if at is None:
                    at = seen[key] = len(names)
                    names.append(ListedName(words, (), reading, short or weak, [position]))
                    _post(words, at, built, surfaces)
                elif names[at].entries[-1] != position:
                    names[at].entries.append(position)
    return surfaces


def _post(words: tuple[Word, ...], at: int, built: Built, surfaces: dict[str, None]) -> None:
    built.kinds.update([(word.key, word.kind) for word in words])
    for part in {word.key for word in words}:
        built.postings.setdefault(part, []).append(at)
    for word in words:
        if word.kind == "plain":
            surfaces[word.surface] = None
    built.alike.setdefault(compact(words), []).append(at)


def _rarity(count: int, built: Built) -> dict[str, float]:
    """Rarity of each word, 0 to 1: the logarithm of how few names hold it, against a word no name holds."""
    names = max(count, 1000)
    scale = math.log(1 + names)
    most = {"generic": MOST_RARE, "place": 0.7}
    return {
        key: min(math.log(1 + names / len(found)) / scale, most.get(built.kinds[key], 1.0))
        for key, found in built.postings.items()
    }
