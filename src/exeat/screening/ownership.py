"""Owned 50 percent or more by listed parties? The arithmetic of BIS's Affiliates Rule and of OFAC's 50 Percent Rule.

Both add up the *direct* stakes of restricted owners, where an owner is restricted if listed or if itself owned 50
percent or more by restricted owners; percentages are not multiplied down a chain (15 CFR part 744, supplement no. 8,
para. (b); § 744.11(a)(1); OFAC's guidance of 2014-08-13). 60 % of 60 % is caught though the product is 36 %.
Whether the rule is in force on a day is a question of law and not answered here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from exeat.screening.entry import Entry
from exeat.screening.errors import ScreeningError
from exeat.screening.stakes import HALF, HUNDRED, Holdings, Stake, name_key, share_text

CAUGHT = "caught"
NOT_CAUGHT = "not caught"
COULD = "could reach 50 %"
UNKNOWN = "not known"

#: OFAC programs whose SDNs count under § 744.8(a)(1).
PROGRAMS_744_8 = (
    "BELARUS-EO14038", "BELARUS", "RUSSIA-EO14024", "UKRAINE-EO13660", "UKRAINE-EO13661", "UKRAINE-EO13662",
    "UKRAINE-EO13685", "FTO", "SDGT", "NPWMD", "ILLICIT-DRUGS-EO14059", "SDNT", "SDNTK", "TCO",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Method:
    """Whose listing counts, and for which owned parties."""

    name: str
    source: str
    counts: Callable[[Entry], bool]
    foreign_only: bool


def _counts_for_bis(entry: Entry) -> bool:
    if entry.list in ("EL", "MEU"):
        return entry.type != "address"  # an address entry does not feed the rule, § 744.11(a)(1)
    if entry.list == "SDN":
        return any(program.replace("ILLICIT DRUGS", "ILLICIT-DRUGS") in PROGRAMS_744_8 for program in entry.programs)
    return False


BIS = Method("BIS", "§§ 744.8(a)(2), 744.11(a)(1), 744.21(a)(3); part 744 supp. 8 (90 FR 47201)", _counts_for_bis, True)
OFAC = Method("OFAC", "OFAC 50 Percent Rule, guidance of 2014-08-13", lambda entry: entry.list == "SDN", False)


@dataclass(frozen=True, slots=True)
class Ownership:
    """The answer for one party under one method on one day.

    ``low`` and ``high`` bound the percentage held by restricted owners. ``path`` shows the stakes, one a line.
    ``owners`` are the listed parties behind it. ``red_flag_29``: a listed owner is known, the share is not settled.
    """

    name: str
    method: str
    status: str
    low: Decimal
    high: Decimal
    path: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    footnotes: tuple[str, ...] = ()
    inherited: tuple[str, ...] = ()
    red_flag_29: bool = False
    notes: tuple[str, ...] = ()
    source: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As plain data; shares as text, in percent."""
        return {
            "name": self.name, "method": self.method, "status": self.status,
            "restricted_share": share_text(self.low, self.high),
            "path": list(self.path), "owners": list(self.owners), "footnotes": list(self.footnotes),
            "inherited": list(self.inherited), "red_flag_29": self.red_flag_29,
            "notes": list(self.notes), "source": self.source,
        }  # fmt: skip


