"""The small tables beside a decided one: its days, items, quantities and names, each distinct cell read once."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from exeat.catalog import CatalogError
from exeat.desk import Desk
from exeat.determination.determine import Engine
from exeat.logic.errors import LogicError
from exeat.logic.tree import Value
from exeat.portfolio.columns import Columns, Meaning, absent
from exeat.portfolio.duck import Duck, quoted
from exeat.portfolio.elements import Reading
from exeat.portfolio.residual import ABSENT
from exeat.terms import InputError

#: More than any account holds, in TPP: what a row of unknown or immense TPP counts as. Fits a DECIMAL(18,4).
BIG = Decimal(99_999_999_999_999)
_UNIT_FACTS = ("form", "tpp", "tpp_per_unit")


@dataclass
class Cells:
    """Reads the distinct cells of a table as the desk reads them; ``scan`` is the decided table."""

    desk: Desk
    duck: Duck
    columns: Columns
    types: Mapping[str, str]
    number: str
    scan: str
    answer_names: Mapping[str, str]
    opening: Mapping[str, str] = field(default_factory=dict)
    whom: str | None = None
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reading = Reading(self.desk, self.columns)
        self.engines: list[Engine] = []
        self._days()
        self._quantities()
        self.unit_columns = self.of_facts(_UNIT_FACTS)
        self._whom: str | None = None
        self.opened_facts: set[str] = set()
        self.units_for: tuple[int, ...] | None = None

    # Distinct cells, read as the desk reads them.

    def distinct(self, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        if not columns:
            return [()]
        return self.duck.rows(f"SELECT DISTINCT {', '.join(map(quoted, columns))} FROM {self.scan}")

    def write(self, name: str, columns: Sequence[str], more: Mapping[str, str], rows: list[tuple[Any, ...]]) -> None:
        typed = {f"c{place}": self.types[column] for place, column in enumerate(columns)}
        self.duck.table(name, {**typed, **more}, rows)

    def of_facts(self, facts: Sequence[str]) -> list[Meaning]:
        read = self.columns.of("fact", "number")
        return [m for fact in facts for m in read if m.fact == fact]

    def _days(self) -> None:
        numbers: dict[int, int] = {}
        rows = []
        for (cell,) in self.distinct([self.columns.date]):
            day = self.reading.day(cell)
            if not isinstance(day, date):
                continue
            engine = self.desk.engines.on(day)
            program = numbers.setdefault(id(engine), len(numbers))
            if program == len(self.engines):
                self.engines.append(engine)
            rows.append((cell, day.toordinal(), day.year, program))
        kinds = dict.fromkeys(("day", "year", "program"), "BIGINT")
        self.write("run_days", [self.columns.date], kinds, rows)

    def _quantities(self) -> None:
        """``run_quantity`` and ``run_total``: the quantity, and the TPP where the table states it."""
        self.number_columns: dict[str, str] = {}
        for fact in ("quantity", "transaction_tpp"):
            meaning = next(iter(self.of_facts([fact])), None)
            if meaning is not None:
                self.numbers(f"run_{fact}", meaning)
                self.number_columns[fact] = meaning.column

    def numbers(self, name: str, meaning: Meaning) -> None:
        rows = []
        for (cell,) in self.distinct([meaning.column]):
            found = self.reading.number(meaning, cell)
            value = None if found.value is None else min(found.value, BIG)
            rows.append((cell, found.status != ABSENT, value))
        self.write(name, [meaning.column], {"stated": "BOOLEAN", "value": "DECIMAL(18,4)"}, rows)

    def units(self, programs: Sequence[int]) -> None:
        """``run_units``: the TPP of one unit under each program."""
        item = self.columns.item
        listed = [*([item] if item else []), *(m.column for m in self.unit_columns)]
        rows = []
        for cells in self.distinct(listed):
            for program in programs:
                rows.append((*cells, program, self._unit(cells, self.engines[program])))
        self.write("run_units", listed, {"program": "BIGINT", "unit": "DECIMAL(18,4)"}, rows)
        self.unit_join = " AND ".join(
            ["u.program = d.program", *(same(name, f"u.c{place}") for place, name in enumerate(listed))]
        )

    def _unit(self, cells: tuple[Any, ...], engine: Engine) -> Decimal | None:
        facts: dict[str, Value] = {}
        rest = cells
        try:
            if self.columns.item:
                rest = cells[1:]
                facts.update(self.desk.item_facts(None if absent(cells[0]) else str(cells[0]), engine)[0])
            stated = {m.fact: c for m, c in zip(self.unit_columns, rest, strict=True) if not absent(c)}
            facts.update(self.desk.stated_facts(stated))
        except (CatalogError, LogicError, InputError):
            return None  # such rows have an error and no answer
        unit = engine.classify({**facts, "quantity": Decimal(1)}).get("tpp_per_unit")
        if not isinstance(unit, Decimal) or ("tpp_per_unit" in facts and facts["tpp_per_unit"] is None):
            return None
        return min(unit, Decimal(10) ** 12)

    def names(self) -> str:
        """``run_whom``: a number for each name; names that differ in case or spacing alone are one."""
        if self._whom is not None:
            return self._whom
        names = [self.whom] if self.whom else [
            m.column
            for slot in ("ultimate_consignee", "end_user")
            for m in self.columns.of_slot(slot)
            if m.fact == "name"
        ]  # fmt: skip
        if not names:
            raise InputError(
                "this limit counts for the ultimate parent of the consignee, and no column names it; "
                "name the column (--whom COLUMN), or give the consignee's name as ultimate_consignee_name"
            )
        numbers: dict[str, int] = {}
        rows: list[tuple[Any, ...]] = []
        for cells in self.distinct(names):
            name = next((folded(cell) for cell in cells if not absent(cell) and folded(cell) != "?"), None)
            rows.append((*cells, None if name is None else numbers.setdefault(name, len(numbers))))
        self.write("run_whom", names, {"n": "BIGINT"}, rows)
        self._whom = " AND ".join(same(name, f"w.c{place}") for place, name in enumerate(names))
        return self._whom

    def items(self, column: str) -> None:
        """``run_items``: a number for each item of the catalog, by whatever name a cell calls it."""
        rows: list[tuple[Any, ...]] = []
        numbers: dict[str, int] = {}
        for (cell,) in self.distinct([column]):
            try:
                name = None if absent(cell) else self.desk.catalog.find(str(cell)).id
            except CatalogError:
                name = None
            rows.append((cell, None if name is None else numbers.setdefault(name, len(numbers))))
        self.write("run_items", [column], {"n": "BIGINT"}, rows)


def folded(name: object) -> str:
    """A name without what tells no two parties apart: case, width of characters, spacing."""
    return " ".join(unicodedata.normalize("NFKC", str(name)).casefold().split())


def same(column: str, other: str) -> str:
    """Whether a cell of a row (``s``) is another, two empty ones being the same."""
    return f"s.{quoted(column)} IS NOT DISTINCT FROM {other}"
