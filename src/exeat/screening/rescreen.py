"""After a list changes: which customers must be screened again? Those the changed entries could be, and no others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from exeat.screening.answer import NOT_SCREENED, Answer
from exeat.screening.entry import Entry
from exeat.screening.evidence import Subject
from exeat.screening.index import Index
from exeat.screening.screen import Screener
from exeat.screening.store import Snapshot

#: Names told of each kind of change.
FEW = 5


@dataclass(frozen=True, slots=True)
class Changes:
    """Entries added, changed (as they are now), and removed between two copies, by key and content."""

    added: tuple[Entry, ...]
    changed: tuple[Entry, ...]
    removed: tuple[Entry, ...]

    def to_dict(self) -> dict[str, object]:
        """How many, and the first names of each."""
        return {
            what: {"count": len(found), "names": [entry.name for entry in found[:FEW]]}
            for what, found in (("added", self.added), ("changed", self.changed), ("removed", self.removed))
        }


def changes(before: Iterable[Entry], after: Iterable[Entry]) -> Changes:
    """What differs between two copies of lists."""
    old = {entry.key: entry for entry in before}
    new = {entry.key: entry for entry in after}
    return Changes(
        tuple(entry for key, entry in new.items() if key not in old),
        tuple(entry for key, entry in new.items() if key in old and old[key].digest != entry.digest),
        tuple(entry for key, entry in old.items() if key not in new),
    )


def between(before: Snapshot, after: Snapshot) -> Changes:
    """What differs between two kept copies.

    Raises:
        UnreadableList: one of them cannot be read.
    """
    return changes(before.read(), after.read())


def touched(found: Changes, subjects: Sequence[Subject], screener: Screener) -> list[Answer]:
    """Whole answers for the subjects that an added, changed or removed entry may be; the others' answers stand.

    Words weigh as in the whole list, so a score is the score there. Of a removed entry the answer has a note.
    """
    whole = screener.index
    now = Screener(Index([*found.added, *found.changed], weights=whole), threshold=screener.threshold, on=screener.on)
    gone = Screener(Index(found.removed, weights=whole), threshold=screener.threshold)
    answers = []
    for subject in subjects:
        answer = now.screen(subject)
        lost = gone.screen(subject).hits if found.removed else ()
        if answer.hits or lost or answer.status == NOT_SCREENED:
            answer = screener.screen(subject)
            notes = [f"no longer on the list {hit.entry.list}: {hit.entry.name}" for hit in lost]
            answers.append(replace(answer, notes=(*answer.notes, *dict.fromkeys(notes))))
    return answers


__all__ = ["Changes", "between", "changes", "touched"]
