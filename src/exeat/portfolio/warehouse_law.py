"""The programs of a span of days as one: each named expression with its versions, parties as columns, groups named.

One program for each era would make the query as long as there are eras. Most paragraphs never change in a span, and of
those that do most change once: so a name has one column, and its versions stand in it side by side, chosen by the day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from graphlib import CycleError, TopologicalSorter

from exeat.desk import Desk
from exeat.determination.determine import Engine
from exeat.determination.program import TRACKS
from exeat.determination.step import Step
from exeat.lawbook.instrument import Section
from exeat.logic.expand import resolve_groups
from exeat.logic.tree import (
    FALSE,
    And,
    AnyParty,
    Coalesce,
    Constant,
    Fact,
    InGroup,
    Tree,
    any_of,
    fact_names,
    rebuild,
    substitute,
    walk,
)
from exeat.logic.vocabulary import FactType
from exeat.portfolio.warehouse_shown import flags, folded, needs, one_order, reliefs
from exeat.terms import InputError

#: What a fact is called where it is read from the table, beside what the law derives or presumes of it.
STATED, PRESUMED = "@stated", "@presumed"
#: Answers given as lists: what needs a license, what stands in for one, what holds a transaction.
Lists = Mapping[str, tuple[tuple[str, str], ...]]

SlotFact = Callable[[str, str], bool]


@dataclass(frozen=True, slots=True)
class Era:
    """Days on which one program decides; ``last`` None: to the end of the span."""

    first: date
    engine: Engine


@dataclass(frozen=True, slots=True)
class Version:
    """An expression from the first day of era number ``era`` on."""

    era: int
    tree: Tree
    section: Section | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One named expression of the query."""

    name: str
    kind: FactType
    versions: tuple[Version, ...]

    def reads(self) -> frozenset[str]:
        return frozenset[str]().union(*(fact_names(v.tree) for v in self.versions))


@dataclass(frozen=True)
class Law:
    """Every expression the answers need, in layers: each layer reads only those before it."""

    eras: tuple[Era, ...]
    layers: tuple[tuple[Column, ...], ...]
    lists: Lists
    #: Facts read from the table: names of facts, ``slot:<slot>:<fact>``, ``<slot>_present``, ``<fact>@stated`` …
    leaves: frozenset[str] = field(default=frozenset())

    def columns(self) -> Iterator[Column]:
        return (column for layer in self.layers for column in layer)


def eras_of(desk: Desk, first: date, last: date) -> tuple[Era, ...]:
    """The eras of a span; days next to each other with the same governing law and groups are one."""
    lawbook = desk.lawbook
    found: list[Era] = []
    before: object = None
    for day in (first, *(cut for cut in lawbook.changes() if first < cut <= last)):
        law = lawbook.in_force(day)
        groups = tuple(sorted(law.groups.items()))
        same = (tuple(s.key for s in law.governing), tuple(s.key for s in law.postures), groups)
        if same != before:
            found.append(Era(day, desk.engines.on(day)))
        before = same
    return tuple(found)


