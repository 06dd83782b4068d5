"""Every part of a row as small whole numbers: its day, its item, its number columns, the kinds of its other cells.

The cells of each column are read once each. Cells that the law cannot tell apart (:mod:`exeat.portfolio.alike`) have
one code; the codes of the columns of a part together are the part's code. ``coded`` holds them for every row, in the
order of the rows, so that the wide rows are read again only when the answers are written beside them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from exeat.portfolio.alike import Distinctions
from exeat.portfolio.columns import Columns, Meaning
from exeat.portfolio.delimited import FAULT
from exeat.portfolio.duck import Duck, literal, quoted
from exeat.portfolio.elements import Element, Number, Reading
from exeat.portfolio.parts import Part, Places
from exeat.portfolio.residual import KNOWN
from exeat.portfolio.source import Source

WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")


class Coded:
    """Reads the cells of a table and makes ``coded`` of it."""

    def __init__(self, duck: Duck, source: Source, columns: Columns, reading: Reading) -> None:
        self.duck, self.source, self.columns, self.reading = duck, source, columns, reading
        self.vocabulary = reading.vocabulary
        numbers = columns.of("number")
        self.direct = [m for m in numbers if source.types[m.column] in WHOLE]
        self.by_cell = [m for m in numbers if m not in self.direct]
        self.parts: dict[str, Part] = {}
        self.numbers_read: dict[str, list[Number]] = {}
        self._places: dict[str, int] = {}
        self._fetched: dict[str, list[object]] = {}

    @property
    def status_type(self) -> str:
        return "TINYINT" if len(self.columns.of("number")) <= 4 else "BIGINT"

    def cells(self, column: str) -> list[object]:
        """The distinct cells of a column."""
        found = self._fetched.pop(column, None)
        return self._cells_of(column) if found is None else found

    def fetch(self) -> None:
        """Have the distinct cells of every column but the days, each for its next reader."""
        read = [m.column for m in self.columns.read if m.kind != "date" and m not in self.direct]
        self._fetched.update({column: self._cells_of(column) for column in read})

    def _cells_of(self, column: str) -> list[object]:
        found = [row[0] for row in self.duck.rows(f"SELECT DISTINCT {quoted(column)} FROM source")]
        # Times that differ below a microsecond are read as one.
        return list(dict.fromkeys(found)) if self.source.types[column].startswith("TIMESTAMP") else found

    def dictionary(
        self,
        name: str,
        columns: Sequence[str],
        more: Mapping[str, str],
        rows: Sequence[tuple[Sequence[object], Sequence[object]]],
    ) -> None:
        """A table of distinct cells, ``c0``, ``c1`` …, typed as in the source, with what was read from them."""
        typed = {f"c{place}": self.source.types[column] for place, column in enumerate(columns)}
        self.duck.table(name, {**typed, **more}, [(*cells, *found) for cells, found in rows])

    def read_numbers(self) -> None:
        """Whole numbers are taken as they are; any other column of numbers is read cell by distinct cell."""
        for meaning in self.by_cell:
            found = self.numbers_read[meaning.fact] = [
                self.reading.number(meaning, cell) for cell in self.cells(meaning.column)
            ]
            decimals = self.vocabulary[meaning.fact].decimals
            kinds = {"n": "INTEGER", "status": "INTEGER", "value": f"DECIMAL(38,{decimals})", "error": "VARCHAR"}
            rows = [((one.cell,), (n, one.status, one.value, one.error)) for n, one in enumerate(found)]
            self.dictionary(f"number_{meaning.fact}", [meaning.column], kinds, rows)

    def read_cells(self, tests: Distinctions, asked: frozenset[str]) -> None:
        """Read the cells of the parts, column by column, and give those that are alike one code."""
        self.tests, self.asked = tests, asked
        row = Part("row", self.columns.of("fact"))
        found = [row, *(Part(f"party:{slot}", self.columns.of_slot(slot)) for slot in self.columns.slots)]
        for part in found:
            for place, meaning in enumerate(part.meanings):
                rows, kinds = self._alike(part, place, meaning)
                number = self._places[meaning.column] = len(self._places)
                self.dictionary(f"cells_{number}", [meaning.column], {"n": "INTEGER"}, rows)
                part.kinds.append(kinds)
            part.pack()
            self.parts[part.origin] = part

    def _alike(self, part: Part, place: int, meaning: Meaning) -> tuple[list[Any], list[object]]:
        codes: dict[object, int] = {}
        rows: list[Any] = []
        kinds: list[object] = []
        for cell in self.cells(meaning.column):
            sign = self._sign(part, place, meaning, cell)
            code = codes.setdefault(sign, len(codes))
            if code == len(kinds):
                kinds.append(cell)
            rows.append(((cell,), (code,)))
        return rows, kinds or [None]

    def _sign(self, part: Part, place: int, meaning: Meaning, cell: object) -> object:
        """What there is to a cell by itself. No cell of a part changes what another one states."""
        plain = self.reading.plain_text(meaning, cell)
        if plain is not None:
            return ("stated", self.tests.sign(meaning.fact, plain))
        alone = [cell if other == place else None for other in range(len(part.meanings))]
        element = self.element(part.origin, alone)
        if element.error is not None:
            return ("error", repr(cell))
        facts = sorted(item for item in element.facts.items() if self._bears(item[0]))
        return tuple(
            (name, self.tests.sign(_fact_of(name), value) if _is_fact(name) else value) for name, value in facts
        )

    def _bears(self, name: str) -> bool:
        return _fact_of(name) in self.asked or name.startswith("here:")

    def element(self, origin: str, cells: Sequence[object]) -> Element:
        """What the cells of a part state."""
        return self.reading.row(cells) if origin == "row" else self.reading.party(origin.partition(":")[2], cells)

    def write_days(self, rows: Sequence[tuple[object, int | None, object]]) -> None:
        """Each day's cell with its number, its program, why it cannot be read."""
        listed = [((cell,), (n, program, error)) for n, (cell, program, error) in enumerate(rows)]
        kinds = {"n": "INTEGER", "program": "INTEGER", "error": "VARCHAR"}
        self.dictionary("days", [self.columns.date], kinds, listed)

    def write_items(self, items: Sequence[tuple[object, str | None]]) -> None:
        """Each item's cell and why it cannot be read."""
        if self.columns.item:
            rows = [((cell,), (n, error)) for n, (cell, error) in enumerate(items)]
            self.dictionary("items", [self.columns.item], {"n": "INTEGER", "error": "VARCHAR"}, rows)

    def write_rows(self) -> None:
        """Make ``coded``: one narrow row for each row of the source, with its number: a join keeps no order."""
        self.duck.run(f"CREATE OR REPLACE TEMP TABLE coded AS {self.query()}")

    def read_parts(self) -> None:
        """Read each distinct part that occurs."""
        for part in self.parts.values():
            places = Places(self, part)
            for codes in self._occurring(part):
                places.of(codes)
            self.write_part(places)

    def write_part(self, places: Places) -> None:
        """The table of a part's elements by their codes, and why those cannot be read that cannot."""
        part = places.part
        rows = [(*codes, place, part.elements[place].error) for codes, place in places.known.items()]
        kinds = {**{f"c{n}": "INTEGER" for n in range(len(part.words))}, "n": "INTEGER", "error": "VARCHAR"}
        self.duck.table(part.table, kinds, rows)

    def key(self, element: Element) -> object:
        """What there is to an element, as far as the law asks."""
        return (element.error, *sorted((k, repr(v)) for k, v in element.facts.items() if self._bears(k)))

    def _occurring(self, part: Part) -> Iterator[tuple[int, ...]]:
        if not part.words:
            return iter([()])
        listed = ", ".join(at(name) for name in part.codes)
        return iter(sorted(self.duck.rows(f"SELECT DISTINCT {listed} FROM coded")))

    # The names of the query begin with @, so that no column of the table has them.

    def query(self, carried: str = "") -> str:
        """Every part of a row by number. With columns of the source ``carried``, also what is wrong with the row."""
        numbers = self.columns.of("number")
        status = " + ".join(f"{3**place} * {self._status(m)}" for place, m in enumerate(numbers)) or "0"
        columns = [
            f's.{quoted(self.source.number)} AS "@n"',
            'days.program AS "@program"',
            f'{"items.n" if self.columns.item else "0"} AS "@item"',
            f'CAST({status} AS {self.status_type}) AS "@status"',
        ]
        for part in self.parts.values():
            for name, word in zip(part.codes, part.words, strict=True):
                codes = [f"{self._cells(part.meanings[place])}.n * {factor}" for place, factor in word]
                columns.append(f"CAST({' + '.join(codes)} AS INTEGER) AS {at(name)}")
        columns += [f"number_{m.fact}.n AS {at('n_' + m.fact)}" for m in self.by_cell]
        columns += [f"s.{quoted(m.column)} AS {at('n_' + m.fact)}" for m in self.direct]
        head, tail, unread = self._faults(), self._number_faults(), self._unread()
        if carried:
            line = f"s.{quoted(FAULT)}" if self.source.hidden else "CAST(NULL AS VARCHAR)"
            told = [
                f"CASE WHEN {no_code} THEN {literal(f'{column}: the cell cannot be read as it stands')} END"
                for column, no_code in unread.items()
            ]
            columns += [
                f'{together([*head, *told])} AS "@fault"',
                f'{together(tail)} AS "@number_fault"',
                f'{line} AS "@unread"',
            ]
        wrong = [*(f"{one} IS NOT NULL" for one in (*head, *tail)), *unread.values()]
        if self.source.hidden:
            wrong.append(f"s.{quoted(FAULT)} IS NOT NULL")
        columns.append(f'({" OR ".join(wrong)}) AS "@wrong"')
        listed = ", ".join([*([carried] if carried else []), *columns])
        return f"SELECT {listed}\n  FROM source AS s\n  {self._joins()}"

    def _cells(self, meaning: Meaning) -> str:
        return f"cells_{self._places[meaning.column]}"

    def _joins(self) -> str:
        joins = [_join("days", self.columns.date)]
        if self.columns.item:
            joins.append(_join("items", self.columns.item))
        for part in self.parts.values():
            joins += [_join(self._cells(meaning), meaning.column) for meaning in part.meanings]
        joins += [_join(f"number_{meaning.fact}", meaning.column) for meaning in self.by_cell]
        return "\n  ".join(joins)

    def _status(self, meaning: Meaning) -> str:
        if meaning in self.direct:
            return f"CASE WHEN s.{quoted(meaning.column)} IS NULL THEN 0 ELSE {KNOWN} END"
        return f"number_{meaning.fact}.status"

    def _faults(self) -> list[str]:
        return ["days.error", *(["items.error"] if self.columns.item else [])]

    def _unread(self) -> dict[str, str]:
        """For each column the condition that a cell was read otherwise than it stands (a time below a microsecond).

        Such a cell has no code, and none may stand for it.
        """
        found = {self.columns.date: "days.program IS NULL AND days.error IS NULL"}
        if self.columns.item:
            found[self.columns.item] = "items.n IS NULL"
        for part in self.parts.values():
            found.update({meaning.column: f"{self._cells(meaning)}.n IS NULL" for meaning in part.meanings})
        return {**found, **{m.column: f"number_{m.fact}.n IS NULL" for m in self.by_cell}}

    def _number_faults(self) -> list[str]:
        found = [f"number_{m.fact}.error" for m in self.by_cell]
        for meaning in self.direct:
            if not self.source.types[meaning.column].startswith("U"):
                cell = f"s.{quoted(meaning.column)}"
                said = f"{literal(meaning.fact + ' is ')} || {cell} || '; expected zero or more'"
                found.append(f"CASE WHEN {cell} < 0 THEN {said} END")
        return found


def _join(table: str, column: str) -> str:
    return f"LEFT JOIN {table} ON s.{quoted(column)} IS NOT DISTINCT FROM {table}.c0"


def together(faults: Sequence[str]) -> str:
    """What is wrong, told together; null where nothing is, which is found out without joining texts."""
    if not faults:
        return "CAST(NULL AS VARCHAR)"
    if len(faults) == 1:
        return faults[0]
    return f"CASE WHEN {' OR '.join(f'{e} IS NOT NULL' for e in faults)} THEN concat_ws('; ', {', '.join(faults)}) END"


def at(name: str) -> str:
    """A name of the plan's own as an SQL identifier."""
    return quoted("@" + name)


def _is_fact(name: str) -> bool:
    return name.startswith(("row:", "party:"))


def _fact_of(name: str) -> str:
    return name.rpartition(":")[2]


__all__ = ["WHOLE", "Coded", "at", "together"]
