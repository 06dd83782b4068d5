"""``exeat screen`` and ``exeat owners``: is it a listed party, and do listed parties own it?"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exeat.cli import DECIDED, UNKNOWN
from exeat.cli.given import pairs
from exeat.cli.lists import day_of, screening
from exeat.cli.show import write, write_json
from exeat.terms import InputError

#: Hits shown for one name on the terminal.
FEW = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """What goes with a name or a file of names. ``columns`` are FIELD=COLUMN."""

    country: str = ""
    on: str | None = None
    lists: Sequence[str] = ()
    columns: Sequence[str] = ()
    sheet: str | None = None
    changed_since: str | None = None


def run_screen(name: str, asked: Asked, *, as_json: bool) -> int:
    """Screen a name, or each name of a file; exit code 3 where one is, or may be, a listed party.

    Raises:
        InputError: something cannot be read.
    """
    columns = pairs("--column", asked.columns) or None
    with screening() as commands:
        found = commands.screen(
            _subjects(name, asked, columns), asked.country, day_of(asked.on, "--on"), columns=columns,
            lists=[code.upper() for code in asked.lists], processes=min(2, os.cpu_count() or 1),
            changed_since=day_of(asked.changed_since, "--changed-since"),
        )  # fmt: skip
    if as_json:
        write_json(found)
    else:
        write(_screened(found))
    return DECIDED if set(found["counts"]) <= {"no match found"} else UNKNOWN


def _subjects(name: str, asked: Asked, columns: Mapping[str, str] | None) -> Any:
    """The name, the path of a file of names, or the subjects of a sheet."""
    try:
        path = Path(name)
        is_file = path.is_file()
    except (OSError, ValueError):  # a name no file can have
        return name
    if not is_file:
        if columns or asked.sheet:
            raise InputError(f"{name[:60]!r} is no file that is there; --column and --sheet go with a file of names")
        return name
    ending = path.suffix.lstrip(".").casefold()
    if ending not in ("xlsx", "xlsm", "xlsb", "xls", "ods"):
        return path
    from exeat.portfolio.sheets import read_sheet
    from exeat.screening.subjects import subjects_of

    header, rows = read_sheet(path, [(columns or {}).get("name", "name")], asked.sheet)
    return subjects_of(header, rows, asked.country, columns)


def run_decide(
    verdict: str, name: str, record: tuple[str, str, str], entry: str, decision: tuple[str, str, str], *, as_json: bool
) -> int:
    """Keep a reviewer's decision. ``record`` is country, address and key; ``decision`` who, why and until.

    Raises:
        InputError: the name is not like that entry, or something a decision needs is not there.
    """
    who, why, until = decision
    last = day_of(until, "--until")
    assert last is not None
    with screening() as commands:
        from exeat.screening.evidence import Subject

        country, address, key = record
        kept = commands.decide(Subject(name, country, address, key=key), entry, verdict, who, why, last)
    if as_json:
        write_json(kept)
    else:
        write([f"{name} and {kept['entry_name']} [{kept['list']}]: {verdict} by {kept['reviewer']} until {until}"])
    return DECIDED


def run_decisions(*, as_json: bool) -> int:
    """Tell every decision and whether it stands."""
    with screening() as commands:
        kept = commands.decisions()
    if as_json:
        write_json(kept)
        return DECIDED
    for one in kept:
        void = f" (void: {one['void']})" if one["void"] else ""
        write([
            f"{one['subject']} and {one['entry_name'] or one['entry']}: {one['verdict']} by {one['reviewer']} on "
            f"{one['decided']} until {one['until']}: {one['reason']}{void}"
        ])  # fmt: skip
    if not kept:
        write(["no decisions are kept"])
    return DECIDED


def _screened(found: Mapping[str, Any]) -> Iterator[str]:
    answers = found["answers"]
    many = len(answers) > 1
    for answer in answers:
        if many and answer["status"] == "no match found":
            continue
        yield f"{answer['name']}: {_said(answer)}"
        for hit in answer["hits"][:FEW]:
            yield from _hit(hit)
        more = len(answer["hits"]) + answer["more_hits"] - FEW
        if more > 0:
            yield f"  {more} more (--json shows them)"
        yield from (f"  note: {note}" for note in answer["notes"])
    if "changes" in found:
        moved = ", ".join(f"{told['count']} {what}" for what, told in found["changes"].items())
        yield f"since {found['changed_since']}: {moved}; {len(answers)} of {found['asked']} names are touched by that"
    if many:
        yield "; ".join(f"{count} {status}" for status, count in sorted(found["counts"].items()))
    if answers:
        yield from (f"note: {one['source']}: {flag}" for one in answers[0]["lists"] for flag in one["flags"])


def _said(answer: Mapping[str, Any]) -> str:
    """The statement; of the list that ships with the package alone, what it is not."""
    used = answer["lists"]
    if answer["status"] != "no match found" or [one["source"] for one in used] != ["starter"]:
        return str(answer["statement"])
    count = sum(used[0]["rows"].values())
    return (
        f"not found in the starter list of {count} AI-relevant parties of {used[0]['as_of']}; this is not a screening "
        "against the Consolidated Screening List"
    )


def _hit(hit: Mapping[str, Any]) -> Iterator[str]:
    since = f", listed {hit['since']}" if hit["since"] else ""
    until = f" until {hit['until']}" if hit["until"] else ""
    yield f"  {hit['status']} {hit['score']:.2f}: {hit['name']} [{hit['list']}]{since}{until} (entry {hit['key']})"
    if hit["matched_name"] != hit["name"]:
        yield f"    by its name {hit['matched_name']}"
    yield f"    {'; '.join(hit['reasons'])}"
    footnotes = f"footnote {', '.join(hit['footnotes'])}" if hit["footnotes"] else ""
    said = [hit["license_requirement"], hit["license_policy"], footnotes, hit["federal_register"].split(";")[0]]
    if any(said):
        yield f"    {'; '.join(word for word in said if word)}"
    if hit["cleared"]:
        yield f"    {hit['cleared']}"


def run_owners(file: str, name: str, on: str | None, *, as_json: bool) -> int:
    """The 50 percent test by both methods; exit code 3 where it is caught, could be, or cannot be told.

    Raises:
        InputError: something cannot be read.
    """
    if not Path(file).is_file():
        raise InputError(f"{file}: there is no such file; expected a CSV of owner, owned, share")
    with screening() as commands:
        found = commands.owners(Path(file), name, day_of(on, "--on"))
    if as_json:
        write_json(found)
    else:
        write(_owned(found))
    return DECIDED if all(test["status"] == "not caught" for test in found["tests"]) else UNKNOWN


def _owned(found: Mapping[str, Any]) -> Iterator[str]:
    yield found["name"] + (f" on {found['on']}" if found["on"] else "")
    for test in found["tests"]:
        held = f"restricted owners hold {test['restricted_share']}"
        yield f"  {test['method']}: {test['status']}; {held} ({test['source']})"
        yield from (f"    {line}" for line in (*test["path"], *test["inherited"], *test["notes"]))
        if test["red_flag_29"]:
            yield "    red flag 29: a listed owner is known and its share is not settled"
    above = found["ultimate_parent"]
    if above["name"]:
        sure = "" if above["sure"] else ", as far as the data reach"
        yield f"  ultimate parent: {above['name']}{sure}; headquarters {above['headquarters'] or 'not known'}"
    elif above.get("note"):
        yield f"  ultimate parent: {above['note']}"
    yield from (f"  {one['name']}: {one['statement']}" for one in found["owners_screened"])
    yield from (f"note: {one['source']}: {flag}" for one in found["lists"] for flag in one["flags"])
