"""Owners stated for a party: the 50 percent arithmetic of :mod:`exeat.screening` as facts of the law.

An owner is ``{"name": …, "share": "30" | "10-25" | "?", "headquarters": "CN", "lists": ["EL"], "owners": […]}``; one
that states no ``lists`` is screened by name. Empty ``owners`` say that nobody holds a majority of it; left out, that
nothing is known of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING, Any

from exeat.listing import list_code, party_list_facts
from exeat.logic.errors import LogicError
from exeat.logic.tree import Value
from exeat.logic.vocabulary import nearest
from exeat.screening.entry import Entry
from exeat.screening.errors import ScreeningError
from exeat.screening.ownership import BIS, CAUGHT, COULD, NOT_CAUGHT, OFAC, Ownership, OwnershipTest, ultimate_parent
from exeat.screening.stakes import Holdings, Stake, name_key, read_share

if TYPE_CHECKING:
    from exeat.bound.screening import Lists

KEYS = ("name", "share", "headquarters", "lists", "owners")
#: Lists whose parties' shares count under § 744.11(a)(1), and the law's word for each.
STRICTEST: Mapping[str, str] = {"EL": "entity_list", "SDN": "sdn_list", "MEU": "meu_list"}
DEEPEST, MOST = 20, 1000
_PLACES = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class OwnersFound:
    """What the owners make of a party: facts by name, why somebody must look, and the report."""

    facts: dict[str, Value]
    hold: tuple[str, ...]
    report: dict[str, Any]


@dataclass
class _Gathered:
    """Stakes and listings read so far.

    ``partial``: the lists that count were not all held. ``doubts``: why those held are not fit to deny an owner.
    """

    lists: Lists
    on: date
    holdings: Holdings = field(default_factory=Holdings)
    sure: dict[str, tuple[Entry, ...]] = field(default_factory=dict)
    maybe: dict[str, tuple[Entry, ...]] = field(default_factory=dict)
    partial: bool = False
    doubts: dict[str, None] = field(default_factory=dict)
    tops: set[str] = field(default_factory=set)
    count: int = 0

    def read(self, owned: str, owners: object, depth: int) -> None:
        if not isinstance(owners, (list, tuple)):
            raise LogicError(f"owners of {owned[:60]!r}: expected a list, found {type(owners).__name__}")
        if depth > DEEPEST:
            raise LogicError(f"owners are nested more than {DEEPEST} deep")
        for number, owner in enumerate(owners, 1):
            where = f"owner {number} of {owned[:60]!r}"
            self.count += 1
            if self.count > MOST:
                raise LogicError(f"more than {MOST} owners")
            if not isinstance(owner, Mapping):
                raise LogicError(f"{where} is a mapping with 'name' and 'share', not {type(owner).__name__}")
            for key in owner:
                if key not in KEYS:
                    hint = nearest(str(key), KEYS)
                    raise LogicError(
                        f"unknown key {str(key)[:60]!r} of {where}" + (f"; perhaps {hint!r}" if hint else "")
                    )
            name = owner.get("name")
            if not isinstance(name, str) or not name.strip():
                raise LogicError(f"{where} has no name")
            self._owner(name.strip(), owned, owner, where)
            if owner.get("owners") is not None:
                self.read(name.strip(), owner["owners"], depth + 1)
                if not owner["owners"]:
                    self.tops.add(name_key(name))

    def _owner(self, name: str, owned: str, stated: Mapping[str, Any], where: str) -> None:
        share = stated.get("share")
        try:
            low, high = read_share("?" if share is None else str(share), f"{where}, share")
        except ScreeningError as error:
            raise LogicError(str(error)) from None
        self.holdings.add(Stake(name, owned, low, high))
        place = str(stated.get("headquarters") or "").strip().upper()
        if place:
            self.holdings.headquarters[name_key(name)] = place
        if stated.get("lists") is not None:
            self._stated_lists(name, stated["lists"], where)
        elif name_key(name) not in self.sure:
            self._screened(name, place)

    def _stated_lists(self, name: str, lists: object, where: str) -> None:
        if not isinstance(lists, (list, tuple)):
            raise LogicError(f"lists of {where}: expected a list, found {type(lists).__name__}")
        facts = party_list_facts(lists, self.on)
        codes = {list_code(one if isinstance(one, str) else str(one["list"])) for one in lists}
        standing = [code for code in codes if facts.get({"EL": "on_entity_list", "MEU": "on_meu_list"}.get(code, ""))]
        programs = facts.get("sdn_program_744_8")
        if facts.get("on_sdn_list"):
            standing.append("SDN")
        sure = [Entry(f"stated-{code}", code, name, programs=("SDGT",) if code == "SDN" else ()) for code in standing]
        # Of an SDN whose programs were not stated it is open whether its shares count (§ 744.8(a)(1)).
        opened = tuple(entry for entry in sure if entry.list == "SDN" and programs is None)
        counted = (entry for entry in sure if entry not in opened and (entry.list != "SDN" or programs is not False))
        self.sure[name_key(name)], self.maybe[name_key(name)] = tuple(counted), opened

    def _screened(self, name: str, place: str) -> None:
        answer = self.lists.answer(name, (place,) if place else (), self.on)
        how = [(hit, self.lists.taken_as(hit, answer, self.on)) for hit in answer.hits]
        self.sure[name_key(name)] = tuple(hit.entry for hit, taken in how if taken == "listed")
        self.maybe[name_key(name)] = tuple(hit.entry for hit, taken in how if taken == "possible")
        fit, doubtful = self.lists.searched(answer)
        if not STRICTEST.keys() <= fit | doubtful:
            self.partial = True
        elif not STRICTEST.keys() <= fit:
            self.doubts.update(dict.fromkeys(answer.notes_of_lists))
        if answer.status == "not screened":
            self.doubts[answer.statement] = None


def examine(name: str, headquarters: str, owners: Sequence[object], on: date, lists: Lists) -> OwnersFound:
    """The ownership facts of a party on a day.

    Raises:
        LogicError: owners that cannot be read.
    """
    gathered = _Gathered(lists, on)
    gathered.holdings.names[name_key(name)] = name
    if headquarters:
        gathered.holdings.headquarters[name_key(name)] = headquarters
    gathered.read(name, owners, 1)
    tests = [OwnershipTest(gathered.holdings, gathered.sure, how, gathered.maybe).ask(name, on) for how in (BIS, OFAC)]
    facts = _facts(tests[0], gathered)
    hold = [f"50 percent rule ({found.method}): {found.status}: {'; '.join(found.path)}"
            for found in tests if found.status == COULD]  # fmt: skip
    above = _parent(name, on, gathered)
    if above["sure"] and above["headquarters"]:
        facts["ultimate_parent_headquarters"] = above["headquarters"]
    tests_told = [found.to_dict() for found in tests]
    report = {"tests": tests_told, "ultimate_parent": above, "doubts": list(gathered.doubts)}
    return OwnersFound(facts, tuple(hold), report)


def _facts(found: Ownership, gathered: _Gathered) -> dict[str, Value]:
    """Facts by BIS's method. The law reads a share of 0 beside a listed owner as "share not found" (flag 29)."""
    behind = {name_key(owner) for owner in found.owners}
    known = {owner for owner in behind if any(BIS.counts(entry) for entry in gathered.sure.get(owner, ()))}
    facts: dict[str, Value] = {}
    if known:
        facts["has_listed_owner"] = True
    elif behind or gathered.doubts:
        facts["has_listed_owner"] = None
    elif found.status == NOT_CAUGHT and not gathered.partial:
        facts["has_listed_owner"] = False
    low, high = (value.quantize(_PLACES, ROUND_DOWN) for value in (found.low, found.high))
    if found.status == CAUGHT:
        facts["listed_ownership_percent"] = low
    elif gathered.doubts:
        facts["listed_ownership_percent"] = None
    elif found.status == NOT_CAUGHT and (behind or not gathered.partial):
        facts["listed_ownership_percent"] = high
    elif behind:
        facts["listed_ownership_percent"] = Decimal(0) if known and low == 0 else None
    codes = [text.split(" ", 1)[0] for text in found.inherited]
    if known and codes and codes[0] in STRICTEST:
        facts["strictest_listed_owner"] = STRICTEST[codes[0]]
    return facts


def _parent(name: str, on: date, gathered: _Gathered) -> dict[str, Any]:
    try:
        parent = ultimate_parent(gathered.holdings, name, on)
    except ScreeningError as error:
        return {"name": None, "headquarters": None, "sure": False, "path": [], "note": str(error)}
    path = [str(stake) for stake in parent.path]
    sure = parent.sure or name_key(parent.name) in gathered.tops
    return {"name": parent.name, "headquarters": parent.headquarters or None, "sure": sure, "path": path}
