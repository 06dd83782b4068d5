"""The parties a table names, screened: what the lists say of them is put beside each row as if the row had stated it.

Each distinct party (name, country, headquarters) is screened once for each day it trades on; a row that states its
lists is left alone, as at the desk, and what a row states of a party wins over what the lists say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from exeat.desk import Desk
from exeat.logic.errors import LogicError
from exeat.portfolio.columns import Columns, Meaning, absent, party_of
from exeat.portfolio.days import day_of
from exeat.portfolio.duck import Duck, literal, quoted
from exeat.portfolio.run import Progress
from exeat.portfolio.source import Source
from exeat.supplied import PartyScreening
from exeat.terms import InputError, read_transaction

#: What screening adds to a table: what was found of each party, and why a row must wait.
REPORT, HOLD = "screening", "screening_hold"
#: Listed entries named in a report; more are counted.
SHOWN = 2


@dataclass
class _Found:
    """What screening says of the parties in one slot, by their cells and the cell of the day."""

    slot: str
    names: tuple[str, ...]
    rows: list[tuple[tuple[Any, ...], dict[str, str], str, str | None]] = field(default_factory=list)

    @property
    def facts(self) -> list[str]:
        """The facts any of them has, in the order first met."""
        return list(dict.fromkeys(name for _, facts, _, _ in self.rows for name in facts))


def with_screening(
    desk: Desk, duck: Duck, folder: Path, source: Source, columns: Columns, screening: PartyScreening,
    progress: Progress,
) -> tuple[Source, Columns]:  # fmt: skip
    """The table with what the lists say of its parties, and its columns; both as they were where it names nobody.

    The facts are columns that are read and not delivered; ``screening`` and ``screening_hold`` are delivered.
    """
    slots = [slot for slot in columns.slots if any(m.fact == "name" for m in columns.of_slot(slot))]
    if not slots:
        return source, columns
    found = [_slot(desk, duck, slot, columns, screening, progress) for slot in slots]
    made = folder / "screened.parquet"
    shown = (_free(REPORT, source), _free(HOLD, source))
    _write(duck, source, columns, found, shown, made)
    duck.run("DROP VIEW source")
    whole = Source(duck, folder, made)
    hidden = [_column(one.slot, fact) for one in found for fact in one.facts]
    whole.columns = [name for name in whole.columns if name not in hidden]
    whole.types = {name: kind for name, kind in duck.types("source").items() if name in (*whole.columns, *hidden)}
    whole.notes = source.notes
    added = {(one.slot, fact): _column(one.slot, fact) for one in found for fact in one.facts}
    read = [replace(m, column=added.pop((m.slot, m.fact), m.column)) for m in columns.read]
    read += [Meaning(column, "party", fact, slot) for (slot, fact), column in added.items()]
    return whole, replace(columns, read=tuple(read))


def _free(name: str, source: Source) -> str:
    return f"exeat_{name}" if name in map(str.casefold, source.columns) else name


def _column(slot: str, fact: str) -> str:
    return f"@{slot}:{fact}"


def _slot(desk: Desk, duck: Duck, slot: str, columns: Columns, screening: PartyScreening, progress: Progress) -> _Found:
    """Screen the distinct parties of a slot on their days."""
    meanings = columns.of_slot(slot)
    found = _Found(slot, (*dict.fromkeys([*(m.column for m in meanings), columns.date]),))
    columns_of = {m.fact: m.column for m in meanings}
    distinct = duck.rows(f"SELECT DISTINCT {', '.join(map(quoted, found.names))} FROM source")
    known: dict[object, tuple[dict[str, str], str, str | None]] = {}
    for number, cells in enumerate(distinct):
        if number % 50 == 0:
            progress(f"screening {slot.replace('_', ' ')}s", number, len(distinct))
        by_column = dict(zip(found.names, cells, strict=True))
        asked = _asked(desk, by_column, slot, columns)
        if asked is None:
            continue
        day, stated = asked
        key = (day, *(str(stated.get(name)) for name in ("name", "location", "headquarters")))
        if key not in known:
            known[key] = _said(screening, slot, stated, day)
        facts, said, hold = known[key]
        # What the row states wins, read as the desk reads a cell: one of blanks of any kind states nothing.
        held = {
            name: value
            for name, value in facts.items()
            if name not in columns_of or absent(by_column[columns_of[name]])
        }
        found.rows.append((cells, held, said, hold))
    return found


def _asked(desk: Desk, cells: Mapping[str, Any], slot: str, columns: Columns) -> tuple[date, Mapping[str, Any]] | None:
    """The day and the party of a row, as the desk reads them; None where there is nobody to screen by name."""
    cell = cells[columns.date]
    try:
        party = party_of(cells, slot, columns, desk.lawbook.vocabulary)
        if party is None or "lists" in party or absent(party.get("name")) or absent(cell):
            return None
        day = day_of(cell, columns.dates)
        transaction = read_transaction({"date": day.isoformat(), "parties": [party]})
        return day, desk.stated_parties(transaction.parties, day)[0]
    except (LogicError, InputError):
        return None  # such a row goes to the errors, with the reason, when it is read


def _said(
    screening: PartyScreening, slot: str, stated: Mapping[str, Any], day: date
) -> tuple[dict[str, str], str, str | None]:
    """Facts as they would be stated, the report in words, and why the row must wait."""
    answer = screening.party(stated, (), day, by_name=True)
    if answer is None:
        return {}, "", None
    report = answer.report
    candidates = sorted(report["candidates"], key=lambda one: (one["taken_as"] != "listed", one["list"] != "EL"))
    named = [f"{one['name']} [{one['list']}] {one['score']:.2f}, {one['taken_as']}" for one in candidates[:SHOWN]]
    more = len(candidates) - len(named) + report["more_candidates"]
    if more > 0:
        named.append(f"{more} more")
    said = f"{slot.replace('_', ' ')}: {report['statement']}" + (f": {', '.join(named)}" if named else "")
    return dict(report["facts"]), said, "; ".join(report["hold"]) or None


def _write(
    duck: Duck, source: Source, columns: Columns, found: Sequence[_Found], shown: Sequence[str], made: Path
) -> None:
    """The table with the facts and the two texts beside it, in its order."""
    joins, more, reports, holds = [], [], [], []
    for number, one in enumerate(found):
        name, facts = f"screened_{number}", one.facts
        kinds = {f"c{place}": source.types[column] for place, column in enumerate(one.names)}
        kinds.update({**{f"f{place}": "VARCHAR" for place in range(len(facts))}, "said": "VARCHAR", "hold": "VARCHAR"})
        rows = [(*cells, *(held.get(fact) for fact in facts), said, hold) for cells, held, said, hold in one.rows]
        duck.table(name, kinds, rows)
        same = " AND ".join(
            f"s.{quoted(column)} IS NOT DISTINCT FROM {name}.c{place}" for place, column in enumerate(one.names)
        )
        joins.append(f"LEFT JOIN {name} ON {same}")
        stated = {m.fact: m.column for m in columns.of_slot(one.slot)}
        for place, fact in enumerate(facts):
            value = f"{name}.f{place}"
            if fact in stated:
                value = f"coalesce({value}, CAST(s.{quoted(stated[fact])} AS VARCHAR))"
            more.append(f"{value} AS {quoted(_column(one.slot, fact))}")
        reports.append(f"{name}.said")
        holds.append(f"{name}.hold")
    texts = [
        f"nullif(concat_ws('; ', {', '.join(parts)}), '') AS {quoted(column)}"
        for parts, column in zip((reports, holds), shown, strict=True)
    ]
    carried = ", ".join(f"s.{quoted(name)}" for name in (*source.columns, *source.hidden))
    duck.run(
        f"COPY (SELECT {', '.join([carried, *texts, *more])} FROM source AS s {' '.join(joins)} "
        f"ORDER BY s.{quoted(source.number)}) TO {literal(str(made))} (FORMAT parquet)"
    )


__all__ = ["HOLD", "REPORT", "with_screening"]
