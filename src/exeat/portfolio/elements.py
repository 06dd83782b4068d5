"""The distinct parts of a table's rows, read once each by the desk: days, items, row facts, parties, numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from exeat.catalog import CatalogError
from exeat.desk import Desk
from exeat.logic.errors import LogicError
from exeat.logic.tree import Value
from exeat.logic.values import value_of
from exeat.portfolio.columns import Columns, Meaning, absent, cell_of, party_of
from exeat.portfolio.days import day_of
from exeat.portfolio.residual import ABSENT, KNOWN, UNKNOWN
from exeat.portfolio.withheld import UNKNOWN_MARK
from exeat.terms import InputError, read_transaction

ANY_DAY = {"date": "2025-01-01"}


@dataclass(frozen=True, slots=True)
class Element:
    """One distinct part of a row: its cells, and what they state, by the names of :mod:`exeat.portfolio.asked`.

    ``stated`` is the same by the names of facts, without what is presumed. ``error`` says why the cells cannot be read;
    such rows go to the errors.
    """

    cells: tuple[object, ...]
    facts: Mapping[str, Value] = field(default_factory=dict)
    error: str | None = None
    stated: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Number:
    """One distinct cell of a column of numbers: whether it states anything, and what."""

    cell: object
    status: int
    value: Decimal | None = None
    error: str | None = None


class Reading:
    """Reads cells exactly as the desk does, by asking it."""

    def __init__(self, desk: Desk, columns: Columns) -> None:
        self.desk, self.columns = desk, columns
        self.vocabulary = desk.lawbook.vocabulary

    def day(self, cell: object) -> date | str:
        """The day of a cell, or why there is none."""
        if absent(cell):
            return "the row states no date; expected YYYY-MM-DD"
        try:
            day = day_of(cell, self.columns.dates)
        except InputError as error:
            return str(error)
        begins = self.desk.lawbook.begins
        if day < begins:
            return f"date is {day}; the encoded law begins on {begins}, nothing earlier is decided"
        return day

    def item(self, cell: object) -> str | None:
        """Why the item of a cell cannot be read, or None."""
        if absent(cell):
            return None
        try:
            self.desk.catalog.find(str(cell))
        except CatalogError as error:
            return str(error)
        return None

    def row(self, cells: Sequence[object]) -> Element:
        """The facts of a row's own columns (all but numbers)."""
        facts: dict[str, Value] = {}
        known: dict[str, Value] = {}
        presumed = self._presumed
        for meaning, cell in zip(self.columns.of("fact"), cells, strict=True):
            said = not absent(cell)
            facts[f"said:{meaning.fact}"] = said
            facts[f"said:{UNKNOWN_MARK}{meaning.fact}"] = False
            if not said:
                facts[f"row:{meaning.fact}"] = presumed(meaning.fact)
                continue
            try:
                stated = {meaning.fact: cell_of(cell, meaning, self.vocabulary)}
                known.update(self.desk.stated_facts(stated))
            except (LogicError, InputError) as error:
                return Element(tuple(cells), error=str(error))
            facts[f"row:{meaning.fact}"] = known[meaning.fact]
            facts[f"said:{UNKNOWN_MARK}{meaning.fact}"] = known[meaning.fact] is None
        return Element(tuple(cells), facts, stated=known)

    def party(self, slot: str, cells: Sequence[object]) -> Element:
        """The facts of a slot's party."""
        read = self.columns.of_slot(slot)
        try:
            by_column = {m.column: cell for m, cell in zip(read, cells, strict=True)}
            stated = party_of(by_column, slot, self.columns, self.vocabulary)
            if stated is None:
                return Element(tuple(cells), {f"here:{slot}": False})
            transaction = read_transaction({**ANY_DAY, "parties": [stated]})
            facts = self.desk.stated_parties(transaction.parties, transaction.on)[0]
        except (LogicError, InputError) as error:
            return Element(tuple(cells), error=f"{slot.replace('_', ' ')}: {_of_party(str(error))}")
        # What no cell of this party states is presumed, as at the desk; what one states to be unknown is not.
        known = {**self._presumed_of_party, **facts}
        named: dict[str, Value] = {f"party:{slot}:{name}": value for name, value in known.items()}
        return Element(tuple(cells), {f"here:{slot}": True, **named}, stated=facts)

    def plain_text(self, meaning: Meaning, cell: object) -> str | None:
        """A cell's text, where it is a name or the like that reads as it stands; None for any other cell."""
        declared = self.vocabulary.get(meaning.fact)
        if declared is None or meaning.kind == "lists" or declared.type != "text" or declared.country:
            return None
        if declared.values or absent(cell):
            return None
        try:
            value = value_of(declared, cell_of(cell, meaning, self.vocabulary))
        except (LogicError, InputError):
            return None
        return value if isinstance(value, str) else None

    def number(self, meaning: Meaning, cell: object) -> Number:
        """A cell of a column of numbers."""
        if absent(cell):
            return Number(cell, ABSENT)
        try:
            value = value_of(self.vocabulary[meaning.fact], cell)
        except LogicError as error:
            return Number(cell, UNKNOWN, error=str(error))
        assert value is None or isinstance(value, Decimal)
        return Number(cell, UNKNOWN if value is None else KNOWN, value)

    @cached_property
    def _presumed_of_party(self) -> dict[str, Value]:
        vocabulary = self.vocabulary
        found = {name: self._presumed(name) for name in vocabulary if vocabulary[name].party}
        return {name: value for name, value in found.items() if value is not None}

    def _presumed(self, fact: str) -> Value:
        declared = self.vocabulary[fact]
        return None if declared.presumed is None else value_of(declared, declared.presumed)


def _of_party(message: str) -> str:
    return message.removeprefix("party 1: ")


def plain_cells(cells: Mapping[str, Any]) -> dict[str, Any]:
    """Cells as JSON can hold them."""
    return {
        name: cell if isinstance(cell, (str, int, float, bool)) or cell is None else str(cell)
        for name, cell in cells.items()
    }
