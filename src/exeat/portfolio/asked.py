"""What a program asks of the columns of one table: the program with everything the table never states left open.

Names in these trees say where a fact comes from: ``item:tpp`` (the item), ``row:end_use`` (a column),
``said:end_use`` (whether its cell states anything; ``said:?end_use``, that it is unknown),
``party:end_user:location`` and ``here:end_user`` (a party's columns), ``col:quantity`` (a column of numbers, before
it is known whether the cell is filled), ``num:quantity`` (a number that is there), ``fig:3`` (a figure worked out
from the item alone), ``open:…`` (stated nowhere).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from exeat.determination.determine import Engine
from exeat.determination.program import TRACKS
from exeat.determination.prohibition import prohibitions
from exeat.determination.prohibition import truth_name as ban_name
from exeat.determination.vigilance import red_flags
from exeat.lawbook.instrument import Classification
from exeat.listing import FOOTNOTES, LISTS
from exeat.logic.tree import (
    And,
    Case,
    Coalesce,
    Compare,
    Constant,
    Not,
    Or,
    Tree,
    Value,
    children,
    rebuild,
)
from exeat.portfolio.columns import Columns
from exeat.portfolio.forest import OPEN, Forest, Simplifier
from exeat.portfolio.origins import of_numbers, origin_of
from exeat.portfolio.withheld import Withheld

LIST_FACTS = frozenset(
    {
        *(known.fact for known in LISTS),
        *FOOTNOTES.values(),
        "entity_list_entry_allows_exceptions",
        "sdn_program_744_8",
    }
)
_ORIGINS = (OPEN, "item:", "row:", "said:", "party:", "here:", "col:", "num:", "fig:")
_RECEIVING = ("ultimate_consignee", "end_user")


@dataclass(frozen=True)
class Shape:
    """Which facts a table can state at all: its columns, what its items' specifications give, what all rows assume."""

    columns: Columns
    item_facts: frozenset[str]
    always_here: frozenset[str] = frozenset()
    assumed: Mapping[str, Value] = field(default_factory=dict)

    @cached_property
    def facts(self) -> frozenset[str]:
        return frozenset(m.fact for m in self.columns.of("fact"))

    @cached_property
    def numbers(self) -> tuple[str, ...]:
        return tuple(m.fact for m in self.columns.of("number"))

    def of_party(self, slot: str) -> frozenset[str]:
        """The party facts that the columns of a slot can state."""
        read = self.columns.of_slot(slot)
        stated = {m.fact for m in read if m.kind == "party"}
        return frozenset(stated | LIST_FACTS if any(m.kind == "lists" for m in read) else stated)


