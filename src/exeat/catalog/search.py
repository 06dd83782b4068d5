"""Finds items by name: forgiving about spelling, never about numbers, never doubtful in silence.

A name is read as a row of *runs*: letters, or digits ("H100 SXM5" is h, 100, sxm, 5). Case, punctuation and the
vendor's name do not count. What differs in a number or in a short word is another item: only a long word may be
misspelled.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from exeat.catalog.items import AmbiguousItem, Item, UnknownItem

LONGEST_NAME = 200
_IN_PARENTHESES = re.compile(r"\([^)]*\)")
_RUN = re.compile(r"\d+|[^\W\d_]+")
_MISSPELLED = 80  # least likeness, of 100, of a misspelled word
_LONG_WORD = 5
_VENDOR_WORD = 3  # the "T" of T-Head is not a vendor's name

Runs = tuple[str, ...]

# Words that may be left out of a name or added to it, with the vendors they belong to ("AMD H100" is nothing).
_BRANDS: Mapping[str, frozenset[str]] = {
    "nvidia": frozenset({"NVIDIA"}),
    "geforce": frozenset({"NVIDIA"}),
    "tesla": frozenset({"NVIDIA", "Tesla"}),
    "jetson": frozenset({"NVIDIA"}),
    "amd": frozenset({"AMD"}),
    "radeon": frozenset({"AMD"}),
    "instinct": frozenset({"AMD"}),
    "xilinx": frozenset({"AMD"}),
    "intel": frozenset({"Intel"}),
    "habana": frozenset({"Intel"}),
    "google": frozenset({"Google"}),
    "amazon": frozenset({"Amazon AWS"}),
    "aws": frozenset({"Amazon AWS"}),
    "baidu": frozenset({"Kunlunxin (Baidu)"}),
    "kunlunxin": frozenset({"Kunlunxin (Baidu)"}),
    "thead": frozenset({"T-Head (Alibaba)"}),
    "alibaba": frozenset({"T-Head (Alibaba)"}),
    "mthreads": frozenset({"Moore Threads"}),
    "iluvatar": frozenset({"Iluvatar CoreX"}),
    "hisilicon": frozenset({"Huawei"}),
}
# Words that say what kind of thing it is; left out only when the name is not found with them.
_NOISE = frozenset({"tensor", "core", "gpu", "gpus", "accelerator", "chip", "card", "processor"})


def runs(text: str) -> Runs:
    """The letters and digits of a name, case folded: "MI300X" -> ("mi", "300", "x")."""
    return tuple(_RUN.findall(unicodedata.normalize("NFKC", text).casefold()))


def shown(text: str) -> str:
    """A text fit to stand in an error: one line, printable, not long."""
    clean = "".join(c if c.isprintable() else "?" for c in text[:60])
    return repr(clean) + (" ..." if len(text) > 60 else "")


class NameIndex:
    """The names of all items. Built once, on first use."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items = {item.id: item for item in items}
        self._names: dict[Runs, dict[str, None]] = {}
        vendors: dict[str, set[str]] = {word: set(owners) for word, owners in _BRANDS.items()}
        for item in self._items.values():
            for word in runs(item.vendor):
                if len(word) >= _VENDOR_WORD:
                    vendors.setdefault(word, set()).add(item.vendor)
        self._vendors = vendors
        for item in self._items.values():
            for name in self._names_of(item):
                self._names.setdefault(name, {})[item.id] = None

    def find(self, text: str) -> Item:
        """The one item of this name. Raises UnknownItem (with near names) or AmbiguousItem (with all candidates)."""
        if len(text) > LONGEST_NAME:
            raise UnknownItem(f"no item {shown(text)}: a name has at most {LONGEST_NAME} characters")
        if any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in text.strip()):
            raise UnknownItem(f"no item {shown(text)}: a name has no control characters")
        if (item := self._items.get(text.strip().casefold())) is not None:
            return item
        wanted = runs(text)
        if not wanted:
            raise UnknownItem("no item named: give a name such as 'NVIDIA H100 SXM'")
        found = self._exact(wanted) or self._misspelled(wanted)
        if len(found) == 1:
            return found[0]
        if found:
            names = "; ".join(f"{item.full_name} ({item.id})" for item in found)
            raise AmbiguousItem(f"{shown(text)} names {len(found)} items, say which: {names}", found)
        near = self._near(wanted)
        hint = "; nearest: " + ", ".join(near) if near else ""
        raise UnknownItem(f"no item {shown(text)} in the catalog{hint}", near)

    def search(self, text: str, limit: int) -> list[Item]:
        """Items with every word of ``text`` in a name (or beginning one), in catalog order; else the likest names."""
        wanted = runs(text[:LONGEST_NAME])
        if not wanted:
            return list(self._items.values())[:limit]
        hits: dict[str, None] = {}
        for name, ids in self._names.items():
            if all(_begins(word, name) for word in wanted):
                hits.update(ids)
        if not hits:
            return [self._items[i] for i in self._alike(wanted, limit)]
        return [item for item in self._items.values() if item.id in hits][:limit]

    def _names_of(self, item: Item) -> Iterator[Runs]:
        vendor = runs(item.vendor)
        for text in (item.id, item.name, _IN_PARENTHESES.sub(" ", item.name), *item.aliases):
            name = runs(text)
            yield name
            yield (*vendor, *name)
            yield (*runs(_IN_PARENTHESES.sub(" ", item.vendor)), *name)
            if bare := tuple(word for word in name if not self._owned(word, item)):
                yield bare

    def _owned(self, word: str, item: Item) -> bool:
        return item.vendor in self._vendors.get(word, ())

    def _exact(self, wanted: Runs) -> list[Item]:
        """Items of exactly this name; then without brand words (of the right vendor), then without words of kind."""
        if wanted in self._names:
            return [self._items[i] for i in self._names[wanted]]
        owners = [self._vendors[word] for word in wanted if word in self._vendors]
        bare = tuple(word for word in wanted if word not in self._vendors)
        plain = tuple(word for word in bare if word not in _NOISE)
        for name in (bare, plain):
            found = [self._items[i] for i in self._names.get(name, ())]
            if name is plain and plain != bare:  # "the DGX H100 GPU" is not the DGX H100
                found = [item for item in found if not item.is_assembly]
            if kept := [item for item in found if all(item.vendor in vendors for vendors in owners)]:
                return kept
        return []

    def _misspelled(self, wanted: Runs) -> list[Item]:
        """Items with a name of the same words but for a misspelled long one. Several of them: none is chosen."""
        hits: dict[str, None] = {}
        for name, ids in self._names.items():
            if len(name) == len(wanted) and all(map(_same_word, wanted, name)):
                hits.update(ids)
        return [self._items[i] for i in hits]

    def _near(self, wanted: Runs) -> list[str]:
        return [self._items[i].full_name for i in self._alike(wanted, 4)]

    def _alike(self, wanted: Runs, limit: int) -> list[str]:
        from rapidfuzz import fuzz, process

        choices = {name: " ".join(name) for name in self._names}
        ids: dict[str, None] = {}
        for _, _, name in process.extract(
            " ".join(wanted), choices, scorer=fuzz.ratio, score_cutoff=55, limit=limit * 6
        ):
            ids.update(self._names[name])
        return list(ids)[:limit]


def _begins(word: str, name: Runs) -> bool:
    """Whether a word stands in a name; letters may be the beginning of a word, numbers must be whole."""
    return word in name or (not word.isdigit() and any(part.startswith(word) for part in name))


def _same_word(one: str, other: str) -> bool:
    if one == other:
        return True
    if min(len(one), len(other)) < _LONG_WORD or not (one.isalpha() and other.isalpha()):
        return False
    from rapidfuzz import fuzz

    return fuzz.ratio(one, other) >= _MISSPELLED
