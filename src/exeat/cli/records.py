"""``exeat records``: receipts of determinations, verified, given anew, packed for an audit; and ``exeat doctor``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from exeat.bound.ledger import LedgerBooks
from exeat.cli import DECIDED, FAILED, UNKNOWN
from exeat.cli.ledger_options import Where, opened, shown
from exeat.cli.options import Kept
from exeat.cli.show import write, write_json
from exeat.determination.answer import Determination

records_app = App(
    name="records",
    help="Receipts: every recorded determination, what it rested on, and whether it would stand today.",
    default_parameter=Parameter(negative=(), consume_multiple=False),
)
_Where = Annotated[Where | None, Parameter(name="*")]
#: Receipts listed unless told otherwise.
LISTED = 20


def recorder(drafts: tuple[str, ...], kept: Kept) -> Callable[[Mapping[str, Any]], Determination]:
    """What decides a transaction and records it.

    Raises:
        NotInstalled: the extra ``ledger`` is missing. InputError: the ledger cannot be opened.
    """
    from exeat.library import desk_with
    from exeat.supplied import Recording

    asked = Recording(
        kept.reference, kept.who, kept.key, tuple(kept.reserve or ()), expires_in_days=kept.expires_in_days
    )
    books = LedgerBooks(kept.ledger)
    books.ledger  # noqa: B018 - opened now: a ledger that cannot be opened is told before anything is decided
    keeping, numbers = desk_with(drafts, books), count(1)

    def decide(stated: Mapping[str, Any]) -> Determination:
        number = next(numbers)
        # The transactions of one file have a key each.
        key = asked.key if asked.key is None or number == 1 else f"{asked.key} {number}"
        return keeping.check(stated, record=replace(asked, key=key))

    return decide


@records_app.command(name="list")
def list_(where: _Where = None, *, reference: str | None = None, last: int = LISTED) -> int:
    """List the receipts, the newest last.

    Parameters
    ----------
    reference
        Only those of this shipment.
    last
        How many of the newest (default: 20).
    """
    from exeat.bound.ledger import listed

    where = where or Where()
    with opened(where) as (_, ledger):
        found = listed(ledger, reference, last)
    return shown(where, found, [_line(one) for one in found] or ["no receipts"])


def _line(one: Mapping[str, Any]) -> str:
    shipment = f", {one['reference']}" if one["reference"] else ""
    said = f": {one['text']} (text), {one['enforced']} (enforced)".replace("_", " ") if one["text"] else ""
    return f"{one['number']}  {one['at']}  {one['kind']}{shipment}{said}"


@records_app.command
def show(number: int, /, where: _Where = None) -> int:
    """Show one receipt with all it holds (data)."""
    where = where or Where()
    with opened(where) as (commands, ledger):
        found = commands.show(ledger, number)
    write_json(found)
    return DECIDED


@records_app.command
def verify(where: _Where = None, *, checkpoint: str | None = None) -> int:
    """Compare everything stored with its hashes, offline. Exit code 0: as written; 1: something was altered.

    Parameters
    ----------
    checkpoint
        A file of `exeat records checkpoint`, kept elsewhere: it also shows a chain that was cut or rewritten.
    """
    where = where or Where()
    with opened(where) as (commands, ledger):
        found = commands.verify(ledger, checkpoint=None if checkpoint is None else Path(checkpoint))
    shown(where, found, _verified(found))
    return DECIDED if found["sound"] else FAILED


def _verified(found: Mapping[str, Any]) -> list[str]:
    counted = f"{found['receipts']:,} receipts, {found['postings']:,} postings"
    first = f"as written: {counted}" if found["sound"] else f"ALTERED: {len(found['faults'])} faults in {counted}"
    return [first, *(f"  {fault}" for fault in found["faults"]), *(f"  note: {note}" for note in found["notes"])]


@records_app.command
def replay(where: _Where = None, *, law: str = "then", first: int = 1, last: int | None = None) -> int:
    """Answer every recorded transaction again, and tell what would differ and by which instrument.

    Exit code 0: every answer stands; 3: some would differ.

    Parameters
    ----------
    law
        then: by the law public when it was recorded; now: by all law known now.
    """
    from exeat.bound.ledger import replay as again
    from exeat.library import desk
    from exeat.terms import InputError

    if law not in ("then", "now"):
        raise InputError(f"--law is {law[:40]!r}; expected then or now")
    where = where or Where()
    with opened(where) as (_, ledger):
        found = again(ledger, desk, law_now=law == "now", first=first, last=last)
    shown(where, found, list(_replayed(found)))
    return UNKNOWN if found["different"] else DECIDED


def _replayed(found: Mapping[str, Any]) -> Iterator[str]:
    for one in found["different"]:
        shipment = f" ({one['reference']})" if one["reference"] else ""
        yield f"receipt {one['receipt']}{shipment}: {one['because']}"
        yield from (f"  {path}: {then} -> {now}" for path, then, now in one["changed"])
    yield f"{found['replayed']} replayed by the law {found['law']}; {len(found['different'])} would differ"


@records_app.command
def pack(reference: str, folder: str, /, where: _Where = None, *, font: str | None = None) -> int:
    """Write everything kept on one shipment to a folder: JSON, HTML, and PDF where fpdf2 is installed."""
    where = where or Where()
    with opened(where) as (commands, ledger):
        found = commands.export(ledger, reference, Path(folder), font=None if font is None else Path(font))
    written = ", ".join(name for name in found["written"].values() if name)
    return shown(where, found, [f"{found['receipts']} entries of {reference} written: {written}"])


@records_app.command
def checkpoint(file: str, /, where: _Where = None) -> int:
    """Write how long the chain is and its last hash, to be kept away from the database."""
    where = where or Where()
    with opened(where) as (commands, ledger):
        found = commands.checkpoint(ledger, Path(file))
    return shown(where, found, [f"checkpoint of {found['receipts']} receipts written to {found['file']}"])


def run_doctor(ledger: str | None, *, as_json: bool) -> int:
    """Tell what is configured and reachable; exit code 1 where something configured does not serve."""
    from exeat.bound.doctor import findings

    found = list(findings(ledger))
    if as_json:
        write_json(found)
    else:
        marks = {True: "well", False: "FAULT", None: "note"}
        write(f"{marks[one['well']]:<6} {one['what']}: {one['found']}" for one in found)
    return FAILED if any(one["well"] is False for one in found) else DECIDED


__all__ = ["recorder", "records_app", "run_doctor"]