@dataclass
class Asked:
    """One program over one shape of table. ``steps`` has every named expression, simplified."""

    engine: Engine
    shape: Shape
    forest: Forest
    steps: dict[str, Tree] = field(default_factory=dict)
    figures: list[Tree] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.presumed: Mapping[str, Value] = dict(self.engine.presumable)
        self.vocabulary = self.engine.program.vocabulary
        shape = self.shape
        self.withheld = Withheld(self.engine, shape.columns, shape.item_facts, shape.assumed, self.forest)
        groups = self.engine.program.law.groups
        self._simplify = Simplifier(self.forest, self._lookup, groups, self._parties)
        self._of_slot: dict[str, Simplifier] = {}
        self._slots = shape.columns.slots
        self._stands: dict[str, tuple[int, ...]] = {}
        for step in self.engine.program.steps:
            self.steps[step.name] = self._stated_first(step.name, self._simplified(step.tree))
            self._stands.pop(step.name, None)
        self._figured: dict[int, Tree] = {}
        self._figure_numbers: dict[int, int] = {}
        self.steps = {name: self._with_figures(tree) for name, tree in self.steps.items()}

    def keep(self, tree: Tree) -> Tree:
        return self.forest.keep(tree)

    def names(self, tree: Tree) -> frozenset[str]:
        """The facts and steps a tree names."""
        return self.forest.names(tree)

    def _simplified(self, tree: Tree) -> Tree:
        """A step's tree simplified, or what it came to in another program in which the same stands for its names."""
        read = self.engine.program.reads.of(tree)
        members = map(self.engine.program.law.groups.get, read.groups)
        stand = [self._stands.get(name) or self._stands_for(name) for name in read.in_order]
        key = (id(tree), self._slots, self.shape.always_here, *members, *stand)
        found = self.forest.made_of.get(key)
        if found is None:
            found = self.forest.made_of[key] = tree, self._simplify(tree)
        return found[1]

    def _stands_for(self, name: str) -> tuple[int, ...]:
        """What stands for a name, by identity: in a step, and where it is a fact of parties, in each slot."""
        declared = self.vocabulary.get(name)
        slots = (*self._slots, "") if declared is not None and declared.party else ()
        trees = [self._lookup(name), *(self._slot(slot).lookup(name) for slot in slots)]
        self._stands[name] = tuple(map(id, trees))
        return self._stands[name]

    def _lookup(self, name: str) -> Tree | None:
        if name.startswith(_ORIGINS):
            return None  # written so already
        known = self.steps.get(name)
        if known is not None:
            declared = self.vocabulary.get(name)
            written_out = isinstance(known, Constant) or (declared is not None and declared.type == "number")
            return known if written_out else self._fact(name)
        return self._input(name)

    def _input(self, name: str) -> Tree:
        """A declared fact as the table states it."""
        shape, fact = self.shape, self._fact
        assumed = shape.assumed.get(name)
        if assumed is not None:
            return self.keep(Constant(assumed))
        if name in shape.numbers:
            return fact(f"col:{name}")
        of_item = [fact(f"item:{name}")] if name in shape.item_facts else []
        if name in self.withheld:
            of_item = [self._first_known([*of_item, self._presumption(name)])]
        if name in shape.facts:
            if not of_item:
                return fact(f"row:{name}")
            return self.keep(Case(((fact(f"said:{name}"), fact(f"row:{name}")),), of_item[0]))
        if of_item:
            return of_item[0]
        return self._presumption(name)

    def _presumption(self, name: str) -> Tree:
        """What stands for a fact nobody states."""
        value = self.presumed.get(name)
        if value is None:
            return self._fact(f"{OPEN}{name}")
        return self.withheld.unless(name, self.keep(Constant(value)))

    def _fact(self, name: str) -> Tree:
        return self.forest.fact(name)

    def _stated_first(self, name: str, tree: Tree) -> Tree:
        """A definition a table may state itself: the stated value wins, and a presumption stands behind both."""
        if name not in self.engine.definitions:
            return tree
        shape, fact = self.shape, self._fact
        rest = [fact(f"item:{name}")] if name in shape.item_facts else []
        rest.append(tree)
        presumed = self.engine.presumed_if_open.get(name)
        if presumed is not None:
            rest.append(self.withheld.unless(name, self.keep(Constant(presumed))))
        behind = self._first_known(rest)
        if name in shape.numbers:
            return self._first_known([fact(f"col:{name}"), behind])
        if name in shape.facts:
            said = self._first_known([fact(f"row:{name}"), tree])
            return self.keep(Case(((fact(f"said:{name}"), said),), behind))
        return behind

    def _first_known(self, args: list[Tree]) -> Tree:
        known = next((n for n, arg in enumerate(args) if isinstance(arg, Constant)), len(args) - 1)
        kept = args[: known + 1]
        return kept[0] if len(kept) == 1 else self.keep(Coalesce(tuple(kept)))

    def _parties(self, body: Tree) -> Tree:
        """``any_party`` over the slots; if nobody is there to receive the item, an unnamed consignee does."""
        shape, keep = self.shape, self.keep
        parts = [self._in_slot(slot, body) for slot in shape.columns.slots]
        receiving = [slot for slot in _RECEIVING if slot in shape.columns.slots]
        if not any(slot in shape.always_here for slot in receiving):
            nobody = [keep(Not(self._here(slot))) for slot in receiving]
            unnamed = self._slot("")(body)
            parts.append(self._simplify(And((*nobody, unnamed))) if nobody else unnamed)
        return self._simplify(Or(tuple(parts)))

    def _here(self, slot: str) -> Tree:
        return self.forest.true if slot in self.shape.always_here else self._fact(f"here:{slot}")

    def _in_slot(self, slot: str, body: Tree) -> Tree:
        return self._simplify(And((self._here(slot), self._slot(slot)(body))))

    def _slot(self, slot: str) -> Simplifier:
        """The simplifier for the party of a slot; of no slot: a consignee of whom nothing is stated."""
        found = self._of_slot.get(slot)
        if found is None:
            stated = self.shape.of_party(slot)

            def lookup(name: str) -> Tree | None:
                declared = self.vocabulary.get(name)
                if declared is None or not declared.party:
                    return self._lookup(name)
                if name == "role":
                    return self.keep(Constant(slot or _RECEIVING[0]))
                if name in stated:
                    return self._fact(f"party:{slot}:{name}")
                value = self.presumed.get(name)
                return self._fact(f"{OPEN}{slot}:{name}") if value is None else self.keep(Constant(value))

            groups = self.engine.program.law.groups
            found = self._of_slot[slot] = Simplifier(self.forest, lookup, groups)
        return found

    def _with_figures(self, tree: Tree) -> Tree:
        """In comparisons with a column of numbers, what the item alone gives becomes one figure (``fig:n``)."""
        if not self._has_figures(tree):
            return tree
        found = self._figured.get(id(tree))
        if found is None:
            cut = self._cut(tree) if self._is_figured(tree) else rebuild(tree, self._with_figures)
            found = self._figured[id(tree)] = self.keep(cut)
        return found

    def _has_figures(self, tree: Tree) -> bool:
        found = self.forest.figured.get(id(tree))
        if found is None:
            found = self._is_figured(tree) or any(self._has_figures(part) for part in children(tree))
            self.forest.figured[id(tree)] = found
        return found

    def _is_figured(self, tree: Tree) -> bool:
        return isinstance(tree, Compare) and of_numbers(tree) and self._origins(tree) >= {"col", "item"}

    def _cut(self, tree: Tree) -> Tree:
        if self._origins(tree) == {"item"}:
            number = self._figure_numbers.setdefault(id(tree), len(self.figures))
            if number == len(self.figures):
                self.figures.append(tree)
            return self._fact(f"fig:{number}")
        return self.keep(rebuild(tree, self._cut)) if children(tree) else tree

    def _origins(self, tree: Tree) -> frozenset[str]:
        return frozenset(origin_of(name) for name in self.names(tree) if not name.startswith(OPEN))

    @cached_property
    def comparisons(self) -> tuple[Compare, ...]:
        """Every comparison of the program, each once."""
        found: dict[int, Compare] = {}
        seen: set[int] = set()

        def visit(tree: Tree) -> None:
            if id(tree) not in seen:
                seen.add(id(tree))
                if isinstance(tree, Compare):
                    found[id(tree)] = tree
                for part in children(tree):
                    visit(part)

        for tree in self.steps.values():
            visit(tree)
        return tuple(found.values())

    def cited(self, answers: Sequence[tuple[str, int]], false: Tree) -> tuple[str, ...]:
        """The versions of the law that the answers rest on, postures and review policies among them."""
        keys: dict[str, None] = {}
        for name, tree in answers:
            section = self.engine.program[name].section
            if section is not None and tree != id(false):
                keys.update(dict.fromkeys(other.key for other in self.engine.words.resting_on(section)))
        return tuple(keys)

    @cached_property
    def roots(self) -> dict[str, tuple[str, ...]]:
        """The expressions an answer shows: always, and on each track where something may need a license."""
        engine, law = self.engine, self.engine.program.law
        always = ["eccn", *(s.rule.name for s in law.governing if isinstance(s.rule, Classification))]
        always += [s.rule.name for s in red_flags(law) if s.rule is not None]
        found: dict[str, tuple[str, ...]] = {}
        for track in TRACKS:
            always += [f"{track}.outcome", f"{track}.any_requirement", *engine.requirement_names[track]]
            always += [ban_name(law, s, track) for s in prohibitions(law)]
            found[track] = (*engine.relief_names[track], f"{track}.review_policy")
        return {"always": tuple(dict.fromkeys(name for name in always if name in self.steps)), **found}
