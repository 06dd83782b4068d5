"""The keys of rows in DuckDB: every part of a row by number, its class, its comparisons; and answers joined back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from exeat.logic.sql import to_sql
from exeat.logic.tree import Compare, Fact, walk
from exeat.logic.vocabulary import Declared
from exeat.portfolio.columns import Columns, Meaning
from exeat.portfolio.decision import Decision
from exeat.portfolio.delimited import FAULT
from exeat.portfolio.duck import Duck, Source, decimal_of, literal, quoted
from exeat.portfolio.elements import Element, Reading
from exeat.portfolio.open_answers import Mark, Need
from exeat.portfolio.plan import BIG, Pair, Plan
from exeat.portfolio.residual import KNOWN, Status
from exeat.terms import InputError

_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")


class Keys:
    """Writes the small tables of a plan into DuckDB and the queries over the big one."""

    def __init__(self, duck: Duck, source: Source, columns: Columns, reading: Reading) -> None:
        self.duck, self.source, self.columns, self.reading = duck, source, columns, reading
        self.vocabulary = reading.vocabulary
        self.direct: list[Meaning] = []
        self.by_cell: list[Meaning] = []
        self.origins: list[tuple[str, list[str], str]] = []

    def read_numbers(self, numbers: Sequence[Meaning]) -> None:
        """Whole numbers are taken as they are; any other column of numbers is read cell by distinct cell."""
        for meaning in numbers:
            column = quoted(meaning.column)
            if self.source.types[meaning.column] in _WHOLE:
                self.direct.append(meaning)
                continue
            self.by_cell.append(meaning)
            found = [
                self.reading.number(meaning, row[0]) for row in self.duck.rows(f"SELECT DISTINCT {column} FROM source")
            ]
            kind = self.source.types[meaning.column]
            decimals = self.vocabulary[meaning.fact].decimals
            self._dictionary(
                f"number_{meaning.fact}",
                [meaning.column],
                [kind],
                {"status": "BIGINT", "value": f"DECIMAL(38,{decimals})", "error": "VARCHAR"},
                [((n.cell,), (n.status, n.value, n.error)) for n in found],
            )

    def _dictionary(
        self,
        name: str,
        columns: Sequence[str],
        kinds: Sequence[str],
        more: Mapping[str, str],
        rows: Sequence[tuple[Sequence[object], Sequence[object]]],
    ) -> None:
        """A table of distinct cells, ``c0``, ``c1`` …, typed as in the source, with what was read from them."""
        typed = {f"c{place}": kind for place, kind in enumerate(kinds)}
        values = [(*cells, *found) for cells, found in rows]
        self.duck.table(name, {**typed, **more}, values)

    def write_days(self, rows: Sequence[tuple[int, object, int | None, object]], kind: str) -> None:
        listed = [((cell,), (n, program, error)) for n, cell, program, error in rows]
        self._dictionary(
            "days", [self.columns.date], [kind], {"n": "BIGINT", "program": "BIGINT", "error": "VARCHAR"}, listed
        )

    def write_items(self, items: Sequence[tuple[object, str | None]]) -> None:
        column = self.columns.item
        if column:
            rows = [((cell,), (n, error)) for n, (cell, error) in enumerate(items)]
            self._dictionary("items", [column], [self.source.types[column]], {"n": "BIGINT", "error": "VARCHAR"}, rows)
        self.item_count = len(items)

    def write_elements(
        self, origin: str, cells: Sequence[tuple[tuple[Any, ...], int]], elements: Sequence[Element]
    ) -> None:
        meanings = self.columns.of("fact") if origin == "row" else self.columns.of_slot(origin.partition(":")[2])
        names = [m.column for m in meanings]
        table = "part_" + origin.replace(":", "_")
        if names:
            rows = [(found, (n, elements[n].error)) for found, n in cells]
            kinds = [self.source.types[name] for name in names]
            self._dictionary(table, names, kinds, {"n": "BIGINT", "error": "VARCHAR"}, rows)
        self.origins.append((origin, names, table))

    # The query of keys, from the inside out. Its own names begin with @, so that no column of the table has them.

    def _status(self, meaning: Meaning) -> str:
        if meaning in self.direct:
            return f"CASE WHEN s.{quoted(meaning.column)} IS NULL THEN 0 ELSE {KNOWN} END"
        return f"number_{meaning.fact}.status"

    def _value(self, meaning: Meaning) -> str:
        if meaning in self.direct:
            return f"CAST(s.{quoted(meaning.column)} AS DECIMAL(38,0))"
        return f"number_{meaning.fact}.value"

    def _joins(self) -> str:
        joins = [f"LEFT JOIN days ON {_same('s', self.columns.date, 'days.c0')}"]
        if self.columns.item:
            joins.append(f"LEFT JOIN items ON {_same('s', self.columns.item, 'items.c0')}")
        for _, names, table in self.origins:
            if names:
                on = " AND ".join(_same("s", name, f"{table}.c{place}") for place, name in enumerate(names))
                joins.append(f"LEFT JOIN {table} ON {on}")
        for meaning in self.by_cell:
            table = f"number_{meaning.fact}"
            joins.append(f"LEFT JOIN {table} ON {_same('s', meaning.column, f'{table}.c0')}")
        return "\n  ".join(joins)

    def _parts(self, carried: str) -> str:
        """Every part of a row by number, and what is wrong with the row; ``carried`` are columns of the source."""
        numbers = self.columns.of("number")
        status = " + ".join(f"{3**place} * {self._status(m)}" for place, m in enumerate(numbers)) or "0"
        columns = [
            'days.n AS "@day"',
            'days.program AS "@program"',
            ("items.n" if self.columns.item else "0") + ' AS "@item"',
            *(f"{f'{table}.n' if names else '0'} AS {_at(origin)}" for origin, names, table in self.origins),
            f'{status} AS "@status"',
            *(f"{self._value(m)} AS {_at('n_' + m.fact)}" for m in numbers),
            f'{self._error()} AS "@error"',
        ]
        return f"SELECT {carried}, {', '.join(columns)}\n  FROM source AS s\n  {self._joins()}"

    def _error(self) -> str:
        if self.source.hidden:
            return f"coalesce(s.{quoted(FAULT)}, {self._cell_errors()})"
        return self._cell_errors()

    def _cell_errors(self) -> str:
        found = ["days.error"]
        if self.columns.item:
            found.append("items.error")
        found += [f"{table}.error" for _, names, table in self.origins if names]
        found += [f"number_{m.fact}.error" for m in self.by_cell]
        found += [
            f"CASE WHEN s.{quoted(m.column)} < 0 THEN {literal(m.fact + ' is ')} || s.{quoted(m.column)} || "
            "'; expected zero or more' END"
            for m in self.direct
        ]
        if len(found) == 1:
            return found[0]
        return f"nullif(concat_ws('; ', {', '.join(found)}), '')"

    def pairs_needed(self) -> list[tuple[int, int, Status]]:
        """Program, item and status of numbers, as they occur together."""
        numbers = self.columns.of("number")
        row = f"s.{quoted(self.source.number)}"
        sql = f'SELECT DISTINCT "@program", "@item", "@status" FROM ({self._parts(row)}) WHERE "@error" IS NULL'
        found = []
        for program, item, code in self.duck.rows(sql):
            status = tuple(int(code) // 3**place % 3 for place in range(len(numbers)))
            found.append((int(program), int(item), status))
        return sorted(found)

    def write_plan(self, plan: Plan, pairs: Sequence[Pair]) -> None:
        """The kinds of rows, the classes of their parts, and the comparisons of their numbers."""
        self.plan = plan
        self._write_pairs(plan, pairs)
        self._write_classes(plan)
        self.digits = [self._digit(plan, place) for place in range(len(plan.comparison_list))]

    def _write_pairs(self, plan: Plan, pairs: Sequence[Pair]) -> None:
        self.figures = list(range(plan.figure_count))
        self.asked = [origin for origin, _, _ in self.origins]
        place_of = {id(c): place for place, c in enumerate(plan.comparison_list)}
        self.raw = list(plan.raw)
        big = False
        rows = []
        for pair in pairs:
            questions = pair.kind.questions
            sets = [
                plan.answers[origin].number_of(questions.of[origin]) if questions.of.get(origin) else None
                for origin in self.asked
            ]
            figures = [*pair.figures, *[None] * (len(self.figures) - len(pair.figures))]
            large = any(f is not None and (f >= BIG or _decimals(f) > 6) for f in figures)
            big = big or large
            asks = sum(1 << place_of[id(c)] for c in questions.comparisons)
            raw = sum(1 << place for place, name in enumerate(self.raw) if name in questions.raw)
            code = sum(s * 3**place for place, s in enumerate(pair.status))
            stored = [None if f is None or f >= BIG or _decimals(f) > 6 else f for f in figures]
            which = pair.item if (raw and any(name.startswith("fig:") for name in questions.raw)) or large else None
            rows.append((pair.program, pair.item, code, pair.kind.number, *sets, *stored, asks, raw, large, which))
        kinds = {"program": "BIGINT", "item": "BIGINT", "status": "BIGINT", "kind": "BIGINT"}
        kinds.update({f"set_{origin}": "BIGINT" for origin in self.asked})
        kinds.update({f"fig_{n}": "DECIMAL(18,6)" for n in self.figures})
        kinds.update({"asks": "BIGINT", "raw": "BIGINT", "large": "BOOLEAN", "which": "BIGINT"})
        self.duck.table("pairs", kinds, rows)
        self.any_large = big

    def _write_classes(self, plan: Plan) -> None:
        for origin in self.asked:
            rows = [
                (number, element, class_)
                for number, classes in enumerate(plan.answers[origin].classes)
                for element, class_ in enumerate(classes)
            ]
            kinds = {"questions": "BIGINT", "element": "BIGINT", "class": "BIGINT"}
            self.duck.table(quoted(f"class_{origin}"), kinds, rows)

    def _digit(self, plan: Plan, place: int) -> str:
        sql = self._sql(plan.comparison_list[place])
        return f'CASE WHEN (asks >> {place}) & 1 = 1 AND NOT "@big" AND ({sql}) THEN {1 << place} ELSE 0 END'

    def _sql(self, comparison: Compare) -> str:
        """A comparison of a row's numbers and its item's figures."""
        declared = []
        for name in {node.name for node in walk(comparison) if isinstance(node, Fact)}:
            origin, _, fact = name.partition(":")
            decimals = self.vocabulary[fact].decimals if origin == "num" else 6
            declared.append(Declared(name, "number", decimals=decimals))
        return to_sql(comparison, self.vocabulary.with_facts(declared), "duckdb", _number_column)

    def _keyed(self, carried: str) -> str:
        """Rows with the key of their class."""
        numbers = self.columns.of("number")
        values = [_at("n_" + m.fact) for m in numbers]
        big = " OR ".join(["coalesce(large, false)", *(f"coalesce({value} >= {BIG}, false)" for value in values)])
        classes = [f"coalesce({_class(o)}.class, 0) AS {_at('k_' + o)}" for o in self.asked]
        narrow = [self._narrow(m) for m in numbers]
        joins = [
            'LEFT JOIN pairs ON pairs.program = p."@program" AND pairs.item = p."@item" AND pairs.status = p."@status"',
            *(
                f"LEFT JOIN {_class(o)} ON {_class(o)}.questions = pairs.{quoted(f'set_{o}')} "
                f"AND {_class(o)}.element = p.{_at(o)}"
                for o in self.asked
            ),
        ]
        figures = [f"fig_{n}" for n in self.figures]
        more = ", ".join([f'({big}) AS "@big"', 'kind AS "@kind"', "asks", "raw", "which", *figures, *classes, *narrow])
        parts = f"SELECT p.*, {more}\nFROM ({self._parts(carried)}) AS p\n" + "\n".join(joins)
        exact = [f"CASE WHEN {self._is_raw(m)} THEN {_at('n_' + m.fact)} END AS {_at('r_' + m.fact)}" for m in numbers]
        item = 'CASE WHEN "@big" THEN "@item" ELSE which END AS "@r_item"'
        digits = " + ".join(self.digits) or "0"
        chosen = ", ".join([f'({digits}) AS "@digits"', *exact, item])
        return f"SELECT *, {chosen} FROM ({parts})"

    def _is_raw(self, meaning: Meaning) -> str:
        name = f"num:{meaning.fact}"
        return f'"@big" OR (raw >> {self.raw.index(name)}) & 1 = 1' if name in self.raw else '"@big"'

    def _narrow(self, meaning: Meaning) -> str:
        decimals = min(self.vocabulary[meaning.fact].decimals, 6)
        value = _at("n_" + meaning.fact)
        return f"TRY_CAST(CASE WHEN {value} < {BIG} THEN {value} END AS DECIMAL(18,{decimals})) AS w_{meaning.fact}"

    @property
    def key_columns(self) -> list[str]:
        """The columns that together tell the class of a row; those of ``nullable_keys`` may be null."""
        return ['"@kind"', *(_at("k_" + o) for o in self.asked), '"@digits"', *self.nullable_keys]

    @property
    def nullable_keys(self) -> list[str]:
        return [*(_at("r_" + m.fact) for m in self.columns.of("number")), '"@r_item"']

    def combos(self) -> list[dict[str, Any]]:
        """Each class of rows: its kind, the digits of its comparisons, and the parts of its first row."""
        return self._grouped("combos", self.key_columns, ['"@kind"', '"@digits"'], self._keyed, '"@error" IS NULL')

    def _grouped(
        self, table: str, keys: Sequence[str], kept: Sequence[str], rows: Callable[[str], str], where: str
    ) -> list[dict[str, Any]]:
        numbers = self.columns.of("number")
        row = quoted(self.source.number)
        parts = ['"@day"', '"@item"', *map(_at, self.asked), '"@status"']
        picked = [f"arg_min({part}, {row}) AS v{n}" for n, part in enumerate(parts)]
        # A null would be passed over by arg_min: inside a struct it is not.
        values = [f"arg_min(struct_pack(v := {_at('n_' + m.fact)}), {row}).v AS {_at('v_' + m.fact)}" for m in numbers]
        listed = ", ".join(keys)
        number = "d" if table == "combos" else "a"
        kind = """any_value("@kind") AS "@kind",""" if number == "a" else ""
        self.duck.run(
            f"CREATE OR REPLACE TEMP TABLE {table} AS "
            f"SELECT row_number() OVER (ORDER BY first) - 1 AS {number}, * FROM "
            f"(SELECT {listed}, {kind} min({row}) AS first, count(*) AS n, {', '.join([*picked, *values])} "
            f"FROM ({rows(f's.{row}')}) WHERE {where} GROUP BY {listed})"
        )
        names = [*(f"v{n}" for n in range(len(parts))), *(_at("v_" + m.fact) for m in numbers), *kept]
        found = []
        for day, item, *rest in self.duck.rows(f"SELECT {', '.join(names)} FROM {table} ORDER BY {number}"):
            elements = dict(zip(self.asked, map(int, rest[: len(self.asked)]), strict=True))
            code, *cells = rest[len(self.asked) : len(self.asked) + 1 + len(numbers)]
            status = {m.fact: int(code) // 3**place % 3 for place, m in enumerate(numbers)}
            stated = {m.fact: decimal_of(v) for m, v in zip(numbers, cells, strict=True)}
            more = dict(zip((k.strip('"@') for k in kept), rest[len(rest) - len(kept) :], strict=True))
            found.append({"day": int(day), "item": int(item), **elements, "status": status, "numbers": stated, **more})
        return found

    def _same_class(self) -> str:
        return " AND ".join(
            f"k.{key} {'IS NOT DISTINCT FROM' if key in self.nullable_keys else '='} combos.{key}"
            for key in self.key_columns
        )

    def write_decisions(self, decisions: Sequence[Decision], names: Sequence[str]) -> None:
        kinds = {"d": "BIGINT", **{f"a{n}": "VARCHAR" for n in range(len(names))}}
        self.duck.table("decisions", kinds, [(d, *decision.answer) for d, decision in enumerate(decisions)])

    def asks(self, needs: Sequence[Need], marks: Sequence[Mark]) -> list[dict[str, Any]]:
        """Classes of the rows whose answer is open: rows of one class lack the same facts, to the same effect."""
        self._write_classes(self.plan)
        self.detailed = [o for o in self.asked if any(o in need.sets for need in needs)]
        self.marks = [self._mark(mark, place) for place, mark in enumerate(marks)]
        kinds = {"d": "BIGINT", **{f"need_{o}": "BIGINT" for o in self.detailed}, "marks": "BIGINT", "exact": "BOOLEAN"}
        self.duck.table(
            "needs", kinds, [(n.d, *(n.sets.get(o) for o in self.detailed), n.marks, n.exact) for n in needs]
        )
        return self._grouped(
            "asks", self.ask_columns, ["d", '"@kind"', '"@program"', '"@marks"'], self._asking, "marks IS NOT NULL"
        )

    def _mark(self, mark: Mark, place: int) -> str:
        bits = " + ".join(
            f"CASE WHEN {self._sql(comparison)} THEN {1 << bit} ELSE 0 END" for bit, comparison in enumerate(mark.tests)
        )
        return f"CASE WHEN (marks >> {place}) & 1 = 1 THEN ({bits}) * {64**place} ELSE 0 END"

    @property
    def ask_columns(self) -> list[str]:
        exact = [*(_at("x_" + m.fact) for m in self.columns.of("number")), '"@x_item"']
        return ["d", '"@program"', *(_at("a_" + o) for o in self.detailed), '"@marks"', *exact]

    def _asking(self, carried: str) -> str:
        """Rows with the number of their class (``d``) and the key of what they lack."""
        inner = f"SELECT k.*, d FROM ({self._keyed(carried)}) AS k LEFT JOIN combos ON {self._same_class()}"
        joins = ["LEFT JOIN needs USING (d)"]
        joins += [
            f"LEFT JOIN {_class(o)} AS {_at('t_' + o)} ON {_at('t_' + o)}.questions = needs.{quoted('need_' + o)} "
            f"AND {_at('t_' + o)}.element = k.{_at(o)}"
            for o in self.detailed
        ]
        chosen = [f"coalesce({_at('t_' + o)}.class, 0) AS {_at('a_' + o)}" for o in self.detailed]
        chosen.append(f'({" + ".join(self.marks) or "0"}) AS "@marks"')
        chosen += [
            f"CASE WHEN exact THEN {_at('n_' + m.fact)} END AS {_at('x_' + m.fact)}" for m in self.columns.of("number")
        ]
        chosen.append('CASE WHEN exact THEN "@item" END AS "@x_item"')
        return f"SELECT k.*, marks, {', '.join(chosen)} FROM ({inner}) AS k {' '.join(joins)}"

    def answer_name(self, name: str) -> str:
        """The column of an answer: its name, unless the table has such a column of its own."""
        taken = {column.casefold() for column in self.source.columns}
        return f"exeat_{name}" if name in taken else name

    def write_asks(self, asks: Sequence[str | None]) -> None:
        self.duck.table("ask_texts", {"a": "BIGINT", "ask": "VARCHAR"}, list(enumerate(asks)))

    def write_out(self, out: Path, names: Sequence[str], *, asking: bool) -> None:
        """Every row with its answer, in the order of the source; rows in error have their error and no answer."""
        answers = []
        for n, name in enumerate(names):
            value = f"coalesce(ask_texts.ask, a{n})" if asking and name == "ask" else f"a{n}"
            answers.append(f"{value} AS {quoted(self.answer_name(name))}")
        original = ", ".join(f"k.{quoted(name)}" for name in (self.source.number, *self.source.columns))
        if asking:
            same = " AND ".join(
                f"k.{key} {'IS NOT DISTINCT FROM' if key.startswith(chr(34) + '@x_') else '='} asks.{key}"
                for key in self.ask_columns
            )
            rows = (
                f"({self._asking('s.*')}) AS k LEFT JOIN asks ON {same} LEFT JOIN ask_texts USING (a) "
                "LEFT JOIN decisions ON decisions.d = k.d"
            )
        else:
            rows = (
                f"({self._keyed('s.*')}) AS k LEFT JOIN combos ON {self._same_class()} "
                "LEFT JOIN decisions ON decisions.d = combos.d"
            )
        sql = f'SELECT {original}, {", ".join(answers)}, k."@error" AS error FROM {rows}'
        # Without this, a join gives up the order of the rows wherever the database finds it quicker.
        self.duck.run(f"COPY ({sql}) TO {literal(str(out))} (FORMAT parquet, PRESERVE_ORDER true)")

    def count_out(self, out: Path) -> tuple[int, int]:
        """Rows decided and rows in error; fails if a row was lost, doubled or moved."""
        at = quoted(self.source.number)
        scan = f"read_parquet({literal(str(out))}, file_row_number = true)"
        total, moved, errors = self.duck.rows(
            f"SELECT count(*), count(*) FILTER ({at} <> file_row_number + 1), count(error) FROM {scan}"
        )[0]
        if total != self.source.rows or moved:
            raise InputError(
                f"{self.source.rows} rows came in and {total} went out, {moved} out of place: nothing is kept"
            )
        return total - errors, errors


def _same(table: str, column: str, other: str) -> str:
    return f"{table}.{quoted(column)} IS NOT DISTINCT FROM {other}"


def _at(name: str) -> str:
    return quoted("@" + name)


def _class(origin: str) -> str:
    return quoted("class_" + origin)


def _number_column(name: str) -> str:
    origin, _, fact = name.partition(":")
    return f"w_{fact}" if origin == "num" else f"fig_{fact}"


def _decimals(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
