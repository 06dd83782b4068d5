"""The answers by signature beside the rows of a table, in their order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from exeat.portfolio.coded import together
from exeat.portfolio.decision import Decision
from exeat.portfolio.duck import Duck, Source, literal, quoted
from exeat.portfolio.keyed import Keyed
from exeat.portfolio.keys import answer_name, count_out, enum_of

if TYPE_CHECKING:
    from exeat.portfolio.run import Run


class SignedAnswers:
    """Writes the answers. ``used`` are the signatures that occur; ``unread`` counts the rows that cannot be read."""

    run: Run
    duck: Duck
    source: Source
    keyed: Keyed
    used: list[int]
    unread: int

    def write_decisions(self, decisions: Sequence[Decision], names: Sequence[str]) -> None:
        """The answer of each signature that occurs."""
        answers = [decision.answer for decision in decisions]
        kinds = {"s": "INTEGER"}
        kinds.update({f"a{n}": enum_of(answer[n] for answer in answers) for n in range(len(names))})
        rows = [(s, *answer) for s, answer in zip(self.used, answers, strict=True)]
        self.duck.table("decisions", kinds, rows)

    def write_out(self, out: Path, names: Sequence[str], shown: Sequence[str], *, asking: bool = False) -> None:
        """Every row with its answer, in the order of the source; rows in error have their error and no answer."""
        answers = [f"d.a{n} AS {quoted(self.answer_name(name))}" for n, name in enumerate(names) if name in shown]
        number = quoted(self.source.number)
        original = ", ".join(f"s.{quoted(name)}" for name in (self.source.number, *self.source.columns))
        error, errors = "CAST(NULL AS VARCHAR)", ""
        if self.unread:
            self._write_errors()
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


__all__ = ["SignedAnswers"]