class LawOfSpan:
    """Puts the programs of the eras together."""

    def __init__(self, eras: Sequence[Era], slots: Sequence[str], of_slot: SlotFact, stated: Callable[[str], bool]):
        self.eras, self.slots, self.of_slot, self.stated = tuple(eras), tuple(slots), of_slot, stated
        self.vocabulary = eras[0].engine.program.vocabulary
        self.definitions = frozenset[str]().union(*(e.engine.definitions for e in eras))
        self._steps = [self._of_era(number) for number in range(len(eras))]
        self._shared = self._shared_conditions()
        self._made: dict[str, list[Version]] = {}
        self._order: list[str] = []
        self._conditions: dict[AnyParty, str] = {}

    def law(self) -> Law:
        """The law of the span.

        Raises:
            InputError: the paragraphs of the span need each other in one order here and in another there.
        """
        lists = self._lists()
        wanted = ["eccn", *(f"{t}.{n}" for t in TRACKS for n in ("outcome", "review_policy", "any_requirement"))]
        wanted += [name for shown in lists.values() for _, name in shown]
        for name in wanted:
            self._need(name)
        columns = {name: self._column(name) for name in self._made}
        layers = self._layers(columns)
        leaves = frozenset[str]().union(*(c.reads() for c in columns.values())) - columns.keys()
        return Law(self.eras, layers, lists, leaves)

    def _of_era(self, number: int) -> dict[str, Step]:
        """The steps of an era by name, conditions that its program shares written back in."""
        steps = self.eras[number].engine.program.steps
        shared = {s.name: s.tree for s in steps if s.name.startswith("parties/")}
        return {s.name: s.mapped(lambda t: substitute(t, shared.get)) for s in steps if s.name not in shared}

    def _shared_conditions(self) -> frozenset[AnyParty]:
        """Conditions on the parties that several expressions read: they get a column of their own."""
        readers: dict[AnyParty, set[str]] = {}
        for steps in self._steps:
            for step in steps.values():
                for node in walk(step.tree):
                    if isinstance(node, AnyParty):
                        readers.setdefault(node, set()).add(step.name)
        return frozenset(node for node, names in readers.items() if len(names) > 1)

    # What each name is, era by era.

    def _need(self, name: str) -> None:
        if name in self._made or not (name in self.definitions or any(name in steps for steps in self._steps)):
            return
        self._made[name] = []
        versions = [self._version(name, number) for number in range(len(self.eras))]
        self._add(name, versions)

    def _add(self, name: str, versions: Sequence[Version]) -> None:
        """Keep the versions of a name, equal neighbors as one, and make what they read."""
        kept: list[Version] = []
        for version in versions:
            if not kept or (kept[-1].tree, _cited(kept[-1])) != (version.tree, _cited(version)):
                kept.append(version)
        self._made[name] = kept
        for version in kept:
            for read in sorted(fact_names(version.tree)):
                self._need(read)
        self._order.append(name)

    def _version(self, name: str, number: int) -> Version:
        step = self._steps[number].get(name)
        if name in self.definitions:
            return self._definition(name, number, step)
        if step is None:
            return Version(number, FALSE if self._kind(name) == "yes/no" else Constant("none"))
        return Version(number, self._plain(step.tree, number), step.section, step.label)

    def _definition(self, name: str, number: int, step: Step | None) -> Version:
        """What is stated wins; else what the rule derives; else what is presumed where the rule leaves it open."""
        parts: list[Tree] = []
        if self.stated(name):
            parts.append(Fact(name + STATED))
        if step is not None:
            parts.append(self._plain(step.tree, number))
        if self.vocabulary[name].presumed is not None:
            parts.append(Fact(name + PRESUMED))
        parts = parts or [Fact(name + STATED)]
        tree = parts[0] if len(parts) == 1 else Coalesce(tuple(parts))
        return Version(number, tree, step.section if step else None)

    def _plain(self, tree: Tree, number: int) -> Tree:
        return folded(self._grouped(self._parties(tree, number), number))

    def _parties(self, tree: Tree, number: int) -> Tree:
        """Conditions on the parties over the columns of each slot; see :func:`exeat.logic.expand.expand_parties`."""
        if not isinstance(tree, AnyParty):
            return rebuild(tree, lambda part: self._parties(part, number))
        if tree not in self._shared:
            return self._any_party(tree)
        name = self._conditions.setdefault(tree, f"any_party_{len(self._conditions) + 1}")
        if name not in self._made:
            self._made[name] = []
            versions = [
                Version(era, folded(self._grouped(self._any_party(tree), era))) for era in range(len(self.eras))
            ]
            self._add(name, versions)
        return Fact(name)

    def _any_party(self, condition: AnyParty) -> Tree:
        # A row always names a party: whoever receives the item, if nobody else.
        return any_of(tuple(And((Fact(f"{s}_present"), self._of_slot(condition.body, s))) for s in self.slots))

    def _of_slot(self, body: Tree, slot: str) -> Tree:
        def own(name: str) -> Tree | None:
            if name == "role":
                return Constant(slot)
            declared = self.vocabulary.get(name)
            if declared is not None and declared.party and self.of_slot(slot, name):
                return Fact(f"slot:{slot}:{name}")
            return None

        return substitute(body, own)

    def _grouped(self, tree: Tree, number: int) -> Tree:
        """Membership in a group as a column, so that a list of forty places stands once in the query."""
        if not isinstance(tree, InGroup):
            return rebuild(tree, lambda part: self._grouped(part, number))
        groups = self.eras[number].engine.program.law.groups
        if not isinstance(tree.operand, Fact):
            return resolve_groups(tree, groups)
        name = f"in:{tree.operand.name}:{tree.group}"
        if name not in self._made:
            self._made[name] = []
            versions = []
            for era, each in enumerate(self.eras):
                members = each.engine.program.law.groups
                known = tree.group in members
                versions.append(Version(era, resolve_groups(tree, members) if known else FALSE))
            self._add(name, versions)
        return Fact(name)

    # The answers that are lists.

    def _lists(self) -> dict[str, tuple[tuple[str, str], ...]]:
        found = {}
        for track in TRACKS:
            found[f"requirements_{track}"] = self._list(f"requirements_{track}", lambda e, t=track: needs(e, t))  # type: ignore[misc]
            found[f"exceptions_{track}"] = self._list(f"exceptions_{track}", lambda e, t=track: reliefs(e, t))  # type: ignore[misc]
        found["red_flags"] = self._list("red_flags", flags)
        return found

    def _list(
        self, list_: str, of_era: Callable[[Engine], Iterable[tuple[str, str, str]]]
    ) -> tuple[tuple[str, str], ...]:
        """What is shown and the name of its truth, in the order of each era."""
        eras = [{(rule, shown): truth for rule, shown, truth in of_era(e.engine)} for e in self.eras]
        found = []
        for key in one_order(list(e) for e in eras):
            names = [e.get(key) for e in eras]
            told = {name for name in names if name is not None}
            if len(told) == 1 and self._is_absent_where(names, next(iter(told))):
                found.append((key[1], next(iter(told))))
                continue
            name = f"{list_}:{key[0]}:{key[1]}"
            trees = [FALSE if n is None else Fact(n) for n in names]
            self._made[name] = []
            self._add(name, [Version(number, tree) for number, tree in enumerate(trees)])
            found.append((key[1], name))
        return tuple(found)

    def _is_absent_where(self, names: Sequence[str | None], name: str) -> bool:
        return all(given is not None or name not in steps for given, steps in zip(names, self._steps, strict=True))

    # Columns and layers.

    def _column(self, name: str) -> Column:
        return Column(name, self._kind(name), tuple(self._made[name]))

    def _kind(self, name: str) -> FactType:
        declared = self.vocabulary.get(name)
        if declared is not None:
            return declared.type
        text = name == "eccn" or name.endswith((".outcome", ".review_policy"))
        return "text" if text or ".policy/" in name else "yes/no"

    def _layers(self, columns: Mapping[str, Column]) -> tuple[tuple[Column, ...], ...]:
        sorter = TopologicalSorter({name: c.reads() & columns.keys() for name, c in columns.items()})
        try:
            sorter.prepare()
        except CycleError as error:
            names = " -> ".join(error.args[1])
            raise InputError(f"the span holds days on which these need each other in turn: {names}; split it") from None
        place = {name: number for number, name in enumerate(self._order)}
        layers = []
        while sorter.is_active():
            ready = sorted(sorter.get_ready(), key=place.__getitem__)
            layers.append(tuple(columns[name] for name in ready))
            sorter.done(*ready)
        return tuple(layers)


def _cited(version: Version) -> object:
    return version.section.key if version.section else None


__all__ = [
    "PRESUMED",
    "STATED",
    "Column",
    "Era",
    "Law",
    "LawOfSpan",
    "Lists",
    "Version",
    "eras_of",
    "folded",
]
