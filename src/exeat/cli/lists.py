"""``exeat lists``: bring, add and look at the lists that parties are screened against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from cyclopts import App

from exeat.bound import extra
from exeat.cli import DECIDED, FAILED
from exeat.cli.given import pairs
from exeat.cli.show import write, write_json
from exeat.terms import InputError, read_day

lists_app = App(name="lists", help="The restricted-party lists held: update them, add a file, see what is in use.")


@contextmanager
def screening() -> Iterator[Any]:
    """The commands of screening; what it refuses is told in one line.

    Raises:
        NotInstalled: the extra is missing. InputError: what screening says, or a file that cannot be read.
    """
    with extra("screening"):
        from exeat.screening import commands
        from exeat.screening.errors import ScreeningError
    try:
        yield commands
    except (ScreeningError, OSError) as error:
        raise InputError(told(error)) from None


def told(error: Exception) -> str:
    """An error in one line; of the system's errors the reason and the file."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


def day_of(stated: str | None, option: str) -> date | None:
    """A day from an option, None where it was not given.

    Raises:
        InputError: no day.
    """
    return None if stated is None else read_day(stated, option)


@lists_app.command
def update(*source: str, url: str | None = None, accept: bool = False, json: bool = False) -> int:
    """Fetch the official lists (default: csl, the US Consolidated Screening List), and keep them only if whole.

    Exit code 0: every source is held in its newest form; 1: one could not be fetched or was refused.

    Parameters
    ----------
    source
        csl, csl-json, ecfr, ofac-sdn, ofac-cons, bis-denied (exeat lists sources tells where they are published).
    url
        Another https address to fetch the one source from.
    accept
        Keep a list although it shrank or lost a part; every answer then says so.
    """
    with screening() as commands:
        names = source or ("csl",)
        if url is not None and len(names) > 1:
            raise InputError("--url goes with one source")
        done = commands.lists_update(names, accept=accept, urls={names[0]: (url,)} if url else None)
    if json:
        write_json(done)
    else:
        write(_updated(one) for one in done)
    return DECIDED if all(one["ok"] for one in done) else FAILED


def _updated(one: Mapping[str, Any]) -> str:
    if not one["ok"]:
        return f"{one['source']}: not updated: {one['error']}; what was held stays in use"
    kept = one["snapshot"]
    if not one["changed"] or kept is None:
        return f"{one['source']}: not changed since it was last fetched"
    moved = one.get("changes")
    counts = [f"{told['count']:,} {what}" for what, told in moved.items()] if moved else []
    said = f" ({', '.join(counts)})" if counts else ""
    return f"{one['source']}: {sum(kept['rows'].values()):,} entries of {kept['as_of']} kept{said}"


@lists_app.command
def sources(*, json: bool = False) -> int:
    """Tell where the official lists are published, who says so, and how sure that is."""
    with screening():
        from exeat.screening.official import OFFICIAL
    known = [one.to_dict() for one in OFFICIAL.values()]
    if json:
        write_json(known)
        return DECIDED
    for one in OFFICIAL.values():
        write([f"{one.source}: {one.what} ({one.publisher})"])
        write(f"  {address}" for address in one.addresses)
        write([f"  {one.confidence}: {one.seen}"])
    return DECIDED


@lists_app.command
def add(
    file: str,
    /,
    *,
    source: str | None = None,
    as_of: str | None = None,
    code: str = "OWN",
    column: list[str] | None = None,
    accept: bool = False,
    json: bool = False,
) -> int:
    """Check a list file and keep it: the Consolidated Screening List, OFAC's files, part 744 of the eCFR, or your own.

    Parameters
    ----------
    file
        The file as its publisher gives it out, or a CSV with --column.
    source
        The name under which it is held (default: its form).
    as_of
        The day it stands for, where the file does not say.
    code
        The code of your own list.
    column
        FIELD=COLUMN, for a CSV of your own (name=Customer, country=Land …); repeatable.
    accept
        Keep it although it shrank or lost a part; every answer then says so.
    """
    mapping = pairs("--column", column or ()) or None
    with screening() as commands:
        kept = commands.lists_add(
            Path(file), source, day_of(as_of, "--as-of"), accept=accept, mapping=mapping, code=code
        )
    if json:
        write_json(kept)
        return DECIDED
    rows = ", ".join(f"{name} {count:,}" for name, count in sorted(kept["rows"].items()))
    write([f"{kept['source']}: {sum(kept['rows'].values()):,} entries of {kept['as_of']} kept ({rows})"])
    write(f"  accepted although {wrong}" for wrong in kept["accepted_despite"])
    return DECIDED


@lists_app.command
def status(*, json: bool = False) -> int:
    """Tell of each source held its day, its age, its entries, and what is wrong with it."""
    with screening() as commands:
        held = commands.lists_status()
    if json:
        write_json(held)
        return DECIDED
    for one in held:
        age = "" if one["age_days"] is None else f", {one['age_days']} days old"
        write([f"{one['source']} ({one['form']}): {one['total']:,} entries of {one['as_of'] or 'unknown date'}{age}"])
        write([f"  {', '.join(f'{code} {count:,}' for code, count in sorted(one['rows'].items()))}"])
        if one["copies"]:
            write([f"  {one['copies']} copies kept, the first of {one['first_copy']}"])
        write(f"  note: {flag}" for flag in one["flags"])
    return DECIDED
