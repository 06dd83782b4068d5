"""A reviewer's clearings: who cleared which pair of customer and entry, when, why, until. Void when either changes."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from exeat.screening.entry import Entry
from exeat.screening.errors import ScreeningError
from exeat.screening.evidence import Subject


def subject_digest(subject: Subject) -> str:
    """Twelve hexadecimal digits over the customer record: they change when it does."""
    text = json.dumps(asdict(subject), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def subject_key(subject: Subject) -> str:
    """The caller's own number for the customer, else the name without case."""
    return subject.key or " ".join(subject.name.casefold().split())


@dataclass(frozen=True, slots=True)
class Review:
    """One decision on a pair. ``verdict`` is ``cleared`` (another party) or ``confirmed`` (the listed one)."""

    subject: str
    subject_digest: str
    entry: str
    entry_digest: str
    verdict: str
    reviewer: str
    reason: str
    decided: str
    until: str


@dataclass
class Reviews:
    """The decisions kept in one file, one JSON object a line, only ever appended to."""

    path: Path
    _latest: dict[tuple[str, str], Review] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._seen: tuple[int, int] | None = None
        self._refresh()

    def _refresh(self) -> None:
        """Read the file again if somebody wrote to it since.

        Raises:
            ScreeningError: a line that is no review.
        """
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return
        seen = (status.st_mtime_ns, status.st_size)
        if seen == self._seen:
            return
        found: dict[tuple[str, str], Review] = {}
        for number, line in enumerate(self.path.read_text(encoding="utf-8").splitlines(), 1):
            try:
                review = Review(**json.loads(line))
                date.fromisoformat(review.until)
            except (ValueError, TypeError) as error:
                raise ScreeningError(f"{self.path}, line {number}: not a review ({error})") from None
            found[review.subject, review.entry] = review
        self._latest, self._seen = found, seen

    def all(self) -> list[Review]:
        """The latest decision on each pair, oldest first."""
        self._refresh()
        return sorted(self._latest.values(), key=lambda review: (review.decided, review.subject, review.entry))

    def decide(
        self, subject: Subject, entry: Entry, verdict: str, reviewer: str, reason: str, until: date,
        today: date | None = None,
    ) -> Review:  # fmt: skip
        """Record a decision.

        Raises:
            ScreeningError: another verdict, no reviewer, no reason, or a last day that has passed.
        """
        day = today or datetime.now(UTC).date()
        if verdict not in ("cleared", "confirmed"):
            raise ScreeningError(f"verdict is {verdict[:40]!r}; expected 'cleared' or 'confirmed'")
        if not reviewer.strip() or not reason.strip():
            raise ScreeningError("a review states who decided and why; both are kept for five years (15 CFR part 762)")
        if until < day:
            raise ScreeningError(f"until is {until}, before {day}")
        review = Review(
            subject_key(subject), subject_digest(subject), entry.key, entry.digest or entry.content_digest(), verdict,
            reviewer.strip(), reason.strip(), day.isoformat(), until.isoformat(),
        )  # fmt: skip
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(review), ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._refresh()
        return review

    def standing(self, subject: Subject, entry: Entry, today: date | None = None) -> tuple[Review | None, str]:
        """The decision on a pair while it stands; else None and, where one was made, why it is void."""
        self._refresh()
        review = self._latest.get((subject_key(subject), entry.key))
        if review is None:
            return None, ""
        day = today or datetime.now(UTC).date()
        if date.fromisoformat(review.until) < day:
            return None, f"{review.verdict} until {review.until} only"
        if review.entry_digest != (entry.digest or entry.content_digest()):
            return None, "the listed entry changed since it was reviewed"
        if review.subject_digest != subject_digest(subject):
            return None, "the customer record changed since it was reviewed"
        return review, ""

    def clearing(self, subject: Subject, entry: Entry, today: date | None = None) -> tuple[str, str]:
        """For a screener: who cleared the pair and until when, or an empty text; and what else was decided on it."""
        review, void = self.standing(subject, entry, today)
        if review is None:
            return "", f"reviewed before, and void: {void}" if void else ""
        said = f"{review.verdict} by {review.reviewer} on {review.decided} until {review.until}: {review.reason}"
        return (said, "") if review.verdict == "cleared" else ("", said)
