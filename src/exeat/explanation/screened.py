"""What the lists and a ledger said of the parties: entries, their dates, what is not resolved, how far it reaches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from exeat.explanation.layout import Page

#: Candidates told in short; the data have more.
FEW = 3


def holds(data: Mapping[str, Any]) -> Iterator[str]:
    """Each thing screening left to be looked at, with the party's name."""
    for report in data.get("screening", ()):
        for why in report["hold"]:
            yield f"{report['name'] or 'a party'}: {why}"


def supplied_names(data: Mapping[str, Any], party: int) -> frozenset[str]:
    """The facts of a party that screening supplied: told once, under SCREENING."""
    return frozenset(name for r in data.get("screening", ()) if r["party"] == party for name in r["facts"])


def screening(page: Page, data: Mapping[str, Any], full: bool) -> None:
    """What was found of each named party, and in lists of which days."""
    reports = data.get("screening", ())
    if reports:
        page.heading("SCREENING")
    for report in reports:
        page.text(f"{report['name'] or 'a party'}: {report['statement']}", 2, 4)
        shown = [c for c in report["candidates"] if c["taken_as"] == "listed"] or report["candidates"][:FEW]
        for found in report["candidates"] if full else shown[:FEW]:
            page.item(found["taken_as"], "; ".join(_entry(found)), 4, 14)
        left = len(report["candidates"]) + report["more_candidates"] - (len(report["candidates"]) if full else FEW)
        if left > 0:
            page.text(f"{left} more like entries ({'exeat screen' if full else '--full'} shows them)", 4, 6)
        for test in (report["ownership"] or {}).get("tests", ()):
            page.item(
                test["method"], f"50 percent rule: {test['status']}; {'; '.join(test['path'])}".strip("; "), 4, 14
            )
        for doubt in report["doubts"]:
            page.text(f"note: {doubt}", 4, 6)
    if data.get("balances"):
        page.heading("BALANCES")
        for one in data["balances"]:
            page.text(f"{one['fact']}: {one['value']} (account {one['account']})", 2, 4)


def _entry(found: Mapping[str, Any]) -> Iterator[str]:
    yield f"{found['name']} ({found['list']})" + (f", listed {found['since']}" if found["since"] else "")
    if found["footnotes"]:
        yield f"footnote {', '.join(found['footnotes'])}"
    yield f"score {found['score']:.2f}: {found['reason']}"
    if found["federal_register"]:
        yield found["federal_register"].split(";")[0].strip()


__all__ = ["holds", "screening", "supplied_names"]
