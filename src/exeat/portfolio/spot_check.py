"""Some rows of what was written, decided once more by the desk from their cells: the last guard before a table is kept.

Whatever goes wrong between a row and its answer (an order given up, a code mixed up) shows here: what is compared is
what a reader of the two files would compare.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exeat.desk import Desk
from exeat.portfolio.columns import transaction_of
from exeat.portfolio.decision import ANSWER_COLUMNS, decision_of
from exeat.portfolio.duck import literal, quoted
from exeat.terms import InputError

if TYPE_CHECKING:
    from exeat.portfolio.run import Run

#: So many stretches of so many rows, spread evenly over the table.
STRETCHES, TOGETHER = 8, 8


def check_spots(run: Run, made: Path) -> int:
    """Decide some rows of a table once more; how many.

    Raises:
        InputError: a row was answered otherwise than the desk answers it. Nothing is kept then.
    """
    starts = [1 + (run.source.rows - TOGETHER) * n // (STRETCHES - 1) for n in range(STRETCHES)]
    spots = sorted({(max(start, 1), start + TOGETHER - 1) for start in starts})
    answers = {name: quoted(run.answer_name(name)) for name in run.shown if name != "ask"}
    read = [m.column for m in run.columns.read]
    stated = _rows(run, "source", spots, {name: quoted(name) for name in read})
    told = _rows(run, f"read_parquet({literal(str(made))})", spots, {"error": "error", **answers})
    desk = Desk(run.desk.lawbook, run.desk.catalog)
    desk.engines = run.desk.engines
    for number, row in stated.items():
        found = told.get(number)
        if found is None or found.pop("error") is None:
            _compare(run, desk, number, row, found)
    return len(stated)


def _rows(run: Run, scan: str, spots: list[tuple[int, int]], columns: Mapping[str, str]) -> dict[int, dict[str, Any]]:
    number = quoted(run.source.number)
    where = " OR ".join(f"{number} BETWEEN {first} AND {last}" for first, last in spots)
    found = run.duck.rows(f"SELECT {', '.join([number, *columns.values()])} FROM {scan} WHERE {where} ORDER BY 1")
    return {row[0]: dict(zip(columns, row[1:], strict=True)) for row in found}


def _compare(run: Run, desk: Desk, number: int, row: Mapping[str, Any], told: Mapping[str, Any] | None) -> None:
    transaction = transaction_of(row, run.columns, run.vocabulary)
    transaction["date"] = str(run.reading.day(row[run.columns.date]))
    if "item" in transaction:
        transaction["item"] = str(transaction["item"])
    found = desk.check(transaction)
    if run.assumed:  # what running limits assume is below anything a transaction may state
        found = desk.decide(replace(found.asked, facts={**run.assumed, **found.asked.facts}))
    decided = dict(zip(ANSWER_COLUMNS, decision_of(found, None).answer, strict=True))
    wrong = [name for name in told or ("row",) if told is None or told[name] != decided[name]]
    if wrong:
        given = "no answer" if told is None else f"{wrong[0]} {told[wrong[0]]!r}"
        raise InputError(
            f"row {number} was given {given}, and the desk finds {decided.get(wrong[0])!r}: nothing is kept; please "
            "report this"
        )


__all__ = ["check_spots"]
