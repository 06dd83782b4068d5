"""Places and dated groups: who belongs to Country Group D:5 on a day, as far as was public by another day."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from exeat.lawbook.folder import law_text
from exeat.lawbook.instrument import LawError
from exeat.logic.vocabulary import nearest

_MEMBERS = "groups/members.csv"
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "destinations.csv": ("code", "name", "ear_name", "parent", "aliases", "standing", "note"),
    "members.csv": (
        *("group", "member", "from", "until", "from_known", "until_known"),
        *("citation", "confidence", "note"),
    ),
}

#: 740 supp. 1 and 738 supp. 1 list destinations; territories follow a listed parent (15 CFR 738.3(b)).
Standing = str


@dataclass(frozen=True, slots=True)
class Destination:
    """A place. ``parent`` is the code whose treatment it follows ("" for none); ``standing`` tells on what ground."""

    code: str
    name: str
    parent: str
    aliases: tuple[str, ...]
    standing: str
    note: str


@dataclass(frozen=True, slots=True)
class Membership:
    """A member of a group from a day through a day (None: open), and since when the public could know either."""

    group: str
    member: str
    start: date | None
    until: date | None
    start_known: date | None
    until_known: date | None
    citation: str
    confidence: str
    note: str
    line: int

    def holds(self, on: date, known_on: date | None) -> bool:
        """Whether the member belongs on ``on``, seen from ``known_on`` (None: from today's knowledge)."""
        if self.start is not None and on < self.start:
            return False
        if self.start_known is not None and known_on is not None and known_on < self.start_known:
            return False
        ended = self.until is not None and on > self.until
        unknown_end = self.until_known is not None and known_on is not None and known_on < self.until_known
        return not ended or unknown_end


@dataclass(frozen=True, slots=True)
class Group:
    """What a group is; ``formula`` computes it from others ("" when its members are listed)."""

    name: str
    formula: str
    words: str
    source: str
    line: int


@dataclass(frozen=True)
class Groups:
    """All places, groups and dated memberships."""

    destinations: dict[str, Destination]
    groups: dict[str, Group]
    memberships: tuple[Membership, ...]
    _cache: dict[tuple[date, date | None], dict[str, frozenset[str]]] = field(default_factory=dict, repr=False)

    def on(self, on: date, known_on: date | None = None) -> dict[str, frozenset[str]]:
        """Every group's members on a day, territories included with the parent they follow."""
        key = (on, known_on)
        if key not in self._cache:
            self._cache[key] = self._resolve(on, known_on)
        return self._cache[key]

    def indeterminate(self) -> frozenset[str]:
        """Places of which the EAR's tables say nothing: their membership is unknown, never no."""
        return frozenset(d.code for d in self.destinations.values() if d.standing == "indeterminate")

    def changes(self) -> Iterator[tuple[date, date]]:
        """(day of change, day it was known) of every dated change, for cutting time into eras."""
        for m in self.memberships:
            if m.start is not None:
                yield m.start, m.start_known or m.start
            if m.until is not None:
                after = m.until + timedelta(days=1)
                yield after, m.until_known or after

    def of(self, code: str, on: date, known_on: date | None = None) -> list[str]:
        """The names of the groups a place belongs to on a day, in alphabetical order."""
        return sorted(name for name, members in self.on(on, known_on).items() if code in members)

    def _resolve(self, on: date, known_on: date | None) -> dict[str, frozenset[str]]:
        listed: dict[str, set[str]] = {name: set() for name, group in self.groups.items() if not group.formula}
        for m in self.memberships:
            if m.holds(on, known_on):
                listed[m.group].add(m.member)
        result = {name: frozenset(members) for name, members in listed.items()}
        for group in self.groups.values():
            if group.formula:
                result[group.name] = frozenset(compute(group, result))
        for place in self.destinations.values():
            if place.parent:
                for name, members in result.items():
                    if place.parent in members:
                        result[name] = members | {place.code}
        return result


def compute(group: Group, members: dict[str, frozenset[str]]) -> set[str]:
    """The members of a computed group: terms joined by + and -, read from left to right."""
    total: set[str] = set()
    for sign, term in formula_terms(group):
        part = members.get(term, frozenset({term}))
        total = total | part if sign == "+" else total - part
    return total


def formula_terms(group: Group) -> list[tuple[str, str]]:
    """``D:1 + D:4 - A:5`` as [('+', 'D:1'), ('+', 'D:4'), ('-', 'A:5')]."""
    words = re.split(r"\s+([+-])\s+", group.formula)
    return list(zip(["+", *words[1::2]], words[::2], strict=True))


def read_groups(folder: Path) -> Groups:
    """The three files of ``law/groups``.

    Raises:
        LawError: a row that cannot be read, an undeclared group, a formula of unknown groups.
    """
    destinations = {}
    for row, _line in _rows(folder / "destinations.csv"):
        aliases = tuple(a.strip() for a in row.get("aliases", "").split(";") if a.strip())
        names = (*aliases, row["ear_name"]) if row.get("ear_name") else aliases
        destinations[row["code"]] = Destination(
            row["code"], row["name"], row.get("parent", ""), names, row.get("standing", ""), row.get("note", "")
        )
    groups = _read_group_table(folder / "groups.md", destinations)
    memberships = tuple(_membership(row, line, groups) for row, line in _rows(folder / "members.csv"))
    _check_members(groups, memberships, destinations)
    return Groups(destinations, groups, memberships)


def _check_members(
    groups: Mapping[str, Group], memberships: Sequence[Membership], destinations: Mapping[str, Destination]
) -> None:
    """A list cut short would answer that a place is in no group: refuse an empty group, and a member that is no place.

    Raises:
        LawError: a group that should have members and has none; among places, a member that is none.
    """
    members: dict[str, list[Membership]] = {name: [] for name, group in groups.items() if not group.formula}
    for membership in memberships:
        if membership.group not in members:
            raise LawError(f"{membership.group} is computed, it has no members", _MEMBERS, membership.line)
        members[membership.group].append(membership)
    for name, listed in members.items():
        if not listed:
            raise LawError(f"no member of {name} is listed; a group without a formula has some", _MEMBERS)
        strangers = [m for m in listed if m.member not in destinations]
        if strangers and (len(strangers) < len(listed) or any(m.member.upper() in destinations for m in strangers)):
            first = strangers[0]
            hint = nearest(first.member, destinations)
            raise LawError(f"{first.member!r} in {name} is no place code; perhaps {hint}", _MEMBERS, first.line)


def _rows(path: Path) -> Iterator[tuple[dict[str, str], int]]:
    import csv  # as the parser of tables below: cached law is opened without them

    reader = csv.DictReader(law_text(path, _name(path)).splitlines(keepends=True))
    expected = _COLUMNS[path.name]
    if tuple(reader.fieldnames or ()) != expected:
        raise LawError(
            f"the columns are {', '.join(reader.fieldnames or ())}; expected {', '.join(expected)}", _name(path), 1
        )
    for row in reader:
        if None in row or None in row.values():
            raise LawError("this row has another number of cells than the header", _name(path), reader.line_num)
        yield {key: (value or "").strip() for key, value in row.items()}, reader.line_num


def _name(path: Path) -> str:
    return f"groups/{path.name}"


def _membership(row: dict[str, str], line: int, groups: dict[str, Group]) -> Membership:
    file = _MEMBERS
    if row["group"] not in groups:
        hint = nearest(row["group"], groups)
        raise LawError(f"group {row['group']!r} is not in groups.md; perhaps {hint}", file, line)
    days = []
    for column in ("from", "until", "from_known", "until_known"):
        try:
            days.append(date.fromisoformat(row[column]) if row[column] else None)
        except ValueError:
            raise LawError(f"{column} is {row[column]!r}; expected a day as YYYY-MM-DD", file, line) from None
    start, until, start_known, until_known = days
    return Membership(
        group=row["group"],
        member=row["member"],
        start=start,
        until=until,
        start_known=start_known,
        until_known=until_known,
        citation=row["citation"],
        confidence=row["confidence"],
        note=row["note"],
        line=line,
    )


def _read_group_table(path: Path, destinations: dict[str, Destination]) -> dict[str, Group]:
    from exeat.lawbook.markdown import parts

    groups: dict[str, Group] = {}
    tables = [
        table for part in parts("## Groups\n" + law_text(path, _name(path)), _name(path), 0) for table in part.tables
    ]
    for row in (row for table in tables for row in table if "group" in row.cells and "formula" in row.cells):
        name = row.cells["group"].strip("`")
        formula = row.cells["formula"].strip("`")
        groups[name] = Group(name, formula, row.cells.get("in words", ""), row.cells.get("source", ""), row.line)
    for group in groups.values():
        for _, term in formula_terms(group) if group.formula else ():
            known = term in groups and not groups[term].formula
            if not known and term not in destinations:
                raise LawError(f"{group.name}: {term!r} is no listed group and no place", _name(path), group.line)
    return groups
