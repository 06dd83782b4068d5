"""``exeat law diff``: what changed in the law between two days."""

from __future__ import annotations

from typing import Any

from exeat.cli import DECIDED
from exeat.cli.law_show import posture_data
from exeat.cli.options import Seen
from exeat.cli.show import write, write_json
from exeat.explanation.layout import Page, draft_line
from exeat.lawbook.instrument import Section
from exeat.library import LawView, law
from exeat.terms import InputError


def run_diff(first: str, second: str, seen: Seen, *, as_json: bool) -> int:
    """Tell what changed in the law between two days: provisions, postures, pending versions, groups.

    Raises:
        InputError: a day that does not exist.
    """
    before, after = (law(day, seen.known_on, seen.drafts) for day in (first, second))
    if before.on > after.on:
        raise InputError(f"{first} is later than {second}; state the earlier day first")
    data = _diff(before, after)
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


def _diff(before: LawView, after: LawView) -> dict[str, Any]:
    old = {section.provision: section for section in before.governing}
    new = {section.provision: section for section in after.governing}
    old_stances = {section.provision: section for section in before.postures}
    pending = {section.key for section in before.pending}
    groups = []
    for name, members in after.in_force.groups.items():
        was = before.in_force.groups.get(name, frozenset())
        if members != was:
            groups.append({"group": name, "joined": sorted(members - was), "left": sorted(was - members)})
    return {
        "from": before.on.isoformat(),
        "to": after.on.isoformat(),
        "drafts": list(after.lawbook.drafts),
        "added": [_named(new[name]) for name in new if name not in old],
        "revised": [
            {**_named(new[name]), "was": old[name].citation}
            for name in new
            if name in old and old[name] is not new[name]
        ],
        "removed": [_named(old[name]) for name in old if name not in new],
        "pending": [
            {**_named(section), "compliance": section.compliance.isoformat()}
            for section in after.pending
            if section.key not in pending
        ],
        "postures": [
            {"provision": section.provision, **posture_data(section)}
            for section in after.postures
            if old_stances.get(section.provision) is not section
        ],
        "groups": groups,
    }


def _named(section: Section) -> dict[str, Any]:
    return {"provision": section.provision, "instrument": section.citation, "effective": section.effective.isoformat()}
