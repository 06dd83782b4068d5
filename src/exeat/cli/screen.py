"""``exeat screen`` and ``exeat owners``: is it a listed party, and do listed parties own it?"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from exeat.cli import DECIDED, UNKNOWN
from exeat.cli.lists import day_of, screening
from exeat.cli.show import write, write_json
from exeat.terms import InputError

#: Hits shown for one name on the terminal.
FEW = 5


def run_screen(asked: str, country: str, on: str | None, lists: list[str], *, as_json: bool) -> int:
    """Screen a name, or each name of a file; exit code 3 where one is, or may be, a listed party.

    Raises:
        InputError: something cannot be read.
    """
    subject = _file_or_name(asked)
    with screening() as commands:
        found = commands.screen(
            subject, country, day_of(on, "--on"), lists=[code.upper() for code in lists],
            processes=min(2, os.cpu_count() or 1),
        )  # fmt: skip
    if as_json:
        write_json(found)
    else:
        write(_screened(found))
    return DECIDED if set(found["counts"]) <= {"no match found"} else UNKNOWN


def _file_or_name(asked: str) -> str | Path:
    try:
        return Path(asked) if Path(asked).is_file() else asked
    except (OSError, ValueError):  # a name no file can have
        return asked


def _screened(found: Mapping[str, Any]) -> Iterator[str]:
    answers = found["answers"]
    many = len(answers) > 1
    for answer in answers:
        if many and answer["status"] == "no match found":
            continue
        yield f"{answer['name']}: {answer['statement']}"
        for hit in answer["hits"][:FEW]:
            yield from _hit(hit)
        more = len(answer["hits"]) + answer["more_hits"] - FEW
        if more > 0:
            yield f"  {more} more (--json shows them)"
        yield from (f"  note: {note}" for note in answer["notes"])
    if many:
        yield "; ".join(f"{count} {status}" for status, count in sorted(found["counts"].items()))
    if answers:
        yield from (f"note: {one['source']}: {flag}" for one in answers[0]["lists"] for flag in one["flags"])


def _hit(hit: Mapping[str, Any]) -> Iterator[str]:
    since = f", listed {hit['since']}" if hit["since"] else ""
    until = f" until {hit['until']}" if hit["until"] else ""
    yield f"  {hit['status']} {hit['score']:.2f}: {hit['name']} [{hit['list']}]{since}{until}"
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
