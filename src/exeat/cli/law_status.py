"""``exeat law status`` and ``exeat law coverage``: where an instrument stands, and how much of it is encoded."""

from __future__ import annotations

from datetime import date
from typing import Any

from exeat.cli import DECIDED
from exeat.cli.options import Seen
from exeat.cli.show import write, write_json
from exeat.explanation.instrument_data import coverage_data, status_data
from exeat.explanation.layout import Page, draft_line, listed
from exeat.lawbook.status import find_instrument, status
from exeat.library import desk
from exeat.terms import read_day

_NO_CHECK = "on no stated day"


def run_status(citation: str, on: str | None, seen: Seen, *, as_json: bool) -> int:
    """Tell where an instrument stands on a day.

    Raises:
        InputError, LawError: a day that does not exist, a citation no instrument has.
    """
    book = desk(*seen.drafts).lawbook
    day = date.today() if on is None else read_day(on, "on")
    known = None if seen.known_on is None else read_day(seen.known_on, "known_on")
    data = status_data(status(book, find_instrument(book, citation), day, known))
    if as_json:
        write_json({"drafts": list(seen.drafts), **data})
        return DECIDED
    page = Page()
    page.extend(draft_line(seen.drafts))
    _write_status(page, data)
    write(page.lines)
    return DECIDED


def _write_status(page: Page, data: dict[str, Any]) -> None:
    public = f", as public on {data['known_on']}" if data["known_on"] else ""
    page.text(f"{data['instrument']}: {data['title']} ({data['kind']}), on {data['on']}{public}", 0, 2)
    if not data["known"]["by_known_on"]:
        page.text(f"not public by {data['known_on']}: nothing was then known of it")
        return
    page.item("public", f"since {_day(data['known'])}", 2, 12)
    page.item("published", _day(data["published"]), 2, 12)
    for key in ("effective", "compliance", "expires"):
        for entry in data[key]:
            names = "" if len(data[key]) == 1 and key != "expires" else _some(entry["provisions"])
            page.item("last day" if key == "expires" else key, f"{_day(entry)}{names}", 2, 12)
    if data["pending"]:
        page.item("pending", f"in the CFR, asks nothing yet: {', '.join(data['pending'])}", 2, 12)
    stances: dict[tuple[str, str], list[str]] = {}
    for posture in data["posture"]:
        said = f"{posture['stance']} since {posture['since']} ({posture['instrument']})"
        stances.setdefault((said, posture["source"]), []).append(posture["provision"])
    for (said, source), provisions in stances.items():
        page.item("posture", f"{said}: {', '.join(provisions)}", 2, 12)
        page.text(source, 14, 14)
    if not data["posture"]:
        page.item("posture", "the agency has stated none that is encoded", 2, 12)
    stays: dict[tuple[str, str], list[str]] = {}
    for stay in data["stayed"]:
        said = f"from {stay['from']} through {stay['until']} ({stay['instrument']}), then in force again"
        stays.setdefault((said, stay["source"]), []).append(stay["provision"])
    for (said, source), provisions in stays.items():
        page.item("stayed", f"{said}: {', '.join(provisions)}", 2, 12)
        page.text(source, 14, 14)
    if not data["stayed"]:
        page.item("stayed", "no", 2, 12)
    _write_rescission(page, data["rescinded"])
    states: dict[str, list[str]] = {}
    for provision in data["provisions"]:
        by = f" by {provision['by']}" if provision["by"] else ""
        states.setdefault(f"{provision['state']}{by}", []).append(provision["provision"])
    for state, provisions in states.items():
        page.text(f"{state}: {', '.join(provisions)}", 2, 4)
    if data["not_encoded"]:
        page.text(f"not encoded: {data['not_encoded']} parts (exeat law coverage tells which)", 2, 4)
    page.text(f"{data['source']} ({data['confidence']})", 2, 4)


def _write_rescission(page: Page, found: dict[str, Any]) -> None:
    checked = f"last checked {found['last_checked'] or _NO_CHECK}"
    late = "; the day asked about lies after that" if found["beyond_checked"] else ""
    if found["rescinded"]:
        by = listed(sorted({entry["by"] for entry in found["removed"]}))
        page.item("rescinded", f"yes, by {by} ({checked})", 2, 12)
        return
    part = f"; removed: {', '.join(e['provision'] for e in found['removed'])}" if found["removed"] else ""
    page.item("rescinded", f"no, as far as known ({checked}{late}){part}", 2, 12)


def _day(entry: dict[str, Any]) -> str:
    return f"{entry['date']}{'' if entry['yet'] else ' (not yet on this day)'}"


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return f": {', '.join(names[:4])}{more}" if names else ""


def run_coverage(citation: str | None, seen: Seen, *, as_json: bool) -> int:
    """Tell instrument by instrument what is encoded, and what is not and why.

    Raises:
        InputError, LawError: as :func:`run_status`.
    """
    book = desk(*seen.drafts).lawbook
    known = None if seen.known_on is None else read_day(seen.known_on, "known_on")
    chosen = book.instruments if citation is None else (find_instrument(book, citation),)
    rows = [coverage_data(i) for i in chosen if known is None or i.known <= known]
    if as_json:
        write_json({"drafts": list(seen.drafts), "digest": book.digest, "instruments": rows})
        return DECIDED
    page = Page()
    page.extend(draft_line(seen.drafts))
    encoded, gaps = (sum(len(row[key]) for row in rows) for key in ("encoded", "not_encoded"))
    page.text(f"{len(rows)} instruments; {encoded} provisions encoded, {gaps} parts not", 0)
    for row in rows:
        page.lines.append("")
        page.text(f"{row['instrument']}: {row['title']}", 0, 2)
        page.text(f"encoded: {', '.join(row['encoded']) or 'nothing'}", 2, 4)
        for gap in row["not_encoded"]:
            shown = "; told with the answers it touches" if gap["shown"] else ""
            page.text(f"- not encoded: {gap['what']}: {gap['why']}{shown}", 2, 4)
    write(page.lines)
    return DECIDED
