"""Parties as stated become facts of the law's vocabulary, with what lists and screening say of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from exeat.lawbook.places import Places
from exeat.listing import party_list_facts
from exeat.logic.errors import LogicError
from exeat.logic.tree import Value
from exeat.logic.values import says_unknown, value_of
from exeat.logic.vocabulary import Vocabulary, nearest
from exeat.supplied import PartyScreening
from exeat.terms import InputError, Party

#: The roles of whoever receives the item in the end, the first of them by preference (15 CFR 748.5).
RECEIVING = ("ultimate_consignee", "end_user")


@dataclass(frozen=True, slots=True)
class PartiesRead:
    """The facts of each party, and what screening found of those that were screened (``party`` is the place).

    A fact that is None was stated, or found, to be open: it is not presumed.
    """

    facts: tuple[dict[str, Value], ...]
    screening: tuple[Mapping[str, Any], ...] = ()
    owners_unread: bool = False


def read_parties(
    stated: Sequence[Party], vocabulary: Vocabulary, places: Places, on: date, screening: PartyScreening | None = None
) -> PartiesRead:
    """Read parties. What was stated wins over its lists, and its lists over what screening finds.

    Raises:
        InputError: an unknown key (the nearest is named), a value that cannot be read.
    """
    parties: list[dict[str, Value]] = []
    reports: list[Mapping[str, Any]] = []
    owners_unread = False
    for number, party in enumerate(stated, 1):
        facts = _stated(party, number, vocabulary, places)
        listed = _listings(party, number, on)
        found = None
        if screening is not None and (party.owners or ("name" in facts and party.lists is None)):
            try:
                found = screening.party(facts, party.owners, on, by_name=party.lists is None)
            except LogicError as error:
                raise InputError(f"party {number}: {error}") from None
        if found is not None:
            reports.append({"party": number - 1, **found.report})
        owners_unread = owners_unread or (bool(party.owners) and screening is None)
        known = {**(found.facts if found is not None else {}), **listed, **facts}
        parties.append({name: value for name, value in known.items() if value is not None or _open(vocabulary, name)})
    if not any(party.get("role") in RECEIVING or "role" not in party for party in parties):
        # Somebody receives the item: an unnamed ultimate consignee, of whom nothing is known yet.
        parties.append({"role": "ultimate_consignee"})
    return PartiesRead(tuple(parties), tuple(reports), owners_unread)


def _open(vocabulary: Vocabulary, name: str) -> bool:
    """Whether a fact said to be unknown must stand as unknown: left out, it would be presumed."""
    return vocabulary[name].presumed is not None


def _stated(party: Party, number: int, vocabulary: Vocabulary, places: Places) -> dict[str, Value]:
    facts: dict[str, Value] = {}
    for name, raw in party.facts.items():
        declared = vocabulary.get(name)
        if declared is None or not declared.party:
            known = [n for n in vocabulary if vocabulary[n].party]
            hint = nearest(name, [*known, "country", "lists", "owners"])
            more = f"; perhaps {hint!r}" if hint else ""
            raise InputError(f"unknown key {name[:60]!r} of party {number}{more}")
        try:
            if declared.country and isinstance(raw, str) and not says_unknown(raw):
                place = places.find(raw)
                facts[name] = None if place.standing == "indeterminate" else place.code
            else:
                facts[name] = value_of(declared, raw)
        except LogicError as error:
            raise InputError(f"party {number}: {error}") from None
    return facts


def _listings(party: Party, number: int, on: date) -> Mapping[str, Value]:
    """What the lists stated for a party say on the day; nothing where none were stated."""
    if party.lists is None:
        return {}
    try:
        return party_list_facts(party.lists, on)
    except LogicError as error:
        raise InputError(f"party {number}: {error}") from None


def consignee_of(parties: Sequence[Mapping[str, Value]], screening: Sequence[Mapping[str, Any]]) -> str | None:
    """Whom a limit counts for: the ultimate parent of whoever receives the item where it is known, else its own name.

    None where nobody who receives is named.
    """
    parents = {report["party"]: (report.get("ownership") or {}).get("ultimate_parent") for report in screening}
    for role in (*RECEIVING, None):
        for place, party in enumerate(parties):
            if party.get("role") == role and party.get("name"):
                above = parents.get(place)
                return str(above["name"]) if above and above["sure"] and above["name"] else str(party["name"])
    return None


__all__ = ["RECEIVING", "PartiesRead", "consignee_of", "read_parties"]
