"""What screening answers: the lists it rests on, the entries a name may be, and one answer for one name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from exeat.screening.entry import LISTS, Entry
from exeat.screening.evidence import Subject
from exeat.screening.score import NameScore

MATCH = "match"
POSSIBLE = "possible match"
NOT_FOUND = "no match found"
NOT_SCREENED = "not screened"


@dataclass(frozen=True, slots=True)
class ListInUse:
    """One source a screening rests on: its name, the day it stands for, rows by list, and what is wrong with it."""

    source: str
    as_of: date | None
    rows: Mapping[str, int]
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """One listed entry a name may be. ``cleared`` tells by whom and until when a reviewer cleared this pair."""

    entry: Entry
    status: str
    score: float
    name_score: float
    listed_name: str
    account: NameScore | None
    reasons: tuple[str, ...]
    cleared: str = ""
    position: int = -1

    def to_dict(self) -> dict[str, Any]:
        """As plain data: what decided, and what the entry says."""
        entry = self.entry
        return {
            "status": self.status, "score": round(self.score, 3), "list": entry.list,
            "list_name": LISTS.get(entry.list, entry.list), "key": entry.key, "name": entry.name,
            "matched_name": self.listed_name, "reasons": list(self.reasons),
            "words": [line.to_dict() for line in self.account.words] if self.account else [],
            "countries": list(entry.countries), "since": entry.since.isoformat() if entry.since else None,
            "until": entry.until.isoformat() if entry.until else None, "footnotes": list(entry.footnotes),
            "programs": list(entry.programs), "license_requirement": entry.license_requirement,
            "license_policy": entry.license_policy, "federal_register": entry.federal_register,
            "source": entry.source, "row": entry.row, "cleared": self.cleared or None,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer for one name. ``status`` is match, possible match, no match found, or not screened."""

    subject: Subject
    status: str
    statement: str
    hits: tuple[Hit, ...] = ()
    notes: tuple[str, ...] = ()
    lists: tuple[ListInUse, ...] = ()
    more_hits: int = 0

    @property
    def unresolved(self) -> bool:
        """Whether somebody must look: an open hit, a name not screened, or lists that failed their checks."""
        return self.status == NOT_SCREENED or any(not hit.cleared for hit in self.hits) or bool(self.notes_of_lists)

    @property
    def notes_of_lists(self) -> tuple[str, ...]:
        """What is wrong with the lists the answer rests on."""
        return tuple(f"{used.source}: {flag}" for used in self.lists for flag in used.flags)

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "name": self.subject.name[:200], "country": self.subject.country or None, "status": self.status,
            "statement": self.statement, "unresolved": self.unresolved, "hits": [hit.to_dict() for hit in self.hits],
            "more_hits": self.more_hits, "notes": list(self.notes),
            "lists": [
                {"source": u.source, "as_of": u.as_of.isoformat() if u.as_of else None, "rows": dict(u.rows),
                 "flags": list(u.flags)} for u in self.lists
            ],
        }  # fmt: skip