@dataclass
class OwnershipTest:
    """Runs a method over holdings. ``listed`` gives the entries a party is, by name (confirmed by review or certain);
    ``possible`` those it may be: their stakes widen the interval upward only.
    """

    holdings: Holdings
    listed: Mapping[str, tuple[Entry, ...]]
    method: Method = BIS
    possible: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)

    def ask(self, name: str, on: date | None = None) -> Ownership:
        """Is the party caught?

        Raises:
            ScreeningError: the party is not in the ownership data.
        """
        party = self.holdings.find(name)
        stakes = self.holdings.owners_of(party, on)
        if not stakes:
            return Ownership(party, self.method.name, UNKNOWN, Decimal(0), HUNDRED,
                             notes=("no ownership data; the test cannot be run, and ownership counts even if unknown",),
                             source=self.method.source)  # fmt: skip
        sure = self._restricted(on, least=True)
        maybe = self._restricted(on, least=False)
        low, high, notes = self._bounds(party, on, sure, maybe)
        behind = [s for s in stakes if name_key(s.owner) in maybe and name_key(s.owner) != name_key(party)]
        unaccounted = max(Decimal(0), HUNDRED - sum((s.high for s in stakes), Decimal(0)))
        status = NOT_CAUGHT
        if name_key(party) in sure or low >= HALF:
            status = CAUGHT
        elif high >= HALF:
            status = COULD
        elif high + unaccounted >= HALF:
            status = COULD if behind else UNKNOWN
            notes.append(f"{unaccounted.normalize():f} % of the shares are unaccounted for")
        if self.method.foreign_only and self.holdings.headquarters.get(name_key(party)) == "US":
            notes.append("organized in the United States by the data: the BIS rule covers foreign entities only")
        owners = self._listed_behind(party, on, maybe)
        entries = [entry for owner in owners for entry in self._entries(owner)]
        if low < HALF and behind and status == NOT_CAUGHT:
            notes.append("minority ownership by a listed party: caution and due diligence, part 744 supp. 8(c)")
        return Ownership(
            party, self.method.name, status, low, max(low, high), tuple(self._path(party, on, maybe)),
            tuple(self.holdings.names.get(o, o) for o in owners),
            tuple(sorted({f for entry in entries for f in entry.footnotes})), tuple(_strictest_first(entries)),
            bool(behind) and status == COULD, tuple(notes), self.method.source,
        )  # fmt: skip

    def _entries(self, name: str) -> tuple[Entry, ...]:
        held = (*self.listed.get(name, ()), *self.possible.get(name, ()))
        return tuple(entry for entry in held if self.method.counts(entry))

    def _seeds(self, least: bool) -> set[str]:
        sources = [self.listed] if least else [self.listed, self.possible]
        return {
            name_key(name)
            for source in sources
            for name, entries in source.items()
            if any(self.method.counts(entry) for entry in entries)
        }

    def _restricted(self, on: date | None, least: bool) -> set[str]:
        """The parties surely (``least``) or possibly restricted: grown from the listed until nothing is added.

        Growing from the listed alone means that a ring of holdings without a listed party stays free.
        """
        restricted = self._seeds(least)
        todo = list(restricted)
        while todo:
            for owned in self.holdings.owned_by(todo.pop()):
                if owned not in restricted:
                    low, high, _ = self._bounds(owned, on, restricted, restricted)
                    if (low if least else high) >= HALF:
                        restricted.add(owned)
                        todo.append(owned)
        return restricted

    def _bounds(
        self, name: str, on: date | None, sure: set[str], maybe: set[str]
    ) -> tuple[Decimal, Decimal, list[str]]:
        """The least and most that restricted owners hold, and what is odd in the data."""
        stakes = self.holdings.owners_of(name, on)
        notes: list[str] = []
        own = [s for s in stakes if name_key(s.owner) == name_key(name)]
        others = [s for s in stakes if name_key(s.owner) != name_key(name)]
        known = sum((s.low for s in stakes), Decimal(0))
        low = sum((s.low for s in others if name_key(s.owner) in sure), Decimal(0))
        high = sum((s.high for s in others if name_key(s.owner) in maybe), Decimal(0))
        free = sum((s.low for s in stakes if name_key(s.owner) not in maybe), Decimal(0))
        if known > HUNDRED:
            notes.append(f"the stakes in {name} add up to {known.normalize():f} %: the data contradict themselves")
        else:
            high = min(high, HUNDRED - free) if high else high
        if own:
            # Shares a party holds in itself vote for nobody: the others' part of the rest is larger.
            held = min(sum((s.low for s in own), Decimal(0)), Decimal("99.999999"))
            high = min(HUNDRED, high * HUNDRED / (HUNDRED - held))
            notes.append(f"{name} holds {held.normalize():f} % of itself: the upper bound counts the rest only")
        return min(low, HUNDRED), min(max(low, high), HUNDRED), notes

    def _listed_behind(self, name: str, on: date | None, maybe: set[str]) -> list[str]:
        """Listed parties found going up through restricted owners, nearest first."""
        found: list[str] = []
        seen = {name_key(name)}
        level = [name_key(name)]
        while level:
            above: list[str] = []
            for party in level:
                if self._entries(party) and party not in found:
                    found.append(party)
                for stake in self.holdings.owners_of(party, on):
                    owner = name_key(stake.owner)
                    if owner in maybe and owner not in seen and stake.high > 0:
                        seen.add(owner)
                        above.append(owner)
            level = above
        return found

    def _path(self, name: str, on: date | None, maybe: set[str]) -> list[str]:
        """The stakes by restricted owners from the party upward, each once."""
        lines: list[str] = []
        seen: set[str] = set()
        level = [name_key(name)]
        while level:
            above: list[str] = []
            for party in level:
                if party in seen:
                    continue
                seen.add(party)
                for stake in self.holdings.owners_of(party, on):
                    owner = name_key(stake.owner)
                    if owner in maybe and owner != party:
                        listed = ", ".join(sorted({entry.list for entry in self._entries(owner)}))
                        lines.append(f"{stake}" + (f" (listed: {listed})" if listed else ""))
                        above.append(owner)
            level = above
        return lines


