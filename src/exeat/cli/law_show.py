"""``exeat law show``: the version of a provision in force on a day, the posture on it, and its history."""

from __future__ import annotations

from typing import Any

from exeat.cli import DECIDED
from exeat.cli.options import Seen
from exeat.cli.show import write, write_json
from exeat.explanation.layout import Page, draft_line
from exeat.explanation.provision_data import provision_data
from exeat.library import desk, law


def run_show(provision: str, on: str | None, seen: Seen, *, as_json: bool) -> int:
    """Show the version of a provision in force on a day, the posture on it, and the history of its versions.

    Raises:
        InputError: an unknown provision or day.
    """
    view = law(on, seen.known_on, seen.drafts)
    words = desk(*seen.drafts).law_of(view.on, view.known_on).words
    shown = [provision_data(name, view, words) for name in view.names_of(provision)]
    if as_json:
        write_json(shown[0] if len(shown) == 1 else shown)
        return DECIDED
    page = Page()
    page.extend(draft_line(seen.drafts))
    for number, data in enumerate(shown):
        if number:
            page.lines.append("")
        _show(page, data)
    write(page.lines)
    return DECIDED


def _show(page: Page, data: dict[str, Any]) -> None:
    known = f", as public on {data['known_on']}" if data["known_on"] else ""
    page.text(f"{data['provision']} on {data['on']}{known}", 0, 2)
    version = data["in_force"]
    if version is None:
        why = f"stayed until {data['stayed_until']}" if data["stayed_until"] else "not in force on this day"
        page.text(why)
    else:
        _version(page, version)
    for pending in data["pending"]:
        page.text(f"pending: {pending['instrument']}, in the CFR since {pending['effective']}", 2, 4)
        page.text(f"compliance due on {pending['compliance']}", 4, 4)
    if data["posture"]:
        posture = data["posture"]
        page.heading(f"POSTURE: {posture['stance']} since {posture['since']} ({posture['instrument']})")
        page.text(posture["says"])
        page.text(posture["source"])
    page.heading("HISTORY")
    for past in data["history"]:
        due = f", compliance {past['compliance']}" if past["compliance"] != past["effective"] else ""
        page.text(f"{past['effective']}  {past['verb']} by {past['instrument']}{due}", 2, 14)


def _version(page: Page, version: dict[str, Any]) -> None:
    due = f", compliance {version['compliance']}" if version["compliance"] != version["effective"] else ""
    page.text(f"{version['verb']} by {version['instrument']}, effective {version['effective']}{due}", 2, 4)
    page.text(f"{version['source']} ({version['confidence']}; {version['file']})", 2, 4)
    if version["says"]:
        page.heading("IN OUR WORDS")
        page.text(version["says"])
    if version["conditions"]:
        page.heading(f"CONDITIONS ({version['kind']})")
    for limb in version["conditions"]:
        page.item(limb["kind"], f"{limb['label']}: {limb['says']}" if limb["label"] else limb["says"], 2, 8)
    for case in version["review"]:
        page.item("row", f"{case['at']}: {case['policy']}, if {case['when']}", 2, 8)
    for duty in version["duties"]:
        page.item("duty", f"{duty['label']}: {duty['text']}", 2, 8)
