"""What each row of a decided table would draw on an account: its key, its place in time, its TPP and the room."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_DOWN, Decimal
from typing import Any

from exeat.catalog import CatalogError
from exeat.desk import Desk
from exeat.determination.determine import Engine
from exeat.determination.program import TRACKS
from exeat.determination.vigilance import limits
from exeat.lawbook.instrument import Limit
from exeat.logic.errors import LogicError
from exeat.logic.tree import Value, fact_names
from exeat.portfolio.columns import Columns, Meaning, absent
from exeat.portfolio.duck import Duck, quoted
from exeat.portfolio.elements import Reading
from exeat.portfolio.residual import ABSENT
from exeat.portfolio.running import CHINA, US_SHIPPED, RunningLimit, draw_of
from exeat.terms import InputError

#: More than any account holds, in TPP: what a row of unknown or immense TPP counts as. Fits a DECIMAL(18,4).
BIG = Decimal(99_999_999_999_999)
_UNIT_FACTS = ("form", "tpp", "tpp_per_unit")
_ANSWERS = tuple(f"{n}_{t}" for n in ("outcome", "exceptions", "requirements", "review_policy") for t in TRACKS)
_PLACES = Decimal("0.0001")


@dataclass
class Rows:
    """Small tables beside the big one: its days, items, quantities, places and names, each distinct cell once."""

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
        self.unit_columns = self._of_facts(_UNIT_FACTS)
        self._whom: str | None = None
        self._opened: set[str] = set()
        self._units_for: tuple[int, ...] | None = None

    # Distinct cells, read as the desk reads them.

    def _distinct(self, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        if not columns:
            return [()]
        return self.duck.rows(f"SELECT DISTINCT {', '.join(map(quoted, columns))} FROM {self.scan}")

    def _table(self, name: str, columns: Sequence[str], more: Mapping[str, str], rows: list[tuple[Any, ...]]) -> None:
        typed = {f"c{place}": self.types[column] for place, column in enumerate(columns)}
        self.duck.table(name, {**typed, **more}, rows)

    def _of_facts(self, facts: Sequence[str]) -> list[Meaning]:
        read = self.columns.of("fact", "number")
        return [m for fact in facts for m in read if m.fact == fact]

    def _days(self) -> None:
        numbers: dict[int, int] = {}
        rows = []
        for (cell,) in self._distinct([self.columns.date]):
            day = self.reading.day(cell)
            if not isinstance(day, date):
                continue
            engine = self.desk.engines.on(day)
            program = numbers.setdefault(id(engine), len(numbers))
            if program == len(self.engines):
                self.engines.append(engine)
            rows.append((cell, day.toordinal(), day.year, program))
        kinds = dict.fromkeys(("day", "year", "program"), "BIGINT")
        self._table("run_days", [self.columns.date], kinds, rows)

    def _quantities(self) -> None:
        """``run_quantity`` and ``run_total``: the quantity, and the TPP where the table states it."""
        self.number_columns: dict[str, str] = {}
        for fact in ("quantity", "transaction_tpp"):
            meaning = next(iter(self._of_facts([fact])), None)
            if meaning is not None:
                self._numbers(f"run_{fact}", meaning)
                self.number_columns[fact] = meaning.column

    def _numbers(self, name: str, meaning: Meaning) -> None:
        rows = []
        for (cell,) in self._distinct([meaning.column]):
            found = self.reading.number(meaning, cell)
            value = None if found.value is None else min(found.value, BIG)
            rows.append((cell, found.status != ABSENT, value))
        self._table(name, [meaning.column], {"stated": "BOOLEAN", "value": "DECIMAL(18,4)"}, rows)

    def _units(self, programs: Sequence[int]) -> None:
        """``run_units``: the TPP of one unit under each program."""
        item = self.columns.item
        listed = [*([item] if item else []), *(m.column for m in self.unit_columns)]
        rows = []
        for cells in self._distinct(listed):
            for program in programs:
                rows.append((*cells, program, self._unit(cells, self.engines[program])))
        self._table("run_units", listed, {"program": "BIGINT", "unit": "DECIMAL(18,4)"}, rows)
        self.unit_join = " AND ".join(
            ["u.program = d.program", *(_same(name, f"u.c{place}") for place, name in enumerate(listed))]
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
        if not isinstance(unit, Decimal) or "tpp_per_unit" in facts and facts["tpp_per_unit"] is None:
            return None
        return min(unit, Decimal(10) ** 12)

    def _names(self) -> str:
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
        for cells in self._distinct(names):
            name = next((folded(cell) for cell in cells if not absent(cell) and folded(cell) != "?"), None)
            rows.append((*cells, None if name is None else numbers.setdefault(name, len(numbers))))
        self._table("run_whom", names, {"n": "BIGINT"}, rows)
        self._whom = " AND ".join(_same(name, f"w.c{place}") for place, name in enumerate(names))
        return self._whom

    # Accounts

    def section_of(self, limit: RunningLimit, engine: Engine) -> Limit | None:
        """The rule of the account in force, or None."""
        for section in limits(engine.program.law):
            if isinstance(section.rule, Limit) and limit.fact in fact_names(section.rule.used):
                return section.rule
        return None

    def _amounts(self, limit: RunningLimit) -> tuple[str, list[int]]:
        """``run_amounts``: what the account holds, and whether it counts for the place, by what its rule reads."""
        rules = {n: rule for n, engine in enumerate(self.engines) if (rule := self.section_of(limit, engine))}
        place = self._of_facts(["destination"])
        read = [] if limit.name == CHINA else sorted({n for r in rules.values() for n in fact_names(r.amount)})
        meanings = [*place, *self._of_facts([name for name in read if name != "destination"])]
        rows: list[tuple[Any, ...]] = []
        places: dict[str, int] = {}
        for cells in self._distinct([m.column for m in meanings]):
            try:
                facts = self.desk.stated_facts(
                    {m.fact: c for m, c in zip(meanings, cells, strict=True) if not absent(c)}
                )
            except (LogicError, InputError):
                continue
            code = facts.get("destination")
            number = None if code is None else places.setdefault(str(code), len(places))
            for program, rule in rules.items():
                amount, counts = _amount(self.engines[program], rule, facts)
                home = limit.name == CHINA and code == "US"
                if counts or home:
                    rows.append((*cells, program, number, home, amount))
        more = {"program": "BIGINT", "place": "BIGINT", "home": "BOOLEAN", "amount": "DECIMAL(18,4)"}
        self._table("run_amounts", [m.column for m in meanings], more, rows)
        on = " AND ".join(
            ["m.program = d.program", *(_same(m.column, f"m.c{n}") for n, m in enumerate(meanings))]
        )
        return on, sorted(rules)

    def _opening(self, limit: RunningLimit) -> dict[str, str]:
        """What the table itself states of a balance: TPP counted outside of it, before the row."""
        found = {}
        for fact in limit.facts:
            column = self.opening.get(fact)
            if column is not None:
                if fact not in self._opened:
                    self._numbers(f"run_open_{fact}", Meaning(column, "number", fact))
                    self._opened.add(fact)
                found[fact] = column
        return found

    def draw(self, limit: RunningLimit, later: Sequence[RunningLimit], current: str) -> bool:
        """Make the table ``drawn``: the rows that bear on the account. False where it is law on none of the days.

        Its columns: ``row``; ``key`` (account and period; null where nobody is named); ``moment`` (day, then row); ``unit``
        and ``tpp`` (null: not known); ``takes`` (the row draws, or only must fit); ``sure`` (that it draws is known);
        ``opened`` and ``room`` (null: not known).
        """
        amounts, programs = self._amounts(limit)
        if not programs:
            return False
        if self._units_for != tuple(programs):
            self._units(programs)
            self._units_for = tuple(programs)
        self._classes(limit, later, current)
        joins = [
            f"JOIN run_days AS d ON {_same(self.columns.date, 'd.c0')}",
            f"JOIN run_amounts AS m ON {amounts}",
            f"LEFT JOIN run_units AS u ON {self.unit_join}",
        ]
        for fact, column in self.number_columns.items():
            joins.append(f"LEFT JOIN run_{fact} ON {_same(column, f'run_{fact}.c0')}")
        opened = self._opening(limit)
        for fact, column in opened.items():
            joins.append(f"LEFT JOIN run_open_{fact} ON {_same(column, f'run_open_{fact}.c0')}")
        if "consignee" in limit.per:
            joins.append(f"LEFT JOIN run_whom AS w ON {self._names()}")
        if "item" in limit.per and self.columns.item:
            self._items(self.columns.item)
            joins.append(f"LEFT JOIN run_items AS i ON {_same(self.columns.item, 'i.c0')}")
        start = f"run_open_{limit.fact}.value" if limit.fact in opened else "CAST(0 AS DECIMAL(18,4))"
        kept = f"s.{quoted(self.number)} AS row, {self._key(limit)} AS key, {self._at()} AS moment, u.unit, {self._tpp()} AS tpp"
        if limit.name == CHINA:
            self._draw_china(kept, start, opened, joins, current)
            return True
        self.duck.run(
            f"CREATE OR REPLACE TEMP TABLE drawn AS SELECT {kept}, a.takes, a.sure AND {start} IS NOT NULL "
            f"AND m.amount IS NOT NULL AS sure, {start} AS opened, m.amount - {start} AS room\n"
            f"FROM {current} AS s\nJOIN run_classes AS a ON {self._class_join()}\n" + "\n".join(joins)
        )
        return True

    def _draw_china(self, kept: str, start: str, opened: Mapping[str, str], joins: Sequence[str], current: str) -> None:
        """The room is half of what of the same item went to US customers so far, the table's own rows counted."""
        outside = f"run_open_{US_SHIPPED}.value" if US_SHIPPED in opened else "CAST(0 AS DECIMAL(18,4))"
        outcome = quoted(self.answer_names["outcome_text"])
        shipped = (
            f"SELECT {kept}, a.takes, a.sure, {start} AS opened, {outside} AS outside, m.home, "
            f"CASE WHEN m.home THEN coalesce({self._tpp()}, {BIG}) ELSE 0 END AS fed\n"
            f"FROM {current} AS s\nLEFT JOIN run_classes AS a ON {self._class_join()}\n" + "\n".join(joins)
            + f"\nWHERE (a.takes OR m.home) AND s.{outcome} IS NOT NULL"
        )
        summed = (
            f"SELECT *, sum(fed) OVER (PARTITION BY key ORDER BY moment ROWS UNBOUNDED PRECEDING) AS us FROM ({shipped})"
        )
        room = f"CASE WHEN us < {BIG} THEN CAST((us + outside) * 0.5 - opened AS DECIMAL(18,4)) END"
        self.duck.run(
            f"CREATE OR REPLACE TEMP TABLE drawn AS SELECT row, key, moment, unit, tpp, takes, "
            f"sure AND room IS NOT NULL AS sure, opened, room FROM (SELECT *, {room} AS room FROM ({summed})) "
            "WHERE takes AND NOT home"
        )

    def _classes(self, limit: RunningLimit, later: Sequence[RunningLimit], current: str) -> None:
        """``run_classes``: the answers that draw on the account."""
        names = {name: quoted(self.answer_names[name]) for name in (*_ANSWERS, "trace_id")}
        listed = ", ".join(names.values())
        rows = []
        for *cells, trace in self.duck.rows(
            f"SELECT DISTINCT {listed} FROM {current} WHERE {names['trace_id']} IS NOT NULL"
        ):
            answer = dict(zip(_ANSWERS, cells, strict=True))
            draw = draw_of(limit, answer, later)
            if draw is not None:
                policies = [answer[f"review_policy_{track}"] for track in TRACKS]
                rows.append((trace, *policies, draw != "rider", draw == "yes"))
        kinds = {"trace": "VARCHAR", **{f"p_{track}": "VARCHAR" for track in TRACKS}}
        self.duck.table("run_classes", {**kinds, "takes": "BOOLEAN", "sure": "BOOLEAN"}, rows)

    def _class_join(self) -> str:
        trace = quoted(self.answer_names["trace_id"])
        policies = [_same(self.answer_names[f"review_policy_{t}"], f"a.p_{t}") for t in TRACKS]
        return " AND ".join([f"s.{trace} = a.trace", *policies])

    def _key(self, limit: RunningLimit) -> str:
        parts = {"consignee": "w.n", "destination": "m.place", "item": "i.n" if self.columns.item else "0"}
        key = "0"
        for part in limit.per:
            key = f"({key}) * 1000 + {parts[part]}" if part == "destination" else f"({key}) + {parts[part]}"
        return f"CAST(({key}) * 10000 + {'d.year' if limit.period else '0'} AS BIGINT)"

    def _items(self, column: str) -> None:
        """``run_items``: a number for each item of the catalog, by whatever name a cell calls it."""
        rows: list[tuple[Any, ...]] = []
        numbers: dict[str, int] = {}
        for (cell,) in self._distinct([column]):
            try:
                name = None if absent(cell) else self.desk.catalog.find(str(cell)).id
            except CatalogError:
                name = None
            rows.append((cell, None if name is None else numbers.setdefault(name, len(numbers))))
        self._table("run_items", [column], {"n": "BIGINT"}, rows)

    def _at(self) -> str:
        return f"d.day * {1 << 40} + s.{quoted(self.number)}"

    def _tpp(self) -> str:
        known = "NULL"
        if "quantity" in self.number_columns:
            known = (
                "CASE WHEN u.unit IS NOT NULL AND run_quantity.value IS NOT NULL THEN "
                f"coalesce(TRY_CAST(u.unit * run_quantity.value AS DECIMAL(18,4)), {BIG}) END"
            )
        if "transaction_tpp" in self.number_columns:
            known = f"CASE WHEN run_transaction_tpp.stated THEN run_transaction_tpp.value ELSE {known} END"
        return f"CAST({known} AS DECIMAL(18,4))"


def _amount(engine: Engine, rule: Limit, facts: Mapping[str, Value]) -> tuple[Decimal | None, bool]:
    """What the account holds for these facts, and whether the limit may count for them at all."""
    likely: dict[str, Value] = {"level_a": True, "form": "integrated_circuit", "activity": "export", **facts}
    values = engine.classify(likely, overriding=True)
    counts = all(engine.holds(limb.tree, values) is not False for limb in rule.limbs if limb.kind == "when")
    amount = engine.value(rule.amount, values)
    if not isinstance(amount, Decimal):
        return None, counts
    return min(amount, BIG).quantize(_PLACES, ROUND_DOWN), counts


def folded(name: object) -> str:
    """A name without what tells no two parties apart: case, width of characters, spacing."""
    return " ".join(unicodedata.normalize("NFKC", str(name)).casefold().split())


def _same(column: str, other: str) -> str:
    return f"s.{quoted(column)} IS NOT DISTINCT FROM {other}"
