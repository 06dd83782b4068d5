"""``exeat law instruments``, ``timeline``, ``calendar`` and ``check``: documents, dates, faults."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from exeat.cli import BAD_INPUT, DECIDED
from exeat.cli.options import Seen
from exeat.cli.show import write, write_json
from exeat.explanation.instrument_data import instrument_data, told_events
from exeat.explanation.layout import Page, draft_line
from exeat.lawbook.calendar import events, scheduled
from exeat.library import desk
from exeat.terms import InputError, read_day

if TYPE_CHECKING:
    from exeat.lawbook.check import Finding
    from exeat.lawbook.consolidate import Lawbook


def run_instruments(seen: Seen, *, as_json: bool) -> int:
    """List the instruments in the order they take effect."""
    known = None if seen.known_on is None else read_day(seen.known_on, "known_on")
    listed = desk(*seen.drafts).lawbook.instruments
    rows = [instrument_data(instrument) for instrument in listed if known is None or instrument.known <= known]
    if as_json:
        write_json(rows)
        return DECIDED
    page = Page()
    page.extend(draft_line(seen.drafts))
    for row in rows:
        page.text(f"{row['instrument']}: {row['title']}", 0, 2)
        page.text(
            f"{row['kind']}, effective {row['effective']}; {len(row['provisions'])} provisions; {row['confidence']}"
        )
        page.text(row["source"])
    write(page.lines)
    return DECIDED


def run_timeline(seen: Seen, *, as_json: bool) -> int:
    """Every dated change in order: instruments known, effective, due; last days; stays; postures; groups."""
    book = desk(*seen.drafts).lawbook
    known = None if seen.known_on is None else read_day(seen.known_on, "known_on")
    told = list(told_events(events(book, known)))
    if as_json:
        write_json({"instruments": [instrument_data(i) for i in book.instruments], "events": told})
        return DECIDED
    page = Page()
    page.extend(draft_line(seen.drafts))
    _write_events(page, told)
    write(page.lines)
    return DECIDED


def run_calendar(start: str | None, seen: Seen, *, as_json: bool) -> int:
    """What is scheduled to change from a day on, as far as it was public.

    Raises:
        InputError: a day that does not exist.
    """
    book = desk(*seen.drafts).lawbook
    day = date.today() if start is None else read_day(start, "from")
    known = None if seen.known_on is None else read_day(seen.known_on, "known_on")
    told = list(told_events(scheduled(book, day, known)))
    checked = book.checked.isoformat() if book.checked else None
    if as_json:
        write_json({"from": day.isoformat(), "known_on": seen.known_on, "checked": checked, "events": told})
        return DECIDED
    page = Page()
    page.extend(draft_line(seen.drafts))
    public = f", as public on {known}" if known else ""
    page.text(f"scheduled from {day} on{public}; sources last checked {checked or 'on no stated day'}", 0, 2)
    _write_events(page, told)
    if not told:
        page.text("nothing is scheduled in the encoded law")
    late = [event for event in told if checked and event["date"] > checked]
    if late:
        page.text("What falls after the last check is as it was then scheduled, and not verified since.", 0)
    write(page.lines)
    return DECIDED


def _write_events(page: Page, told: Iterable[dict[str, str]]) -> None:
    # What one instrument changes in one way on one day is told together.
    together: dict[tuple[str, str, str], list[str]] = {}
    for event in told:
        together.setdefault((event["date"], event["what"], event["instrument"]), []).append(event["says"])
    for (day, what, instrument), says in together.items():
        page.item(day, ", ".join([f"{what}: {instrument}", *filter(None, says)]), 0, 12)


def overlaps(book: Lawbook) -> list[Finding]:
    """What the solver finds in the law of every era; nothing, and a line that says so, where it is not installed."""
    from exeat.determination.overlap import NOT_EXAMINED, cached_findings, solver_at_hand

    if solver_at_hand():
        return cached_findings(book)
    print(NOT_EXAMINED, file=sys.stderr)
    return []


def run_law_check(folder: str | None, *, as_json: bool, solver: bool = False) -> int:
    """Read, lint and test the law; findings one per line, and exit code 2 when there are any.

    ``solver``: overlaps, gaps and dead rules too, where the solver is installed (a line says so where it is not).

    Raises:
        InputError: no such folder, or one without facts.md.
    """
    from exeat.determination.cases import check_cases
    from exeat.lawbook.check import check_files
    from exeat.lawbook.folder import law_folder

    place = law_folder() if folder is None else Path(folder)
    if not (place / "facts.md").is_file():
        raise InputError(f"{folder} holds no facts.md; expected a law folder")
    book, findings = check_files(place)
    if book is not None:
        findings = sorted([*findings, *check_cases(book), *(overlaps(book) if solver else ())])
    counts = {}
    if book is not None:
        cases = sum(len(section.cases) for section in book.sections())
        counts = {"instruments": len(book.instruments), "provisions": len(book.chains), "cases": cases}
    if as_json:
        rows = [{"file": f.file, "line": f.line, "lint": f.lint, "message": f.message} for f in findings]
        write_json({"findings": rows, **counts})
    else:
        write(str(finding) for finding in findings)
        if not findings:
            write([", ".join(f"{number} {name}" for name, number in counts.items()) + ": no findings"])
    return BAD_INPUT if findings else DECIDED
