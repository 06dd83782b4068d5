"""The classes of rows in DuckDB: found from the keys of rows, told apart where their answers are open, joined back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from exeat.portfolio.coded import Coded, at, together
from exeat.portfolio.decision import Decision
from exeat.portfolio.duck import Duck, decimal_of, literal, quoted
from exeat.portfolio.keyed import Keyed, class_of
from exeat.portfolio.open_answers import Mark, Need
from exeat.portfolio.source import Source
from exeat.terms import InputError

#: The table of codes, its rows with their place.
_CODED = '(SELECT *, rowid AS "@at" FROM coded)'


class Keys(Keyed):
    """Writes answers by class into DuckDB and the queries that join them to the rows."""

    def __init__(self, coded: Coded) -> None:
        super().__init__(coded)
        self.detailed: list[str] = []
        self.marks: list[str] = []

    def combos(self) -> list[dict[str, Any]]:
        """Each class of rows: its kind, the truths of its comparisons, and the parts of its first row."""
        found = self._grouped("combos", "d", self.key, f'SELECT * FROM ({self.query(_CODED)}) WHERE "@fine"')
        for combo in found:
            combo["digits"] = sum(int(combo.pop(f"d_{n}")) << n * 60 for n in range(self.words))
        return found

    def _grouped(self, table: str, number: str, key: Sequence[str], rows: str) -> list[dict[str, Any]]:
        """Make a table of the classes of a key, numbered by their first rows, and read it with those rows' parts."""
        listed = ", ".join(key)
        self.duck.run(
            f'CREATE OR REPLACE TEMP TABLE {table} AS SELECT row_number() OVER (ORDER BY "@at") - 1 AS {number}, * '
            f'FROM (SELECT {listed}, min("@at") AS "@at", count(*) AS "@rows" FROM ({rows}) GROUP BY {listed})'
        )
        kept = [name for name in key if name.startswith(('"@d_', '"@marks', '"@kind', '"@d"'))]
        parts = ['"@program"', '"@item"', '"@status"', *(at("e_" + o) for o in self.asked)]
        values = [at("v_" + m.fact) for m in self.numbers]
        firsts = f'(SELECT c.* FROM {_CODED} AS c SEMI JOIN {table} AS t ON t."@at" = c."@at")'
        columns = ", ".join([*(f"r.{name}" for name in (*parts, *values)), *(f"t.{name}" for name in kept)])
        found = []
        read = self.read_rows(firsts)
        for program, item, code, *rest in self.duck.rows(
            f'SELECT {columns} FROM ({read}) AS r JOIN {table} AS t ON t."@at" = r."@at" ORDER BY t."@at"'
        ):
            elements = dict(zip(self.asked, map(int, rest[: len(self.asked)]), strict=True))
            cells = rest[len(self.asked) : len(self.asked) + len(self.numbers)]
            status = {m.fact: said for m, said in zip(self.numbers, self.status_of(code), strict=True)}
            stated = {m.fact: decimal_of(v) for m, v in zip(self.numbers, cells, strict=True)}
            more = zip((name.strip('"@') for name in kept), rest[len(self.asked) + len(self.numbers) :], strict=True)
            combo = {"program": int(program), "item": int(item), **elements, "status": status, "numbers": stated}
            found.append({**combo, **dict(more)})
        return found

    def write_decisions(self, decisions: Sequence[Decision], names: Sequence[str]) -> None:
        """The answer of each class. Each column knows its few texts: to write one for a row is to write a number."""
        answers = [decision.answer for decision in decisions]
        kinds = {"d": "INTEGER"}
        kinds.update({f"a{n}": enum_of(answer[n] for answer in answers) for n in range(len(names))})
        self.duck.table("decisions", kinds, [(d, *answer) for d, answer in enumerate(answers)])

    def asks(self, needs: Sequence[Need], marks: Sequence[Mark]) -> list[dict[str, Any]]:
        """Classes of the rows whose answer is open: rows of one class lack the same facts, to the same effect."""
        self.write_classes()
        self.detailed = [o for o in self.asked if any(o in need.sets for need in needs)]
        self.marks = [self._mark(mark, place) for place, mark in enumerate(marks)]
        kinds = {
            "d": "INTEGER",
            **{f"need_{o}": "INTEGER" for o in self.detailed},
            "marks": "BIGINT",
            "exact": "BOOLEAN",
        }
        self.duck.table(
            "needs", kinds, [(n.d, *(n.sets.get(o) for o in self.detailed), n.marks, n.exact) for n in needs]
        )
        return self._grouped(
            "asks", "a", self.ask_key, f'SELECT * FROM ({self._asking(_CODED)}) WHERE "@needs" IS NOT NULL'
        )

    def _mark(self, mark: Mark, place: int) -> str:
        bits = " + ".join(
            f"CASE WHEN {self.sql(comparison)} THEN {1 << bit} ELSE 0 END" for bit, comparison in enumerate(mark.tests)
        )
        return f"CASE WHEN (n.marks >> {place}) & 1 = 1 THEN CAST({bits} AS BIGINT) * {64**place} ELSE 0 END"

    @property
    def ask_key(self) -> list[str]:
        """The columns that tell rows apart by what is asked of them."""
        exact = [*(at("x_" + m.fact) for m in self.numbers), '"@x_item"']
        return ['"@d"', '"@kind"', '"@program"', *(at("a_" + o) for o in self.detailed), '"@marks"', *exact]

    def _decided(self, rows: str) -> str:
        """Rows with the number of their class."""
        same = self.same(self.key, "k", "combos")
        return f'SELECT k.*, combos.d AS "@d" FROM ({self.query(rows)}) AS k LEFT JOIN combos ON {same} AND k."@fine"'

    def _asking(self, rows: str) -> str:
        """Rows with the number of their class and the key of what they lack."""
        joins = ['LEFT JOIN needs AS n ON n.d = k."@d"']
        joins += [
            f"LEFT JOIN {class_of(o)} AS {quoted('t_' + o)} ON {quoted('t_' + o)}.questions = n.{quoted('need_' + o)} "
            f"AND {quoted('t_' + o)}.element = k.{at('e_' + o)}"
            for o in self.detailed
        ]
        chosen = [f"coalesce({quoted('t_' + o)}.class, 0) AS {at('a_' + o)}" for o in self.detailed]
        chosen += [f'({" + ".join(self.marks) or "0"}) AS "@marks"', 'n.marks AS "@needs"']
        chosen += [f"CASE WHEN n.exact THEN {at('v_' + m.fact)} END AS {at('x_' + m.fact)}" for m in self.numbers]
        chosen.append('CASE WHEN n.exact THEN "@item" END AS "@x_item"')
        return f"SELECT k.*, {', '.join(chosen)} FROM ({self._decided(rows)}) AS k {' '.join(joins)}"

    def answer_name(self, name: str) -> str:
        """The column of an answer: its name, unless the table has such a column of its own."""
        return answer_name(self.source, name)

    def write_asks(self, asks: Sequence[str | None]) -> None:
        """What is asked of each class of open rows."""
        self.duck.table("ask_texts", {"a": "INTEGER", "ask": enum_of(asks)}, list(enumerate(asks)))

    def write_out(self, out: Path, names: Sequence[str], shown: Sequence[str], *, asking: bool) -> None:
        """Every row with its answer, in the order of the source; rows in error have their error and no answer.

        ``names`` are the columns of :meth:`write_decisions`; those ``shown`` are written.
        """
        answers = []
        for n, name in enumerate(names):
            value = "ask_texts.ask" if asking and name == "ask" else f"decisions.a{n}"
            if name in shown:
                answers.append(f"{value} AS {quoted(self.answer_name(name))}")
        original = ", ".join(f"k.{quoted(name)}" for name in (self.source.number, *self.source.columns))
        rows = f"({self.coded.query('s.*')})"
        if asking:
            joined = f"({self._asking(rows)}) AS k LEFT JOIN asks ON {self.same(self.ask_key, 'k', 'asks')} "
            joined += "LEFT JOIN ask_texts ON ask_texts.a = asks.a"
        else:
            joined = f"({self._decided(rows)}) AS k"
        told = together(['k."@fault"', 'k."@part_fault"', 'k."@number_fault"'])
        fault = f'coalesce(k."@unread", {told})'
        sql = (
            f"SELECT {original}, {', '.join(answers)}, {fault} AS error FROM {joined} "
            'LEFT JOIN decisions ON decisions.d = k."@d"'
        )
        # Without this, a join gives up the order of the rows wherever the database finds it quicker.
        self.duck.run(f"COPY ({sql}) TO {literal(str(out))} (FORMAT parquet, PRESERVE_ORDER true)")

    def count_out(self, out: Path) -> tuple[int, int]:
        """Rows decided and rows in error; fails if a row was lost, doubled, moved or left without an answer."""
        return count_out(self.duck, self.source, out, self.answer_name("outcome_text"))


