"""After a list changes: which customers must be screened again? Those the changed entries could be, and no others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from exeat.screening.entry import Entry
from exeat.screening.evidence import Subject
from exeat.screening.index import Index
from exeat.screening.screen import Answer, Screener


@dataclass(frozen=True, slots=True)
class Changes:
    """Entries added, changed (as they are now), and removed between two copies, by key and content."""

    added: tuple[Entry, ...]
    changed: tuple[Entry, ...]
    removed: tuple[Entry, ...]


def changes(before: Iterable[Entry], after: Iterable[Entry]) -> Changes:
    """What differs between two copies of lists."""
    old = {entry.key: entry for entry in before}
    new = {entry.key: entry for entry in after}
    return Changes(
        tuple(entry for key, entry in new.items() if key not in old),
        tuple(entry for key, entry in new.items() if key in old and old[key].digest != entry.digest),
        tuple(entry for key, entry in old.items() if key not in new),
    )


def touched(found: Changes, whole: Index, subjects: Sequence[Subject], screener: Screener) -> list[Answer]:
    """Answers for the subjects an added or changed entry may be; the others' answers stand.

    Words weigh as in the whole list, so a score here is the score there. Subjects that had hit a removed entry are
    the caller's to look up by :attr:`Changes.removed`.
    """
    few = Screener(Index([*found.added, *found.changed], weights=whole), screener.lists, screener.threshold,
                   screener.clearings, screener.on)  # fmt: skip
    answers = (few.screen(subject) for subject in subjects)
    return [answer for answer in answers if answer.hits or answer.status == "not screened"]
