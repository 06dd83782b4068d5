"""``exeat law``: instruments and their dates, a provision as in force, what changed between two days, the lints."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from exeat.cli import BAD_INPUT, DECIDED
from exeat.cli.show import write, write_json
from exeat.explanation.layout import Page
from exeat.lawbook.consolidate import Lawbook
from exeat.lawbook.instrument import Instrument, Section
from exeat.library import desk, law
from exeat.library import LawView
from exeat.terms import InputError


def instrument_data(instrument: Instrument) -> dict[str, Any]:
    """An instrument's marks as plain data."""
    return {
        "instrument": instrument.citation,
        "title": instrument.title,
        "kind": instrument.kind,
        "known": instrument.known.isoformat(),
        "published": instrument.published.isoformat(),
        "effective": instrument.effective.isoformat(),
        "compliance": instrument.compliance.isoformat(),
        "provisions": [f"{section.verb}: {section.provision}" for section in instrument.sections],
        "not_encoded": len(instrument.gaps),
        "confidence": instrument.confidence,
        "checked": instrument.checked.isoformat() if instrument.checked else None,
        "source": instrument.source,
        "file": instrument.file,
    }


def run_instruments(*, as_json: bool) -> int:
    """List the instruments in the order they take effect."""
    rows = [instrument_data(instrument) for instrument in desk().lawbook.instruments]
    if as_json:
        write_json(rows)
        return DECIDED
    page = Page()
    for row in rows:
        page.text(f"{row['instrument']}: {row['title']}", 0, 2)
        page.text(f"{row['kind']}, effective {row['effective']}; {len(row['provisions'])} provisions; {row['confidence']}")
        page.text(row["source"])
    write(page.lines)
    return DECIDED


def run_timeline(*, as_json: bool) -> int:
    """Every dated change in order: instruments known, effective, due; postures; groups."""
    book = desk().lawbook
    events = sorted({(e["date"], e["what"], e["instrument"], e["says"]) for e in _events(book)})
    data = [dict(zip(("date", "what", "instrument", "says"), event, strict=True)) for event in events]
    if as_json:
        write_json({"instruments": [instrument_data(i) for i in book.instruments], "events": data})
        return DECIDED
    page = Page()
    for event in data:
        page.item(event["date"], f"{event['what']}: {event['instrument']}{', ' if event['says'] else ''}{event['says']}", 0, 12)
    write(page.lines)
    return DECIDED


def _events(book: Lawbook) -> list[dict[str, str]]:
    found = []
    for instrument in book.instruments:
        if instrument.kind == "baseline":
            continue
        days = (
            (instrument.known, "public"),
            (instrument.published, "published"),
            (instrument.effective, "effective"),
            (instrument.compliance, "compliance due"),
        )
        for day, what in days:
            if what != "compliance due" or instrument.compliance != instrument.effective:
                found.append(_event(day, what, instrument.citation, instrument.title))
        for section in instrument.sections:
            own = (section.compliance, "compliance due") if section.compliance != instrument.compliance else None
            if own and section.verb != "Posture":
                found.append(_event(own[0], own[1], instrument.citation, section.provision))
            if section.expires:
                found.append(_event(section.expires, "last day", instrument.citation, section.provision))
    for member in book.groups.memberships:
        for day, what in ((member.start, "joins"), (member.until, "last day in")):
            if day is not None:
                found.append(_event(day, "group", member.citation, f"{member.member} {what} {member.group}"))
    return found


def _event(day: date, what: str, instrument: str, says: str) -> dict[str, str]:
    return {"date": day.isoformat(), "what": what, "instrument": instrument, "says": says}


def section_data(section: Section, view: LawView) -> dict[str, Any]:
    """One version of a provision as plain data, its conditions in words."""
    words = desk().law_of(view.on, view.known_on).words
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


def run_show(provision: str, on: str | None, known_on: str | None, *, as_json: bool) -> int:
    """Show the version of a provision in force on a day, the posture on it, and the history of its versions.

    Raises:
        InputError: an unknown provision or day.
    """
    view = law(on, known_on)
    shown = [_shown(name, view) for name in view.names_of(provision)]
    if as_json:
        write_json(shown[0] if len(shown) == 1 else shown)
        return DECIDED
    page = Page()
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
        "on": view.on.isoformat(),
        "known_on": view.known_on.isoformat() if view.known_on else None,
        "in_force": section_data(version, view) if version else None,
        "pending": [section_data(s, view) for s in view.pending if s.provision == name],
        "stayed_until": stay.until.isoformat() if stay else None,
        "posture": _posture(posture) if posture else None,
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


def _posture(section: Section) -> dict[str, Any]:
    return {
        "stance": getattr(section.rule, "stance", ""),
        "since": getattr(section.rule, "since", section.effective).isoformat(),
        "instrument": section.citation,
        "source": section.source,
        "confidence": section.confidence,
        "says": " ".join(section.text.split()),
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


def run_diff(first: str, second: str, *, as_json: bool) -> int:
    """Tell what changed in the law between two days: provisions, postures, pending versions, groups.

    Raises:
        InputError: a day that does not exist.
    """
    before, after = law(first), law(second)
    if before.on > after.on:
        raise InputError(f"{first} is later than {second}; state the earlier day first")
    data = _diff(before, after)
    if as_json:
        write_json(data)
        return DECIDED
    page = Page()
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
            {"provision": section.provision, **_posture(section)}
            for section in after.postures
            if old_stances.get(section.provision) is not section
        ],
        "groups": groups,
    }


def _named(section: Section) -> dict[str, Any]:
    return {"provision": section.provision, "instrument": section.citation, "effective": section.effective.isoformat()}


def run_law_check(folder: str | None, *, as_json: bool) -> int:
    """Read, lint and test the law; findings one per line, and exit code 2 when there are any.

    Raises:
        InputError: no such folder, or one without facts.md.
    """
    from exeat.determination.cases import check_cases
    from exeat.lawbook.check import check_files
    from exeat.lawbook.folder import law_folder

    place = law_folder() if folder is None else Path(folder)
    if not (place / "facts.md").is_file():
        raise InputError(f"{folder} holds no facts.md; expected a law folder")
    book, findings = check_files(place)
    if book is not None:
        findings = sorted([*findings, *check_cases(book)])
    counts = {}
    if book is not None:
        cases = sum(len(section.cases) for section in book.sections())
        counts = {"instruments": len(book.instruments), "provisions": len(book.chains), "cases": cases}
    if as_json:
        rows = [{"file": f.file, "line": f.line, "lint": f.lint, "message": f.message} for f in findings]
        write_json({"findings": rows, **counts})
    else:
        write(str(finding) for finding in findings)
        if not findings:
            write([", ".join(f"{number} {name}" for name, number in counts.items()) + ": no findings"])
    return BAD_INPUT if findings else DECIDED
