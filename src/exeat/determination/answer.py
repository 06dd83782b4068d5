"""A determination as callers see it: the answer on both tracks with every cause, and as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any, Protocol

from exeat.determination.ask import Ask, Inquiry, open_policies
from exeat.determination.determine import SEVERITY, Engine, Valuation
from exeat.determination.program import TRACKS
from exeat.determination.report import Report
from exeat.determination.robustness import Bounds, Robustness
from exeat.determination.step import Track
from exeat.lawbook.consolidate import Lawbook
from exeat.logic.tree import Value


class AskedItem(Protocol):
    """What the answer needs of an item: its name, figures known within bounds, and where its facts come from."""

    @property
    def name(self) -> str: ...
    @property
    def intervals(self) -> Mapping[str, Bounds]: ...
    @property
    def provenance(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked, read and typed: the day, the facts, the parties.

    ``screening`` tells of each party that was screened what was found, ``balances`` of each fact a ledger supplied the
    account and its value. A party's fact that is None is known to be open and is not presumed.
    """

    on: date
    known_on: date | None
    item: AskedItem | None
    facts: dict[str, Value]
    parties: tuple[dict[str, Value], ...]
    owners_stated: bool = False
    resolutions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    screening: tuple[Mapping[str, Any], ...] = ()
    balances: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Determination:
    """The answer to one transaction. :meth:`to_dict` has everything; the properties are the usual short cuts."""

    lawbook: Lawbook = field(repr=False)
    engine: Engine = field(repr=False)
    asked: Asked
    valuation: Valuation = field(repr=False)
    robustness: tuple[Robustness, ...] = ()
    settled: Mapping[str, str] = field(default_factory=dict)
    receipt: Mapping[str, Any] | None = None

    def outcome_on(self, track: Track) -> str:
        """The outcome on a track."""
        return self.settled.get(track) or self.valuation.outcome(track)

    @property
    def outcome(self) -> str:
        """The stricter of the two tracks' outcomes, for a caller that can hold only one."""
        return min((self.outcome_on(track) for track in TRACKS), key=SEVERITY.index)

    @property
    def eccn(self) -> str | None:
        """The entry the item is classified in; None where a missing fact decides, ``not_listed`` for none encoded."""
        return self.valuation.eccn

    @property
    def text(self) -> dict[str, Any]:
        """The track of the regulations in force, as data."""
        return self.to_dict()["text"]  # type: ignore[no-any-return]

    @property
    def enforced(self) -> dict[str, Any]:
        """The track of what the agency says it enforces, as data."""
        return self.to_dict()["enforced"]  # type: ignore[no-any-return]

    @property
    def ask(self) -> list[dict[str, Any]]:
        """The facts that would settle an unknown answer, most decisive first."""
        return self.to_dict()["ask"]  # type: ignore[no-any-return]

    @cached_property
    def asks(self) -> tuple[Ask, ...]:
        """The missing facts that would settle an unknown answer or review policy. Found when asked for."""
        if self.settled:
            return ()
        if "unknown" not in (self.outcome_on(track) for track in TRACKS) and not open_policies(self.valuation):
            return ()
        return tuple(self.inquiry().asks())

    def inquiry(self) -> Inquiry:
        """What finds the facts on which an expression of this answer hangs."""
        return Inquiry(self.engine, self.asked.facts, self.asked.parties, self.valuation)

    def kept(self, receipt: Mapping[str, Any]) -> Determination:
        """The same answer with the receipt it was recorded under."""
        found = replace(self, receipt=receipt)
        found.__dict__["_data"] = {**self._data, "receipt": dict(receipt)}  # already written: not a second time
        return found

    @cached_property
    def _data(self) -> dict[str, Any]:
        return Report(self).data()

    def to_dict(self) -> dict[str, Any]:
        """The whole answer as plain data, of the form of ``docs/determination.schema.json``."""
        return self._data

    def unknown_tracks(self) -> Iterator[Track]:
        """The tracks whose outcome is unknown."""
        return (track for track in TRACKS if self.outcome_on(track) == "unknown")
