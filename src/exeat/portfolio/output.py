"""Answers written for other programs (CSV) and for people (Excel). No cell can be taken for a formula."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from exeat.portfolio.decision import ANSWER_COLUMNS
from exeat.portfolio.duck import Duck, literal, quoted
from exeat.portfolio.sheets import RISKY, write_sheet
from exeat.portfolio.source import Source

_TEXTS = ("VARCHAR", "JSON")
#: A plain number with a sign begins as a formula does, and is none.
_NUMBER = r"^[+\-]?[0-9]+([.,][0-9]+)*$"
_FORMULA = f"^[{''.join(map(re.escape, RISKY))}]"


def write_csv(duck: Duck, scan: str, path: Path) -> None:
    """Every row and column; texts that a spreadsheet would take for a formula begin with an apostrophe."""
    cells = []
    for name, kind in duck.types(scan).items():
        column, shown = quoted(name), quoted(f"'{name}" if name.startswith(RISKY) else name)
        if kind in _TEXTS:
            risky = (
                f"regexp_matches({column}, {literal(_FORMULA)}) AND NOT regexp_full_match({column}, {literal(_NUMBER)})"
            )
            cells.append(f"CASE WHEN {risky} THEN '''' || {column} ELSE {column} END AS {shown}")
        else:
            cells.append(f"{column} AS {shown}")
    header = ", ".join(cells)
    duck.run(f"COPY (SELECT {header} FROM {scan}) TO {literal(str(path))} (FORMAT csv, HEADER true)")


def write_people(duck: Duck, scan: str, path: Path, source: Source | None, numbers: Sequence[str] = ()) -> None:
    """One sheet: the row's own columns, the outcome on both tracks, the reason in words, what to ask.

    Without ``source`` every column stands as it is. ``numbers`` are columns that state numbers.
    """
    if source is None:
        query, names = f"SELECT * FROM {scan}", list(duck.types(scan))
    else:
        has = list(duck.types(scan))
        answer = {n: next(c for c in (n, f"exeat_{n}") if c in has and c not in source.columns) for n in ANSWER_COLUMNS}
        shown = [source.number, *source.columns]
        more = [name for name in has if name not in (*shown, *answer.values(), "error")]
        words = {
            "outcome (enforced)": _plain(answer["outcome_enforced"]),
            "outcome (text)": _plain(answer["outcome_text"]),
            "eccn": _of_source(answer["eccn"]),
            "reason": "trace_texts.reason",
            "exceptions": _of_source(answer["exceptions_enforced"]),
            "red flags": _of_source(answer["red_flags"]),
            "what to ask": _plain(answer["ask"]),
            **{name.replace("_", " "): _of_source(name) for name in more},
            "error": "s.error",
        }
        cells = [*(f"s.{quoted(name)}" for name in shown), *words.values()]
        query = (
            f"SELECT {', '.join(cells)} FROM {scan} AS s "
            f"LEFT JOIN trace_texts ON trace_texts.trace_id = s.{quoted(answer['trace_id'])} "
            f"ORDER BY s.{quoted(source.number)}"
        )
        names = [*shown, *words]
    count = int(duck.one(f"SELECT count(*) FROM {scan}"))
    write_sheet(path, names, _rows(duck, query), count, numbers)


def _of_source(column: str) -> str:
    return f"s.{quoted(column)}"


def _plain(column: str) -> str:
    return f"replace(s.{quoted(column)}, '_', ' ')"


def _rows(duck: Duck, query: str) -> Iterator[tuple[object, ...]]:
    cursor = duck.connection.execute(query)
    while rows := cursor.fetchmany(10_000):
        yield from rows
