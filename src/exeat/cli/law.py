"""``exeat law instruments``, ``timeline`` and ``check``: the documents, their dates, and what is wrong in the files."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from exeat.cli import BAD_INPUT, DECIDED
from exeat.cli.show import write, write_json
from exeat.explanation.layout import Page
from exeat.lawbook.consolidate import Lawbook
from exeat.lawbook.instrument import Instrument
from exeat.library import desk
from exeat.terms import InputError


def instrument_data(instrument: Instrument) -> dict[str, Any]:
    """An instrument's marks as plain data."""
    return {
        "instrument": instrument.citation,
        "title": instrument.title,
        "kind": instrument.kind,
        "known": instrument.known.isoformat(),
        "published": instrument.published.isoformat(),
        "effective": instrument.effective.isoformat(),
        "compliance": instrument.compliance.isoformat(),
        "provisions": [f"{section.verb}: {section.provision}" for section in instrument.sections],
        "not_encoded": len(instrument.gaps),
        "confidence": instrument.confidence,
        "checked": instrument.checked.isoformat() if instrument.checked else None,
        "source": instrument.source,
        "file": instrument.file,
    }


def run_instruments(*, as_json: bool) -> int:
    """List the instruments in the order they take effect."""
    rows = [instrument_data(instrument) for instrument in desk().lawbook.instruments]
    if as_json:
        write_json(rows)
        return DECIDED
    page = Page()
    for row in rows:
        page.text(f"{row['instrument']}: {row['title']}", 0, 2)
        page.text(
            f"{row['kind']}, effective {row['effective']}; {len(row['provisions'])} provisions; {row['confidence']}"
        )
        page.text(row["source"])
    write(page.lines)
    return DECIDED


def run_timeline(*, as_json: bool) -> int:
    """Every dated change in order: instruments known, effective, due; postures; groups."""
    book = desk().lawbook
    events = sorted({(e["date"], e["what"], e["instrument"], e["says"]) for e in _events(book)})
    data = [dict(zip(("date", "what", "instrument", "says"), event, strict=True)) for event in events]
    if as_json:
        write_json({"instruments": [instrument_data(i) for i in book.instruments], "events": data})
        return DECIDED
    page = Page()
    for event in data:
        page.item(
            event["date"],
            f"{event['what']}: {event['instrument']}{', ' if event['says'] else ''}{event['says']}",
            0,
            12,
        )
    write(page.lines)
    return DECIDED


def _events(book: Lawbook) -> list[dict[str, str]]:
    found = []
    for instrument in book.instruments:
        if instrument.kind == "baseline":
            continue
        days = (
            (instrument.known, "public"),
            (instrument.published, "published"),
            (instrument.effective, "effective"),
            (instrument.compliance, "compliance due"),
        )
        for day, what in days:
            if what != "compliance due" or instrument.compliance != instrument.effective:
                found.append(_event(day, what, instrument.citation, instrument.title))
        for section in instrument.sections:
            own = (section.compliance, "compliance due") if section.compliance != instrument.compliance else None
            if own and section.verb != "Posture":
                found.append(_event(own[0], own[1], instrument.citation, section.provision))
            if section.expires:
                found.append(_event(section.expires, "last day", instrument.citation, section.provision))
    for member in book.groups.memberships:
        for change, what in ((member.start, "joins"), (member.until, "last day in")):
            if change is not None:
                found.append(_event(change, "group", member.citation, f"{member.member} {what} {member.group}"))
    return found


def _event(day: date, what: str, instrument: str, says: str) -> dict[str, str]:
    return {"date": day.isoformat(), "what": what, "instrument": instrument, "says": says}


def run_law_check(folder: str | None, *, as_json: bool) -> int:
    """Read, lint and test the law; findings one per line, and exit code 2 when there are any.

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
        findings = sorted([*findings, *check_cases(book)])
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
