"""What is told of a table that was decided: how many rows, which outcomes, what to ask, what could not be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from exeat.determination.program import TRACKS
from exeat.logic.vocabulary import Vocabulary
from exeat.portfolio.columns import IDS, SLOTS, Columns, folded
from exeat.portfolio.days import is_serial
from exeat.portfolio.duck import Duck, quoted
from exeat.portfolio.run import Run
from exeat.portfolio.source import Source

_TOP = 12
#: Names are compared in tables up to this size: beyond it that would cost more than deciding the table.
_COMPARED_AT_MOST = 2_000_000


@dataclass(frozen=True)
class Summary:
    """What became of a table. ``rows`` is always ``decided`` + ``errors``.

    ``outcomes`` are by track, ``by_destination`` as enforced, ``changed`` are rows on which the tracks differ, ``asks``
    the rows that each fact would help to settle; ``questions`` has the same facts with their question in words.
    """

    rows: int
    decided: int
    errors: int
    outcomes: Mapping[str, Mapping[str, int]]
    by_destination: Mapping[str, Mapping[str, int]]
    changed: int
    asks: Mapping[str, int]
    questions: tuple[Mapping[str, Any], ...]
    not_understood: Mapping[str, str | None]
    error_rows: tuple[tuple[int, str], ...]
    classes: int
    programs: int
    traces: int
    notes: tuple[str, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        """The summary as plain data."""
        found = dict(vars(self))
        found["error_rows"] = told_errors(self.error_rows)
        found["questions"] = [dict(question) for question in self.questions]
        found["notes"] = list(self.notes)
        return found


def told_errors(rows: tuple[tuple[int, str], ...]) -> list[dict[str, Any]]:
    """The first rows in error as plain data."""
    return [{"row": row, "error": error} for row, error in rows]


def summary_of(run: Run, scan: str) -> Summary:
    """The summary of a table that was decided; ``scan`` reads the rows as they were written."""
    duck, tally, columns = run.duck, run.tally, run.columns
    names = {t: quoted(run.answer_name(f"outcome_{t}")) for t in TRACKS}
    counts = _counts(duck, columns, scan, names.values())
    ask = quoted(run.answer_name("ask"))
    asked = scan
    if run.ask != "row":  # rows ask what their trace asks; the column is in the table of traces alone
        run.duck.table("trace_asks", {"trace": "VARCHAR", "ask": "VARCHAR"}, list(run.trace_asks.items()))
        trace = quoted(run.answer_name("trace_id"))
        asked = f"(SELECT t.ask AS {ask} FROM {scan} AS s JOIN trace_asks AS t ON t.trace = s.{trace})"
    asks = dict(
        duck.rows(
            f"SELECT unnest(string_split({ask}, '; ')) AS fact, sum(n)::BIGINT FROM (SELECT {ask}, count(*) AS n "
            f"FROM {asked} WHERE {ask} IS NOT NULL GROUP BY 1) GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {_TOP}"
        )
    )
    return Summary(
        rows=tally.rows,
        decided=tally.decided,
        errors=tally.errors,
        outcomes={
            "text": _most_first((text, count) for (text, _, _), count in counts),
            "enforced": _most_first((enforced, count) for (_, enforced, _), count in counts),
        },
        by_destination=_by_destination(counts),
        changed=sum(count for told, count in counts if told[0] != told[1]),
        asks=asks,
        questions=tuple(_questions(asks, run.vocabulary)),
        not_understood=columns.unread,
        error_rows=first_errors(duck, f"SELECT {quoted(run.source.number)}, error FROM {scan} WHERE error IS NOT NULL"),
        classes=tally.classes,
        programs=tally.programs,
        traces=tally.traces,
        notes=tuple(notes_on(run.source, columns, duck)),
    )


def first_errors(duck: Duck, query: str) -> tuple[tuple[int, str], ...]:
    """The first rows that cannot be read: number and why; ``query`` gives both for all."""
    return tuple((int(row), str(error)) for row, error in duck.rows(f"{query} ORDER BY 1 LIMIT {_TOP}"))


def _questions(asks: Mapping[str, int], vocabulary: Vocabulary) -> Iterator[dict[str, Any]]:
    """The facts that are asked for as questions in words, and of whom."""
    for word, count in asks.items():
        slot, _, fact = word.rpartition(" ")
        declared = vocabulary.get(fact)
        yield {
            "fact": fact,
            "of": slot.replace("_", " ") or None,
            "question": declared.question if declared else "",
            "source": declared.source if declared else "",
            "column": f"{slot}_{fact}" if slot in SLOTS else fact,
            "rows": count,
        }


def notes_on(source: Source, columns: Columns, duck: Duck) -> Iterator[str]:
    """What a reader should know of how the table was read."""
    yield from source.notes
    if source.hidden:
        yield "some lines have another number of cells than the header; each is an error of its own"
    date = columns.date
    kind = source.types.get(date, "")
    if kind == "VARCHAR" or kind in ("BIGINT", "INTEGER", "DOUBLE"):
        name = quoted(date)
        query = f"SELECT DISTINCT CAST({name} AS VARCHAR) FROM source WHERE CAST({name} AS VARCHAR) SIMILAR TO "
        serial = next((c for (c,) in duck.rows(query + r"'\s*\d{5}(\.\d+)?\s*' ORDER BY 1") if is_serial(c)), None)
        if serial is not None:
            yield f"{date!r} has day numbers of Excel (such as {serial.strip()}), read as days since 1899-12-30"
    yield from _shared_names(source, duck)


def _shared_names(source: Source, duck: Duck) -> Iterator[str]:
    column = next((name for name in source.columns if folded(name) in IDS), None)
    if column is None or source.rows > _COMPARED_AT_MOST:
        return
    name = quoted(column)
    shared, first = duck.rows(
        f"SELECT sum(n)::BIGINT, arg_min(name, first) FROM (SELECT {name} AS name, count(*) AS n, "
        f"min({quoted(source.number)}) AS first FROM source WHERE {name} IS NOT NULL GROUP BY 1) WHERE n > 1"
    )[0]
    if shared:
        yield f"{shared:,} rows share their {column!r} with another row (the first is {first!r}); each is kept"


#: How many rows have these outcomes and this destination.
_Count: TypeAlias = tuple[tuple[str, str, str | None], int]


def _counts(duck: Duck, columns: Columns, scan: str, names: Iterable[str]) -> list[_Count]:
    column = next((m.column for m in columns.read if m.fact == "destination"), None)
    told = [*names, "NULL" if column is None else quoted(column)]
    found = duck.rows(f"SELECT {', '.join(told)}, count(*) FROM {scan} WHERE {told[0]} IS NOT NULL GROUP BY ALL")
    return [((text, enforced, None if p is None else str(p)), int(count)) for text, enforced, p, count in found]


def _most_first(counts: Iterable[tuple[str, int]]) -> dict[str, int]:
    """The sums by word, the largest first."""
    found: dict[str, int] = {}
    for word, count in counts:
        found[word] = found.get(word, 0) + count
    return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))


def _by_destination(counts: Sequence[_Count]) -> dict[str, dict[str, int]]:
    """Outcomes as enforced for the places with the most rows."""
    top = _most_first((place, count) for (_, _, place), count in counts if place is not None)
    return {
        place: _most_first((enforced, count) for (_, enforced, p), count in counts if p == place)
        for place in list(top)[:_TOP]
    }


__all__ = ["Summary", "first_errors", "notes_on", "summary_of", "told_errors"]
