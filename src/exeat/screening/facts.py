"""Hits and ownership as facts of a party, by name. What the facts mean is the law's; this only supplies them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from exeat.screening.entry import LISTS
from exeat.screening.ownership import CAUGHT, NOT_CAUGHT, PROGRAMS_744_8, Ownership
from exeat.screening.screen import MATCH, NOT_SCREENED, Answer, Hit

#: Facts by the list that makes them true.
LIST_FACTS = {
    "EL": "on_entity_list", "MEU": "on_meu_list", "DPL": "on_denied_persons_list", "UVL": "on_unverified_list",
    "SDN": "on_sdn_list", "CMIC": "on_cmic_list", "MIEU": "on_mieu_list", "ISN": "on_isn_list", "DTC": "on_dtc_list",
    "SSI": "on_ssi_list",
}  # fmt: skip
FOOTNOTES = {footnote: f"entity_list_footnote_{footnote}" for footnote in "12345"}
SDN_744_8 = "on_sdn_744_8"
OWNED = "owned_50_by_listed"


@dataclass(frozen=True, slots=True)
class PartyFacts:
    """Facts of one party. A value is True, False, a text, or None: unknown, because a hit is not resolved.

    ``hold`` says, in words, why the transaction must wait: a hit or a share that is not settled, a name that could not
    be screened. ``doubts`` says why the lists are not fit to clear a name (old, cut, the starter list): the facts they
    would have denied are then unknown. ``sources`` cite the entries.
    """

    facts: dict[str, bool | str | None]
    hold: tuple[str, ...]
    sources: tuple[str, ...]
    doubts: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "facts": dict(self.facts),
            "hold": list(self.hold),
            "sources": list(self.sources),
            "doubts": list(self.doubts),
        }


def facts_of(answer: Answer, confirmed: Sequence[str] = (), ownership: Sequence[Ownership] = ()) -> PartyFacts:
    """Facts from an answer. ``confirmed`` are keys of entries a reviewer confirmed the party to be.

    A fact is False only for a list that was searched, whole and fresh, without an open hit. It is True for a match,
    None for a possible one. Lists not held give no fact at all.
    """
    hold: list[str] = []
    sources: list[str] = []
    held = {code for used in answer.lists for code in used.rows}
    doubtful = answer.status == NOT_SCREENED or bool(answer.notes_of_lists) or not answer.lists
    facts: dict[str, bool | str | None] = {
        fact: None if doubtful else False for code, fact in LIST_FACTS.items() if code in held
    }
    if "SDN" in held:
        facts[SDN_744_8] = None if doubtful else False
    if "EL" in held:
        facts.update(dict.fromkeys(FOOTNOTES.values(), None if doubtful else False))
    if answer.status == NOT_SCREENED:
        hold.append(answer.statement)
    # The doubtful first, so that a certain hit on the same list has the last word.
    for hit in sorted((h for h in answer.hits if not h.cleared), key=lambda h: _certain(h, confirmed)):
        certain = _certain(hit, confirmed)
        if not certain:
            hold.append(f"possible match, not resolved: {hit.entry.name} ({LISTS.get(hit.entry.list, hit.entry.list)})")
        sources.append(_cite(hit))
        _tell(facts, hit, True if certain else None)
    for found in ownership:
        _owned(found, facts, hold, sources)
    doubts = answer.notes_of_lists if answer.lists else ("no lists are held: the party was screened against nothing",)
    return PartyFacts(facts, tuple(dict.fromkeys(hold)), tuple(dict.fromkeys(sources)), doubts)


def _certain(hit: Hit, confirmed: Sequence[str]) -> bool:
    return hit.status == MATCH or hit.entry.key in confirmed


def _tell(facts: dict[str, bool | str | None], hit: Hit, value: bool | None) -> None:
    entry = hit.entry
    fact = LIST_FACTS.get(entry.list)
    if fact is None:
        return
    names = [fact]
    if entry.list == "EL":
        names += [FOOTNOTES[f] for f in entry.footnotes if f in FOOTNOTES]
    if entry.list == "SDN" and any(program in PROGRAMS_744_8 for program in entry.programs):
        names.append(SDN_744_8)
    for name in names:
        if value is True or facts.get(name) is not True:
            facts[name] = value
    if value is True and entry.since:
        since = f"{fact}_since"
        before = facts.get(since)
        facts[since] = min(str(before), entry.since.isoformat()) if before else entry.since.isoformat()


def _owned(found: Ownership, facts: dict[str, bool | str | None], hold: list[str], sources: list[str]) -> None:
    name = f"{OWNED}_{found.method.lower()}"
    facts[name] = True if found.status == CAUGHT else False if found.status == NOT_CAUGHT else None
    if facts[name] is None:
        hold.append(f"{found.method} 50 % rule: {found.status}; {'; '.join(found.path or found.notes)}")
    if found.status == CAUGHT:
        for footnote in found.footnotes:
            if footnote in FOOTNOTES:
                facts[f"owner_{FOOTNOTES[footnote]}"] = True
    sources.append(f"{found.source}: {'; '.join(found.path)}" if found.path else found.source)


def _cite(hit: Hit) -> str:
    entry = hit.entry
    since = f", listed {entry.since}" if entry.since else ""
    notes = f", footnote {', '.join(entry.footnotes)}" if entry.footnotes else ""
    register = f" ({entry.federal_register})" if entry.federal_register else ""
    return f"{LISTS.get(entry.list, entry.list)}: {entry.name}{since}{notes}{register}"
