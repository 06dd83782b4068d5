"""What is configured and reachable: the law, the lists, the ledger. Nothing is changed by looking."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from exeat.bound import NotInstalled, extra
from exeat.bound.ledger import configured


def findings(ledger: str | None = None) -> Iterator[dict[str, Any]]:
    """One finding each: ``what``, ``well`` (None: not there, and not needed), ``found``."""
    yield _law()
    yield from _lists()
    yield from _ledger(ledger)


def _law() -> dict[str, Any]:
    from exeat.lawbook.instrument import LawError
    from exeat.library import desk

    try:
        book = desk().lawbook
    except LawError as error:
        return _finding("law", False, str(error))
    checked = f", sources last checked {book.checked}" if book.checked else ""
    return _finding("law", True, f"{len(book.instruments)} instruments, digest {book.digest[:12]}{checked}")


def _lists() -> Iterator[dict[str, Any]]:
    try:
        with extra("screening"):
            from exeat.screening import commands

            commands.screen("exeat")
            held = commands.lists_status()
    except NotInstalled as missing:
        yield _finding("screening", None, str(missing))
        return
    except ValueError as error:  # what screening raises for lists that cannot be read
        yield _finding("lists", False, str(error))
        return
    for one in held:
        said = f"{one['total']:,} entries of {one['as_of'] or 'unknown date'}"
        flags = "; ".join(one["flags"])
        well = True if not flags else None if one["source"] == "starter" else False
        yield _finding(f"list {one['source']}", well, f"{said}; {flags}" if flags else said)


def _ledger(url: str | None) -> Iterator[dict[str, Any]]:
    if url is None and not configured():
        yield _finding("ledger", None, "none configured (EXEAT_LEDGER, or --ledger)")
        return
    try:
        with extra("ledger"):
            from exeat.ledger import commands

            found = commands.doctor(url)
    except NotInstalled as missing:
        yield _finding("ledger", False, str(missing))
        return
    for one in found:
        yield _finding(f"ledger: {one['what']}", one["well"], one["found"])


def _finding(what: str, well: bool | None, found: str) -> dict[str, Any]:
    return {"what": what, "well": well, "found": found}
