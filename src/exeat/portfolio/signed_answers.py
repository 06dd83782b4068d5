"""The answers by signature beside the rows of a table, in their order.

Beside a large Parquet file the answers alone are written: its own columns are carried as they stand in it
(:mod:`exeat.portfolio.beside`). Beside any other table both are written by the database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from exeat.portfolio.arrow_files import write_groups
from exeat.portfolio.beside import carried, side_by_side
from exeat.portfolio.coded import together
from exeat.portfolio.decision import Decision
from exeat.portfolio.duck import Duck, literal, quoted
from exeat.portfolio.keyed import Keyed
from exeat.portfolio.keys import answer_name, count_out, enum_of
from exeat.portfolio.rows_by_program import RowsByProgram
from exeat.portfolio.source import Source

if TYPE_CHECKING:
    from exeat.portfolio.run import Run

#: Rows of a row group, on average at least and at most, beside which answers are written group by group.
GROUP_LEAST, GROUP_MOST = 50_000, 4_000_000
#: Most rows in error whose texts are held.
ERRORS_MOST = 1_000_000


class SignedAnswers:
    """Writes the answers: ``signed`` has the place of each row's decision, from 1; 0 where there is none."""

    run: Run
    duck: Duck
    source: Source
    keyed: Keyed
    rows: RowsByProgram
    signed: NDArray[np.int32]

    def write_decisions(self, decisions: Sequence[Decision], names: Sequence[str]) -> None:
        """The answers, by place from 1."""
        self._answers = {name: [d.answer[n] for d in decisions] for n, name in enumerate(names)}

    def write_out(self, out: Path, names: Sequence[str], shown: Sequence[str], *, asking: bool = False) -> None:
        """Every row with its answer, in the order of the source; rows in error have their error and no answer."""
        if self.rows.unread:
            self._write_errors()
        groups = self._groups()
        if groups is None:
            self._write_by_query(out, shown)
        else:
            self._write_beside(out, shown, groups)

    def _groups(self) -> list[int] | None:
        """The rows of the row groups beside which the answers can be written, or None."""
        source = self.source
        unlike = source.hidden or [source.renamed.get(name, name) for name in source.in_file] != source.columns
        if unlike or source.rows < GROUP_LEAST or self.rows.unread > ERRORS_MOST:
            return None
        groups = carried(source.path)
        if not groups or max(groups) > GROUP_MOST or source.rows < GROUP_LEAST * len(groups):
            return None
        return groups

    def _write_beside(self, out: Path, shown: Sequence[str], groups: Sequence[int]) -> None:
        """Stretches of row groups are written at a time, each to a file of its own, and then put together."""
        errors = self.duck.rows("SELECT n, error FROM row_errors ORDER BY n") if self.rows.unread else []
        starts = np.cumsum([0, *groups])
        count = min(self.duck.threads, len(groups))
        ends = np.searchsorted(starts, [starts[-1] * (n + 1) // count for n in range(count)])
        ends[-1] = len(groups)  # groups without rows may stand behind the last row
        stretches = zip([0, *ends[:-1].tolist()], ends.tolist(), strict=True)
        paths = {
            out.with_name(f"{out.name}.{n}"): range(*ends) for n, ends in enumerate(stretches) if len(range(*ends))
        }
        beside = _Beside(
            self.source.number,
            {self.answer_name(name): _coded(self._answers[name]) for name in shown},
            self.signed,
            np.array([number for number, _ in errors], np.int64),
            [str(error) for _, error in errors],
        )

        def write(path: Path) -> None:
            write_groups(path, (beside.rows(int(starts[n]), int(starts[n + 1])) for n in paths[path]))

        try:
            with ThreadPoolExecutor(count) as pool:
                list(pool.map(write, paths))
            side_by_side(self.source.path, self.source.renamed, list(paths), [self.source.number], out)
        finally:
            for path in paths:
                path.unlink(missing_ok=True)

    def _write_by_query(self, out: Path, shown: Sequence[str]) -> None:
        kinds = {"s": "INTEGER", **{f"a{n}": enum_of(self._answers[name]) for n, name in enumerate(shown)}}
        listed = zip(*(self._answers[name] for name in shown), strict=True)
        self.duck.table("decisions", kinds, [(place, *answer) for place, answer in enumerate(listed, 1)])
        rows = np.arange(1, self.source.rows + 1, dtype=np.int64)
        self.duck.array_table("signed", {"n": rows, "s": self.signed})
        answers = [f"d.a{n} AS {quoted(self.answer_name(name))}" for n, name in enumerate(shown)]
        number = quoted(self.source.number)
        original = ", ".join(f"s.{quoted(name)}" for name in (self.source.number, *self.source.columns))
        error, errors = "CAST(NULL AS VARCHAR)", ""
        if self.rows.unread:
            error, errors = "e.error", f" LEFT JOIN row_errors AS e ON e.n = s.{number}"
        # Side by side: a join by the row's number takes three times the memory and a third more of the processor. The
        # number stands on both sides: were they ever not side by side, no answer would stand and none be kept.
        sql = (
            f"SELECT {original}, {', '.join(answers)}, {error} AS error FROM source AS s POSITIONAL JOIN signed AS g "
            f"LEFT JOIN decisions AS d ON d.s = CASE WHEN g.n = s.{number} THEN g.s END{errors}"
        )
        self.duck.run(f"COPY ({sql}) TO {literal(str(out))} (FORMAT parquet, PRESERVE_ORDER true)")

    def _write_errors(self) -> None:
        """Why the rows that could not be read could not be."""
        for places in self.rows.places:
            self.run.coded.write_part(places)
        number = quoted(self.source.number)
        told = together(['"@fault"', '"@part_fault"', '"@number_fault"'])
        rows = self.keyed.read_rows(f"({self.run.coded.query('s.' + number)})")
        self.duck.run(
            f'CREATE OR REPLACE TEMP TABLE row_errors AS SELECT {number} AS n, coalesce("@unread", {told}) AS error '
            f'FROM ({rows}) WHERE NOT "@fine"'
        )

    def answer_name(self, name: str) -> str:
        """The column of an answer: its name, unless the table has such a column of its own."""
        return answer_name(self.source, name)

    def count_out(self, out: Path) -> tuple[int, int]:
        """Rows decided and rows in error; fails if a row was lost, doubled, moved or left without an answer."""
        return count_out(self.duck, self.source, out, self.answer_name("outcome_text"))


class _Beside:
    """The columns that are written: the number of the row, its answers, its error."""

    def __init__(
        self,
        number: str,
        answers: Mapping[str, tuple[NDArray[np.int32], list[str]]],
        signed: NDArray[np.int32],
        wrong: NDArray[np.int64],
        errors: Sequence[str],
    ) -> None:
        self.number, self.answers, self.signed = number, answers, signed
        self.wrong, self.errors = wrong, errors

    def rows(self, start: int, end: int) -> dict[str, Any]:
        """Those of the rows after ``start`` up to ``end``; of all texts those that occur in them."""
        signed = self.signed[start:end]
        occurs = np.zeros(int(signed.max(initial=0)) + 1, np.bool_)
        occurs[signed] = True
        places = np.flatnonzero(occurs)
        among = np.zeros(len(occurs), np.int32)
        among[places] = np.arange(len(places))
        found: dict[str, Any] = {self.number: np.arange(start + 1, end + 1, dtype=np.int64)}
        of_rows = among[signed]
        for name, (codes, texts) in self.answers.items():
            own, again = np.unique(codes[places], return_inverse=True)
            absent = int(own[0] < 0) if len(own) else 0
            found[name] = (again - absent).astype(np.int32)[of_rows], [texts[n] for n in own[absent:].tolist()]
        first, last = np.searchsorted(self.wrong, (start + 1, end + 1)).tolist()
        faults = np.full(end - start, -1, np.int32)
        faults[self.wrong[first:last] - start - 1] = np.arange(last - first)
        return {**found, "error": (faults, self.errors[first:last])}


def _coded(texts: Sequence[str | None]) -> tuple[NDArray[np.int32], list[str]]:
    """For each place, from 0 (which has none) on, the number of its text among the distinct ones; -1 for none."""
    known: dict[str, int] = {}
    codes = [-1 if text is None else known.setdefault(text, len(known)) for text in texts]
    return np.array([-1, *codes], np.int32), list(known)


__all__ = ["SignedAnswers"]