def answer_name(source: Source, name: str) -> str:
    """The column of an answer: its name, unless the table has such a column of its own."""
    taken = {column.casefold() for column in source.columns}
    return f"exeat_{name}" if name in taken else name


def count_out(duck: Duck, source: Source, out: Path, outcome: str) -> tuple[int, int]:
    """Rows decided and rows in error.

    Raises:
        InputError: a row was lost, doubled, moved, or left with neither an answer nor an error.
    """
    number = quoted(source.number)
    total, moved, errors, bare = duck.rows(
        f"SELECT count(*), count(*) FILTER ({number} <> file_row_number + 1), count(error), "
        f"count(*) FILTER (error IS NULL AND {quoted(outcome)} IS NULL) "
        f"FROM read_parquet({literal(str(out))}, file_row_number = true)"
    )[0]
    if total != source.rows or moved or bare:
        raise InputError(
            f"{source.rows} rows came in and {total} went out, {moved} out of place, {bare} without an answer: "
            "nothing is kept"
        )
    return total - errors, errors


def enum_of(texts: Any) -> str:
    """The type of a column of few texts: to write one for a row is to write a number."""
    known = sorted({text for text in texts if text is not None})
    return f"ENUM({', '.join(map(literal, known))})" if known else "VARCHAR"


__all__ = ["Keys", "answer_name", "count_out", "enum_of"]
