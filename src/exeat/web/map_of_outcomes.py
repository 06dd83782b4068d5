"""One item, one day, every destination: the outcome on both tracks, and the paragraphs that made it.

Places that the law of the day cannot tell apart are decided once. Two places are the same to a program when they are in
the same groups, no condition names either by its code, and neither is among the places the question states. That is
read from the program itself, so a new rule that names a country parts it from its neighbors without a word here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

from exeat.catalog import CatalogError
from exeat.contents import refuse_denied_contents
from exeat.desk import Desk
from exeat.determination.answer import Asked, Determination
from exeat.determination.determine import Engine
from exeat.determination.license_exception import usable_name
from exeat.determination.license_requirement import truth_name
from exeat.determination.prohibition import truth_name as ban_name
from exeat.determination.step import Track
from exeat.lawbook.groups import Destination
from exeat.logic.errors import LogicError
from exeat.logic.tree import Constant, In, walk
from exeat.parties import read_parties
from exeat.terms import InputError, Party

#: The word that stands for "wherever the item goes" in the profile of the consignee.
HERE = "destination"
Key = tuple[frozenset[str], str | None]


@dataclass(frozen=True)
class Profile:
    """What the map assumes of every transaction; shown beside the map, never hidden.

    ``headquarters`` and ``parent`` are of the ultimate consignee: a place, :data:`HERE` (the destination itself), or
    None (unknown). ``facts`` are further declared facts as stated, ``party_facts`` those of the consignee.
    """

    headquarters: str | None = HERE
    parent: str | None = HERE
    activity: str = "export"
    origin: str = "US"
    end_use: str | None = None
    quantity: int | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    party_facts: Mapping[str, object] = field(default_factory=dict)

    def transaction(self, item: str | Mapping[str, object] | None, place: str, on: date) -> dict[str, Any]:
        """The transaction the map answers for one place, as :meth:`exeat.desk.Desk.check` takes it."""
        party: dict[str, object] = {"role": "ultimate_consignee", "country": place, **self.party_facts}
        for key, said in (("headquarters", self.headquarters), ("ultimate_parent_headquarters", self.parent)):
            if said is not None:
                party[key] = place if said == HERE else said
        found: dict[str, Any] = {"date": on.isoformat(), "activity": self.activity, "origin": self.origin, "item": item}
        found.update({"destination": place, "parties": [party], "facts": dict(self.facts)})
        for name in ("end_use", "quantity"):
            if (value := getattr(self, name)) is not None:
                found[name] = value
        return found


@dataclass(frozen=True, slots=True)
class Reasons:
    """What one track's outcome rests on: the paragraphs that apply, those a missing fact leaves open, and relief.

    ``applies`` are license requirements and prohibitions; ``relief`` the usable exceptions and authorizations
    (symbols); ``open`` the ids and symbols whose truth a missing fact decides. ``policy`` is the review policy.
    """

    outcome: str
    applies: tuple[str, ...] = ()
    relief: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    policy: str | None = None


@dataclass(frozen=True, slots=True)
class PlaceOutcome:
    """One destination: its groups on the day (None: the tables say nothing of it) and the answer on both tracks."""

    place: Destination
    groups: tuple[str, ...] | None
    text: Reasons
    enforced: Reasons


@dataclass(frozen=True)
class OutcomeMap:
    """The outcomes of one item on one day, by place code in alphabetical order; ``eccn`` None: not known."""

    on: date
    known_on: date | None
    item: str | None
    eccn: str | None
    places: Mapping[str, PlaceOutcome] = field(repr=False)
    decided: int = 0

    @cached_property
    def counts(self) -> dict[Track, dict[str, int]]:
        """How many destinations have each outcome, by track."""
        rows = self.places.values()
        return {
            "text": dict(Counter(row.text.outcome for row in rows)),
            "enforced": dict(Counter(row.enforced.outcome for row in rows)),
        }


def map_of_outcomes(
    desk: Desk,
    item: str | Mapping[str, object] | None,
    on: date,
    profile: Profile | None = None,
    known_on: date | None = None,
) -> OutcomeMap:
    """Decide one item for every destination of the law book, on both tracks.

    Balances of a ledger and screening are not asked: what they would supply stays unknown.

    Raises:
        InputError: a day before the encoded law, an item, place or fact that cannot be read.
    """
    for word, day in (("on", on), ("known_on", known_on)):
        if day is not None and day < desk.lawbook.begins:
            raise InputError(
                f"{word} is {day}; the encoded law begins on {desk.lawbook.begins}, nothing earlier is decided"
            )
    engine = desk.engines.on(on, known_on)
    asking = _Asking(desk, engine, item, on, known_on, profile or Profile())
    rows: dict[str, PlaceOutcome] = {}
    found: dict[Key, tuple[Reasons, Reasons]] = {}
    eccns: set[str | None] = set()
    for code, place in sorted(desk.lawbook.groups.destinations.items()):
        key = asking.key(place)
        pair = found.get(key)
        if pair is None:
            answer = asking.decide(place)
            eccns.add(answer.eccn)
            pair = found[key] = (_reasons(answer, "text"), _reasons(answer, "enforced"))
        groups = None if place.standing == "indeterminate" else tuple(sorted(key[0]))
        rows[code] = PlaceOutcome(place, groups, *pair)
    name = asking.item.name if asking.item is not None else None
    return OutcomeMap(on, known_on, name, eccns.pop() if len(eccns) == 1 else None, rows, len(found))


class _Asking:
    """The question with everything read but the place."""

    def __init__(
        self,
        desk: Desk,
        engine: Engine,
        item: str | Mapping[str, object] | None,
        on: date,
        known_on: date | None,
        profile: Profile,
    ) -> None:
        self.desk, self.engine, self.on, self.known_on, self.profile = desk, engine, on, known_on, profile
        stated: dict[str, object] = {"activity": profile.activity, "origin": profile.origin, **profile.facts}
        if profile.end_use is not None:
            stated["end_use"] = profile.end_use
        if profile.quantity is not None:
            stated["quantity"] = profile.quantity
        try:
            item_facts, self.item = desk.item_facts(item, engine)
            self.facts = {**item_facts, **desk.stated_facts(stated)}
            refuse_denied_contents(item_facts, self.facts)
            self._party(None)
        except (LogicError, CatalogError) as error:
            raise InputError(str(error)) from None
        named = {value for value in self.facts.values() if isinstance(value, str)}
        self.named = named_texts(engine) | named | set(self._party(None).values())
        groups = engine.program.law.groups
        self.groups_of: dict[str, set[str]] = {}
        for name, members in groups.items():
            for code in members:
                self.groups_of.setdefault(code, set()).add(name)

    def _party(self, place: str | None) -> dict[str, Any]:
        """The consignee's facts; for None, those that hold at every place."""
        profile = self.profile
        stated: dict[str, object] = {"role": "ultimate_consignee", **profile.party_facts}
        told: tuple[tuple[str, str | None], ...] = (
            ("location", HERE),
            ("headquarters", profile.headquarters),
            ("ultimate_parent_headquarters", profile.parent),
        )
        for name, said in told:
            value = place if said == HERE else said
            if value is not None:
                stated.setdefault(name, value)
        law, desk = self.desk.lawbook, self.desk
        return dict(read_parties([Party(stated)], law.vocabulary, desk.places, self.on).facts[0])

    def key(self, place: Destination) -> Key:
        """What the program can tell of a place."""
        if place.standing == "indeterminate":
            return frozenset({"indeterminate"}), None
        groups = frozenset(self.groups_of.get(place.code, ()))
        return groups, place.code if place.code in self.named else None

    def decide(self, place: Destination) -> Determination:
        """The answer for one place, by the same road as any transaction."""
        unknown = place.standing == "indeterminate"
        facts = {**self.facts, "destination": None if unknown else place.code}
        asked = Asked(self.on, self.known_on, self.item, facts, (self._party(place.code),))
        return self.desk.decide(asked)


