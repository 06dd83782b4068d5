"""``exeat law show``: the version of a provision in force on a day, the posture on it, and its history."""

from __future__ import annotations

from typing import Any

from exeat.cli import DECIDED
from exeat.cli.options import Seen
from exeat.cli.show import write, write_json
from exeat.explanation.layout import Page, draft_line
from exeat.lawbook.instrument import Section
from exeat.library import LawView, desk, law


def posture_data(section: Section) -> dict[str, Any]:
    """A posture as plain data."""
    return {
        "stance": getattr(section.rule, "stance", ""),
        "since": getattr(section.rule, "since", section.effective).isoformat(),
        "instrument": section.citation,
        "source": section.source,
        "confidence": section.confidence,
        "says": " ".join(section.text.split()),
    }


def section_data(section: Section, view: LawView) -> dict[str, Any]:
    """One version of a provision as plain data, its conditions in words."""
    words = desk(*view.lawbook.drafts).law_of(view.on, view.known_on).words
    rule = section.rule
    return {
        "provision": section.provision,
        "verb": section.verb,
        "instrument": section.citation,
        "effective": section.effective.isoformat(),
        "compliance": section.compliance.isoformat(),
        "expires": section.expires.isoformat() if section.expires else None,
        "known": section.known.isoformat(),
        "confidence": section.confidence,
        "source": section.source,
        "file": f"{section.file}:{section.line}",
        "kind": rule.kind if rule else None,
        "says": " ".join(section.text.split()),
        "conditions": [
            {"kind": limb.kind, "label": limb.label, "says": words.say_tree(limb.tree)} for limb in rule.limbs
        ]
        if rule
        else [],
        "review": [
            {"at": case.at, "when": words.say_tree(case.when), "policy": case.policy, "note": case.note}
            for case in getattr(rule, "cases", ())
        ],
        "duties": [{"label": duty.label, "text": duty.text} for duty in getattr(rule, "duties", ())],
    }


def run_show(provision: str, on: str | None, seen: Seen, *, as_json: bool) -> int:
    """Show the version of a provision in force on a day, the posture on it, and the history of its versions.

    Raises:
        InputError: an unknown provision or day.
    """
    view = law(on, seen.known_on, seen.drafts)
    shown = [_shown(name, view) for name in view.names_of(provision)]
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


def _shown(name: str, view: LawView) -> dict[str, Any]:
    version, posture = view.in_force.provision(name), view.posture(name)
    stay = next((s for s in view.stayed if s.provision == name), None)
    return {
        "provision": name,
        "drafts": list(view.lawbook.drafts),
        "on": view.on.isoformat(),
        "known_on": view.known_on.isoformat() if view.known_on else None,
        "in_force": section_data(version, view) if version else None,
        "pending": [section_data(s, view) for s in view.pending if s.provision == name],
        "stayed_until": stay.until.isoformat() if stay else None,
        "posture": posture_data(posture) if posture else None,
        "history": [
            {
                "verb": s.verb,
                "instrument": s.citation,
                "known": s.known.isoformat(),
                "effective": s.effective.isoformat(),
                "compliance": s.compliance.isoformat(),
            }
            for s in view.history(name)
        ],
    }


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
