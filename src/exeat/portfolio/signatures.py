"""The signature of a row: the truth of everything its answer shows. Rows of one signature share answer and trace.

The shown truths of many rows are packed into a few whole numbers for each row. Each packing is read once, as what it
shows: the outcome on each track, the entry, the review policies, and every paragraph that holds or may, as it is cited.
So the same paragraphs of the same instruments on different days are one signature.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from exeat.determination.answer import Determination
from exeat.determination.determine import Engine
from exeat.determination.program import TRACKS
from exeat.logic.arrays import NO, YES, Column, Texts, truths
from exeat.logic.tree import Fact
from exeat.portfolio.alike_rows import distinct, packed
from exeat.portfolio.decision import marks_of, shown_names
from exeat.portfolio.domains import ONCE, Arrayed, Rows

#: An expression whose truth is shown, as it is shown; with its truth: whether it holds, or only may.
Mark: TypeAlias = tuple[object, ...]
_POLICY_OPEN = (None, "license_required", "unknown")


@dataclass(frozen=True, slots=True)
class Signature:
    """What an answer shows. ``marks`` are the paragraphs that hold or may, in the order of the law."""

    outcomes: tuple[str, ...]
    eccn: str | None
    policies: tuple[str | None, ...]
    marks: tuple[Mark, ...]

    @property
    def settled(self) -> bool:
        """Whether the outcome is known on both tracks."""
        return "unknown" not in self.outcomes


@dataclass
class Signatures:
    """Signatures by number, over all programs of a table."""

    listed: list[Signature] = field(default_factory=list)
    _numbers: dict[Signature, int] = field(default_factory=dict)
    _said: dict[object, int] = field(default_factory=dict)
    _told: list[tuple[int, int, bool]] = field(default_factory=list)

    def number(self, signature: Signature) -> int:
        found = self._numbers.setdefault(signature, len(self._numbers))
        if found == len(self.listed):
            self.listed.append(signature)
            said = (signature.outcomes, (signature.outcomes, signature.eccn))
            one, other = (self._said.setdefault(part, len(self._said)) for part in said)
            self._told.append((one, other, signature.settled))
        return found

    @property
    def told(self) -> NDArray[np.int64]:
        """Of each a number for its outcomes, one for outcomes and entry, and whether its outcomes are known."""
        return np.array(self._told, np.int64).reshape(-1, 3)


class Signing:
    """Gives the rows of one program their signatures."""

    def __init__(self, program: Arrayed, signatures: Signatures) -> None:
        self.program, self.signatures = program, signatures
        asked, engine = program.asked, program.asked.engine
        self.names = tuple(dict.fromkeys(name for name in shown_names(engine) if name in asked.steps))
        self.marks = marks_of(engine)
        #: Exceptions are shown on a track only where something may need a license there.
        self.track_of = {name: track for track in TRACKS for name in engine.relief_names[track]}
        #: Red flags are shown only where they are raised.
        self.flags = flag_names(engine)
        self._texts = ["eccn", *(f"{track}.{what}" for track in TRACKS for what in ("outcome", "review_policy"))]
        self._varies = [any(program.domain(asked.steps[n]) != ONCE for n in self._behind(name)) for name in self.names]
        self._known: dict[tuple[int, ...], int] = {}

    def _behind(self, name: str) -> tuple[str, ...]:
        track = self.track_of.get(name)
        return (name,) if track is None else (name, f"{track}.any_requirement")

    @property
    def roots(self) -> tuple[str, ...]:
        """Every step a signature reads."""
        return (*self.names, *self._texts, *(f"{track}.any_requirement" for track in TRACKS))

    def of(self, rows: Rows) -> NDArray[np.int64]:
        """The number of each row's signature."""
        columns, texts = self._columns(rows)
        # What is the same for all rows of the program tells none of them apart.
        telling = [column for column, varies in zip(columns, self._varies, strict=True) if varies]
        words = packed(telling, texts, rows.count)
        codes, firsts = distinct(words)
        keys = list(zip(*(word[firsts].tolist() for word in words), strict=True))
        new = [place for place, key in enumerate(keys) if key not in self._known]
        for place, signature in zip(new, self._read(columns, texts, firsts[new]), strict=True):
            self._known[keys[place]] = self.signatures.number(signature)
        return np.array([self._known[key] for key in keys], np.int64)[codes]

    def of_determination(self, found: Determination) -> Signature:
        """The signature of what the desk finds: what must have been found over arrays for the same row."""
        valuation = found.valuation
        needless = [t for t in TRACKS if valuation.values.get(f"{t}.any_requirement") is False]
        held: list[Mark] = []
        known = valuation.values.get
        for name in self.names:
            if known(name) is False:
                continue  # most are
            truth = valuation.truth(name)
            if truth is True or (truth is None and name not in self.flags and self.track_of.get(name) not in needless):
                held.append((self.marks[name], truth is True))
        outcomes = [found.outcome_on(track) for track in TRACKS]
        return made_signature(outcomes, found.eccn, [valuation.review_policy(t) for t in TRACKS], held)

    def _columns(self, rows: Rows) -> tuple[list[NDArray[np.uint8]], list[NDArray[np.int32]]]:
        """Shown truths, those that are hidden made no, and shown texts; each of one value or one for each row."""
        keep = self.program.asked.keep
        needed = {t: truths(rows.column(keep(Fact(f"{t}.any_requirement")))) != NO for t in TRACKS}
        columns = []
        for name in self.names:
            column = truths(rows.column(keep(Fact(name))))
            track = self.track_of.get(name)
            if track is not None:
                column = column * needed[track]
            columns.append(column & np.uint8(YES) if name in self.flags else column)
        return columns, [_codes(rows.column(keep(Fact(name)))) for name in self._texts]

    def _read(
        self, columns: Sequence[NDArray[np.uint8]], texts: Sequence[NDArray[np.int32]], rows: NDArray[np.int64]
    ) -> Iterator[Signature]:
        """What some rows show."""
        listed = self.program.words.listed
        said = [[None if code < 0 else listed[code] for code in _at(text, rows).tolist()] for text in texts]
        shown = dict(zip(self._texts, said, strict=True))
        held = np.stack([_at(column, rows) for column in columns], axis=1) if columns else np.zeros((len(rows), 0))
        marks = [self.marks[name] for name in self.names]
        for place in range(len(rows)):
            truths_of = held[place]
            yield made_signature(
                [shown[f"{track}.outcome"][place] for track in TRACKS],
                shown["eccn"][place],
                [shown[f"{track}.review_policy"][place] for track in TRACKS],
                [(marks[at], bool(truths_of[at] == YES)) for at in np.flatnonzero(truths_of).tolist()],
            )


def made_signature(
    outcomes: Sequence[str | None], eccn: str | None, policies: Sequence[str | None], held: Sequence[Mark]
) -> Signature:
    """A signature of what a program's steps come to: policies stand only where an application may be met."""
    shown = [
        policy if outcome in _POLICY_OPEN and policy not in (None, "none") else None
        for outcome, policy in zip(outcomes, policies, strict=True)
    ]
    return Signature(tuple(o or "unknown" for o in outcomes), eccn, tuple(shown), tuple(held))


def flag_names(engine: Engine) -> frozenset[str]:
    """The steps of red flags."""
    return frozenset(section.rule.name for section in engine.words.red_flags if section.rule is not None)


def _codes(column: Column) -> NDArray[np.int32]:
    return column.codes if isinstance(column, Texts) else np.array([-1], np.int32)


def _at(column: NDArray[Any], rows: NDArray[np.int64]) -> NDArray[Any]:
    return column[rows] if len(column) > 1 else np.repeat(column, len(rows))


__all__ = ["Signature", "Signatures", "Signing", "made_signature"]