_NAMED: WeakKeyDictionary[Engine, frozenset[str]] = WeakKeyDictionary()


def named_texts(engine: Engine) -> frozenset[str]:
    """Every text a condition of the program compares with: place codes among them."""
    found = _NAMED.get(engine)
    if found is None:
        found = _NAMED[engine] = frozenset(_texts(engine))
    return found


def _texts(engine: Engine) -> Iterator[str]:
    for step in engine.program.steps:
        for node in walk(step.tree):
            if isinstance(node, Constant) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, In):
                yield from (value for value in node.values if isinstance(value, str))


def _reasons(answer: Determination, track: Track) -> Reasons:
    valuation, law = answer.valuation, answer.engine.program.law
    applies: list[str] = []
    relief: list[str] = []
    unsure: list[str] = []
    for section in answer.engine.words.prohibitions:
        truth = valuation.truth(ban_name(law, section, track))
        if truth is not False:
            (applies if truth else unsure).append(getattr(section.rule, "id", section.provision))
    for section in answer.engine.program.requirements:
        truth = valuation.truth(truth_name(law, section, track))
        if truth is not False:
            (applies if truth else unsure).append(getattr(section.rule, "id", section.provision))
    if valuation.values.get(f"{track}.any_requirement") is not False:
        for section in answer.engine.program.reliefs:
            truth = valuation.truth(usable_name(section, track))
            if truth is not False:
                (relief if truth else unsure).append(getattr(section.rule, "symbol", section.provision))
    outcome = answer.outcome_on(track)
    policy = valuation.review_policy(track) if outcome in ("license_required", "unknown") else None
    return Reasons(outcome, tuple(applies), tuple(relief), tuple(unsure), policy)


__all__ = ["HERE", "OutcomeMap", "PlaceOutcome", "Profile", "Reasons", "map_of_outcomes", "named_texts"]
