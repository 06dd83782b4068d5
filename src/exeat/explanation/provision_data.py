"""Provisions of a day as plain data: the version in force in words, the posture on it, its history, what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exeat.lawbook.instrument import Section

if TYPE_CHECKING:
    from exeat.determination.words import Words
    from exeat.library import LawView


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


def section_data(section: Section, words: Words) -> dict[str, Any]:
    """One version of a provision as plain data, its conditions in words."""
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


def provision_data(name: str, view: LawView, words: Words) -> dict[str, Any]:
    """The version of a provision in force on the view's day, what is pending, the posture on it, and its history."""
    version, posture = view.in_force.provision(name), view.posture(name)
    stay = next((s for s in view.stayed if s.provision == name), None)
    return {
        "provision": name,
        "drafts": list(view.lawbook.drafts),
        "on": view.on.isoformat(),
        "known_on": view.known_on.isoformat() if view.known_on else None,
        "in_force": section_data(version, words) if version else None,
        "pending": [section_data(s, words) for s in view.pending if s.provision == name],
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


def diff_data(before: LawView, after: LawView) -> dict[str, Any]:
    """What changed between two days: provisions, pending versions, postures, groups."""
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
            if name in old and old[name].key != new[name].key
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
            if (earlier := old_stances.get(section.provision)) is None or earlier.key != section.key
        ],
        "groups": groups,
    }


def _named(section: Section) -> dict[str, Any]:
    return {"provision": section.provision, "instrument": section.citation, "effective": section.effective.isoformat()}