def _strictest_first(entries: list[Entry]) -> list[str]:
    """Requirement and policy of each listed owner, the most restrictive first (§ 744.11(a)(1))."""

    def leniency(entry: Entry) -> tuple[int, int]:
        requirement, policy = entry.license_requirement.casefold(), entry.license_policy.casefold()
        scope = 0 if "all items" in requirement or entry.list == "SDN" else 1
        strict = (
            0
            if policy.startswith("policy of denial") or entry.list == "SDN"
            else 1
            if "presumption of denial" in policy
            else 2
        )
        return strict, scope

    return [
        f"{entry.list} {entry.name}: {entry.license_requirement or 'all items subject to the EAR'}; "
        f"{entry.license_policy or 'policy not stated in the list'}"
        for entry in sorted(entries, key=leniency)
    ]


@dataclass(frozen=True, slots=True)
class Parent:
    """The ultimate parent as far as the data reach, its headquarters, and the stakes that lead there."""

    name: str
    headquarters: str
    path: tuple[Stake, ...]
    sure: bool


def ultimate_parent(holdings: Holdings, name: str, on: date | None = None) -> Parent:
    """Follow stakes over 50 percent upward. ``sure`` is false where a larger owner may be hidden in unknown shares.

    Raises:
        ScreeningError: the party is not in the data, or the majority stakes run in a ring.
    """
    party = holdings.find(name)
    path: list[Stake] = []
    seen = {name_key(party)}
    sure = True
    while True:
        stakes = [s for s in holdings.owners_of(party, on) if name_key(s.owner) != name_key(party)]
        major = [s for s in stakes if s.low > HALF]
        if not major:
            sure = sure and bool(stakes) and all(s.high <= HALF for s in stakes)
            sure = sure and HUNDRED - sum((s.low for s in stakes), Decimal(0)) <= HALF
            return Parent(party, holdings.headquarters.get(name_key(party), ""), tuple(path), sure)
        path.append(major[0])
        party = major[0].owner
        if name_key(party) in seen:
            raise ScreeningError(f"the majority stakes above {name!r} run in a ring: {'; '.join(map(str, path))}")
        seen.add(name_key(party))
