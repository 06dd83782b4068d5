"""A built index kept on disk beside the lists, so that one name is answered without reading the lists again.

The file is the user's own, as the parsed law's is: it is read only if this user wrote it and nobody else may, and if
its digest is right. Whatever is wrong with it, the index is built again. Its name holds the digests of the lists and
of this package's own code, so that neither a changed list nor a changed matcher meets an older index.
"""

from __future__ import annotations

import contextlib
import hashlib
import marshal
import os
import pickle
import sys
import tempfile
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, overload

from exeat.screening.building import Built
from exeat.screening.collecting import without_collecting
from exeat.screening.entry import Entry
from exeat.screening.index import Index
from exeat.screening.near import NearWords
from exeat.screening.weighed import ListedName
from exeat.screening.words import Word

_FIRST = b"exeat index 1\n"
_DIGEST = 32
#: Indexes kept; older ones are removed.
MOST_KEPT = 4


def _code_digest() -> str:
    here = Path(__file__).parent
    whole = hashlib.blake2b(f"{sys.version_info[:2]}{marshal.version}".encode(), digest_size=8)
    for path in sorted([*here.rglob("*.py"), *here.glob("*.csv")]):
        whole.update(path.read_bytes())
    return whole.hexdigest()


# Taken when the module is loaded, so that a process running older code never names its index after newer code.
_CODE = _code_digest()


def index_of(folder: Path, digests: Iterable[str], read: Callable[[], Sequence[Entry]]) -> Index:
    """The index of lists with these digests: the one kept in ``folder``, or one built of ``read()`` and kept.

    A folder that cannot be written only costs time at the next start.
    """
    name = hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest()[:24]
    path = folder / f"{name}-{_CODE}.index"
    index = load(path)
    if index is None:
        index = Index(read())
        with contextlib.suppress(OSError):
            keep(index, path)
    return index


def keep(index: Index, path: Path) -> None:
    """Write an index atomically, and remove all but the newest few beside it.

    Raises:
        OSError: the folder cannot be written.
    """
    with without_collecting():
        content = marshal.dumps(_packed(index))
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_FIRST + hashlib.blake2b(content, digest_size=_DIGEST).digest())
            file.write(content)
        Path(part).replace(path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
    kept = sorted(path.parent.glob("*.index"), key=lambda found: found.stat().st_mtime_ns, reverse=True)
    for old in kept[MOST_KEPT:]:
        old.unlink(missing_ok=True)


def load(path: Path) -> Index | None:
    """The index of a file, or None where it is not there, not this user's own, or not whole."""
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & 0o022):
                return None
            if file.read(len(_FIRST)) != _FIRST:
                return None
            digest, content = file.read(_DIGEST), file.read()
        if hashlib.blake2b(content, digest_size=_DIGEST).digest() != digest:
            return None
        with without_collecting():
            return _unpacked(marshal.loads(content))
    except Exception:  # A file may be damaged in any way; the index is then simply built again.
        return None


class _Entries(Sequence[Entry]):
    """Entries by position, each unpacked when first asked for."""

    def __init__(self, packed: bytes, ends: array[int]) -> None:
        self._packed, self._ends = packed, ends
        self._held: dict[int, Entry] = {}

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, at: int) -> Entry: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Entry]: ...
    def __getitem__(self, at: int | slice) -> Entry | Sequence[Entry]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        held = self._held.get(at)
        if held is None:
            if not 0 <= at < len(self):
                raise IndexError(at)
            held = self._held[at] = pickle.loads(self._packed[self._ends[at] : self._ends[at + 1]])
        return held


class _Names(dict[int, ListedName]):
    """Names by number, each made when first asked for."""

    def __init__(self, packed: Mapping[str, Any], weight: Callable[[Word], float]) -> None:
        super().__init__()
        self._words = packed["words"]
        self._of_names, self._ends = _numbers(packed["of_names"]), _numbers(packed["ends"])
        self._entries, self._printed, self._short = packed["entries_of"], packed["printed"], packed["short"]
        self._weight = weight

    def __missing__(self, name: int) -> ListedName:
        of_name = self._of_names[self._ends[name] : self._ends[name + 1]]
        words = tuple([Word(*self._words[at]) for at in of_name])
        weights = tuple([self._weight(word) for word in words])
        made = ListedName(words, weights, self._printed[name], bool(self._short[name]), list(self._entries[name]))
        self[name] = made
        return made

    def __len__(self) -> int:
        return len(self._printed)


def _numbers(packed: bytes, kind: str = "Q") -> array[Any]:
    held: array[Any] = array(kind)
    held.frombytes(packed)
    return held


def _packed(index: Index) -> dict[str, Any]:
    built = index.built
    number_of: dict[Word, int] = {}
    of_names, ends = array("Q"), array("Q", [0])
    names = [built.names[at] for at in range(len(built.names))]
    for name in names:
        of_names.extend([number_of.setdefault(word, len(number_of)) for word in name.words])
        ends.append(len(of_names))
    entries = [pickle.dumps(entry, pickle.HIGHEST_PROTOCOL) for entry in index.entries]
    entry_ends = array("Q", [0])
    for entry in entries:
        entry_ends.append(entry_ends[-1] + len(entry))
    return {
        "words": [tuple(word) for word in number_of], "of_names": of_names.tobytes(), "ends": ends.tobytes(),
        "entries_of": [name.entries for name in names], "printed": [name.printed for name in names],
        "short": bytes(name.short for name in names), "vocabulary": built.vocabulary.state(),
        "postings": built.postings, "alike": built.alike, "kinds": built.kinds, "rarity": built.rarity,
        "totals": array("d", built.totals).tobytes(), "unindexed": built.unindexed, "addresses": built.addresses,
        "numbers": built.numbers, "entries": b"".join(entries), "entry_ends": entry_ends.tobytes(),
    }  # fmt: skip


def _unpacked(packed: Mapping[str, Any]) -> Index:
    built = Built(
        {}, NearWords.restored(packed["vocabulary"]), packed["postings"], packed["alike"], packed["kinds"],
        packed["rarity"], _numbers(packed["totals"], "d").tolist(), packed["unindexed"], packed["addresses"],
        packed["numbers"],
    )  # fmt: skip
    built.names = _Names(packed, built.weight)
    return Index(_Entries(packed["entries"], _numbers(packed["entry_ends"])), built=built)
