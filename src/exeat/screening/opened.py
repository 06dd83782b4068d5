"""The lists held, opened for screening: one index for the same lists, one screener for each day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from exeat.screening.answer import ListInUse
from exeat.screening.index import Index
from exeat.screening.kept import index_of
from exeat.screening.reviews import Reviews
from exeat.screening.score import THRESHOLD
from exeat.screening.screen import Screener
from exeat.screening.store import ListStore, Snapshot, starter


@dataclass
class Screening:
    """Screeners by day; an index takes seconds to build and is built once. For the desk, the API and batches."""

    store: ListStore
    threshold: float = THRESHOLD

    def __post_init__(self) -> None:
        self._held: dict[tuple[str, ...], Screener] = {}
        self.reviews = Reviews(self.store.folder / "reviews.jsonl")

    def screener(self, on: date | None = None) -> Screener:
        """The screener for a day (None: today), with the reviews kept beside the lists.

        Raises:
            ScreeningError: a list that is held cannot be read.
        """
        day = on or datetime.now(UTC).date()
        picked = self.store.chosen(on)
        stamp = tuple(f"{s.form}/{s.code}/{s.digest}/{s.mapping}" for s, _ in picked)
        base = self._held.get(stamp)
        if base is None:
            base = self._held[stamp] = self._opened(picked, stamp)
        return base.of_day(day, tuple(used for _, used in picked) or base.lists)

    def _opened(self, picked: Sequence[tuple[Snapshot, ListInUse]], stamp: Sequence[str]) -> Screener:
        if not picked:
            entries, used = starter()
            return Screener(Index(entries), used, self.threshold, self.reviews.clearing)
        for snapshot, _ in picked:
            snapshot.whole()
        index = index_of(
            self.store.folder / "indexes", stamp, lambda: [entry for kept, _ in picked for entry in kept.read()]
        )
        return Screener(index, (), self.threshold, self.reviews.clearing)
