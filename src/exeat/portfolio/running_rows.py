"""What each row of a decided table would draw on an account: its key, its place in time, its TPP and the room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Any

from exeat.determination.determine import Engine
from exeat.determination.program import TRACKS
from exeat.determination.vigilance import limits
from exeat.lawbook.instrument import Limit
from exeat.logic.errors import LogicError
from exeat.logic.tree import Value, fact_names
from exeat.portfolio.columns import Meaning, absent
from exeat.portfolio.duck import quoted
from exeat.portfolio.running import CHINA, US_SHIPPED, RunningLimit, draw_of
from exeat.portfolio.running_cells import BIG, Cells, same
from exeat.terms import InputError

_ANSWERS = tuple(f"{n}_{t}" for n in ("outcome", "exceptions", "requirements", "review_policy") for t in TRACKS)
_PLACES = Decimal("0.0001")


@dataclass
class Rows(Cells):
    """What rows draw, account by account; ``answer_names`` are the columns of the answers."""

    def section_of(self, limit: RunningLimit, engine: Engine) -> Limit | None:
        """The rule of the account in force, or None."""
        for section in limits(engine.program.law):
            if isinstance(section.rule, Limit) and limit.fact in fact_names(section.rule.used):
                return section.rule
        return None

    def _amounts(self, limit: RunningLimit) -> tuple[str, list[int]]:
        """``run_amounts``: what the account holds, and whether it counts for the place, by what its rule reads."""
        rules = {n: rule for n, engine in enumerate(self.engines) if (rule := self.section_of(limit, engine))}
        place = self.of_facts(["destination"])
        read = [] if limit.name == CHINA else sorted({n for r in rules.values() for n in fact_names(r.amount)})
        meanings = [*place, *self.of_facts([name for name in read if name != "destination"])]
        rows: list[tuple[Any, ...]] = []
        places: dict[str, int] = {}
        for cells in self.distinct([m.column for m in meanings]):
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
        self.write("run_amounts", [m.column for m in meanings], more, rows)
        on = " AND ".join(["m.program = d.program", *(same(m.column, f"m.c{n}") for n, m in enumerate(meanings))])
        return on, sorted(rules)

    def _opening(self, limit: RunningLimit) -> dict[str, str]:
        """What the table itself states of a balance: TPP counted outside of it, before the row."""
        found = {}
        for fact in limit.facts:
            column = self.opening.get(fact)
            if column is not None:
                if fact not in self.opened_facts:
                    self.numbers(f"run_open_{fact}", Meaning(column, "number", fact))
                    self.opened_facts.add(fact)
                found[fact] = column
        return found

    def draw(self, limit: RunningLimit, later: Sequence[RunningLimit], current: str) -> bool:
        """Make the table ``drawn``: the rows that bear on the account. False where it is law on none of the days.

        Its columns: ``row``; ``key`` (account and period; null where nobody is named); ``moment`` (day, then row);
        ``unit`` and ``tpp`` (null: not known); ``takes`` (the row draws, or only must fit); ``sure`` (it is
        known that it draws);
        ``opened`` and ``room`` (null: not known).
        """
        amounts, programs = self._amounts(limit)
        if not programs:
            return False
        if self.units_for != tuple(programs):
            self.units(programs)
            self.units_for = tuple(programs)
        self._classes(limit, later, current)
        joins = [
            f"JOIN run_days AS d ON {same(self.columns.date, 'd.c0')}",
            f"JOIN run_amounts AS m ON {amounts}",
            f"LEFT JOIN run_units AS u ON {self.unit_join}",
        ]
        for fact, column in self.number_columns.items():
            joins.append(f"LEFT JOIN run_{fact} ON {same(column, f'run_{fact}.c0')}")
        opened = self._opening(limit)
        for fact, column in opened.items():
            joins.append(f"LEFT JOIN run_open_{fact} ON {same(column, f'run_open_{fact}.c0')}")
        if "consignee" in limit.per:
            joins.append(f"LEFT JOIN run_whom AS w ON {self.names()}")
        if "item" in limit.per and self.columns.item:
            self.items(self.columns.item)
            joins.append(f"LEFT JOIN run_items AS i ON {same(self.columns.item, 'i.c0')}")
        start = f"run_open_{limit.fact}.value" if limit.fact in opened else "CAST(0 AS DECIMAL(18,4))"
        kept = (
            f"s.{quoted(self.number)} AS row, {self._key(limit)} AS key, {self._at()} AS moment, "
            f"u.unit, {self._tpp()} AS tpp"
        )
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
            f"FROM {current} AS s\nLEFT JOIN run_classes AS a ON {self._class_join()}\n"
            + "\n".join(joins)
            + f"\nWHERE (a.takes OR m.home) AND s.{outcome} IS NOT NULL"
        )
        over = "PARTITION BY key ORDER BY moment ROWS UNBOUNDED PRECEDING"
        summed = f"SELECT *, sum(fed) OVER ({over}) AS us FROM ({shipped})"
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
        policies = [same(self.answer_names[f"review_policy_{t}"], f"a.p_{t}") for t in TRACKS]
        return " AND ".join([f"s.{trace} = a.trace", *policies])

    def _key(self, limit: RunningLimit) -> str:
        parts = {"consignee": "w.n", "destination": "m.place", "item": "i.n" if self.columns.item else "0"}
        key = "0"
        for part in limit.per:
            key = f"({key}) * 1000 + {parts[part]}" if part == "destination" else f"({key}) + {parts[part]}"
        return f"CAST(({key}) * 10000 + {'d.year' if limit.period else '0'} AS BIGINT)"

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
