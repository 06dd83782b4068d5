"""``exeat law diff``: what changed in the law between two days."""

from __future__ import annotations

from typing import Any

from exeat.cli import DECIDED
from exeat.cli.options import Seen
from exeat.cli.show import write, write_json
from exeat.explanation.layout import Page, draft_line
from exeat.explanation.provision_data import diff_data
from exeat.library import law
from exeat.terms import InputError


def run_diff(first: str, second: str, seen: Seen, *, as_json: bool) -> int:
    """Tell what changed in the law between two days: provisions, postures, pending versions, groups.

    Raises:
        InputError: a day that does not exist.
    """
    before, after = (law(day, seen.known_on, seen.drafts) for day in (first, second))
    if before.on > after.on:
        raise InputError(f"{first} is later than {second}; state the earlier day first")
    data = diff_data(before, after)
    if as_json:
        write_json(data)
        return DECIDED
    page = Page()
    page.extend(draft_line(seen.drafts))
    page.text(f"the law of {data['from']} against that of {data['to']}", 0)
    for title in ("added", "revised", "removed", "pending", "postures", "groups"):
        if data[title]:
            page.heading(f"{title.upper()}")
        for change in data[title]:
            page.text(_told(title, change), 2, 4)
    if not any(data[title] for title in ("added", "revised", "removed", "pending", "postures", "groups")):
        page.text("no difference")
    write(page.lines)
    return DECIDED


def _told(title: str, change: dict[str, Any]) -> str:
    if title == "groups":
        parts = [f"+ {', '.join(change['joined'])}" if change["joined"] else ""]
        parts.append(f"- {', '.join(change['left'])}" if change["left"] else "")
        return f"{change['group']}: {'; '.join(p for p in parts if p)}"
    if title == "postures":
        stance = "withdrawn" if change["stance"] is None else f"{change['stance']} since {change['since']}"
        return f"{change['provision']}: {stance} ({change['instrument']})"
    if title == "pending":
        return f"{change['provision']} ({change['instrument']}, compliance {change['compliance']})"
    if title == "revised":
        return f"{change['provision']} ({change['was']} -> {change['instrument']})"
    return f"{change['provision']} ({change['instrument']})"
