"""Running a program on one transaction: facts in, every expression's value out, with an answer on both tracks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from exeat.determination.anew import Anew
from exeat.determination.license_exception import usable_name
from exeat.determination.license_requirement import truth_name
from exeat.determination.parts import is_limb, part_of
from exeat.determination.program import TRACKS, Program
from exeat.determination.step import Step, Track
from exeat.determination.turning import Turning
from exeat.determination.words import Words
from exeat.logic.compile import compile_tree
from exeat.logic.tree import Tree, Value
from exeat.logic.values import value_of

Facts = Mapping[str, Value]
Closure = Callable[[Mapping[str, Any], Mapping[str, Any]], object]

_NO_PARTY: dict[str, object] = {}
# The names of the parts of each track, as part_of gives them.
_NEEDS, _REST, _OUTCOME, _POLICY = (
    {track: f"{track}.{part}" for track in TRACKS} for part in ("needs", "rest", "outcome", "policy")
)

#: Strictest first: where a caller can hold one value only, the stricter track's outcome is given.
SEVERITY = ("prohibited", "license_required", "unknown", "license_exception", "authorized", "no_license_required")


@dataclass(frozen=True)
class Valuation:
    """The values of every expression of a program for one transaction.

    ``values`` maps facts and steps to their values. Steps that no answer needed are absent: exceptions where nothing
    needs a license, and single limbs, whose truth :meth:`truth` gives when it is asked for. ``presumed`` are the facts
    nobody stated on whose presumed value the answer rests; ``facts`` are those that were stated.
    """

    program: Program
    values: Mapping[str, object]
    presumed: tuple[str, ...]
    engine: Engine = field(repr=False)
    facts: Facts = field(repr=False)
    _limbs: dict[str, object] = field(default_factory=dict, init=False, repr=False, compare=False)  # looked at so far

    def truth(self, name: str) -> bool | None:
        """The truth of a step, a single limb included; None also for a step this transaction did not need."""
        value = self.values.get(name)
        if value is None:
            limbs = self._limbs
            if name not in limbs:
                limbs[name] = self.engine.limb(name, self.values)
            value = limbs[name]
        return value if isinstance(value, bool) else None

    def outcome(self, track: Track) -> str:
        """The track's outcome; ``unknown`` where a missing fact decides."""
        value = self.values.get(f"{track}.outcome")
        return str(value) if value is not None else "unknown"

    @property
    def strictest_outcome(self) -> str:
        """The stricter of the two tracks' outcomes."""
        return min((self.outcome(track) for track in TRACKS), key=SEVERITY.index)

    @property
    def eccn(self) -> str | None:
        """The entry the item is classified in; None where a missing fact decides."""
        value = self.values.get("eccn")
        return None if value is None else str(value)

    def review_policy(self, track: Track) -> str | None:
        """How an application would be reviewed; None where no license is needed or a missing fact decides."""
        value = self.values.get(f"{track}.review_policy")
        return None if value in (None, "none") else str(value)


class Engine:
    """A program compiled to closures. One engine serves every transaction of an era."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.definitions = frozenset(s.name for s in program.steps if s.name in program.vocabulary)
        reads = program.reads
        # A rule is evaluated whole, so that its first failing limb settles it; a limb alone only when it is asked for.
        kinds = {step.name: reads.once(("part", id(step)), partial(_part, step), step) for step in program.steps}
        self._limbs = {step.name: step.tree for step in program.steps if kinds[step.name] is None}
        self._limb_closures: dict[str, Closure] = {}
        self._reads: dict[str, frozenset[str]] = {}
        self._parts: dict[str, list[Step]] = {}
        for step in program.steps:
            if (part := kinds[step.name]) is not None:
                self._parts.setdefault(part, []).append(step)
        # Parts are compiled when a transaction first needs them.
        self._compiled: dict[str, tuple[tuple[str, Closure], ...]] = {}
        self._core = self._closures("core")
        self._vigilance = frozenset(step.name for step in self._parts.get("vigilance", ()))
        self._party_presumed = frozenset(name for name in program.input_facts if program.vocabulary[name].party)
        self._conditions: dict[int, tuple[Tree, Closure]] = {}
        presumed = [
            (name, value_of(program.vocabulary[name], program.vocabulary[name].presumed))
            for name in sorted(program.input_facts)
            if program.vocabulary[name].presumed is not None
        ]
        self.presumable = tuple((name, value) for name, value in presumed if name not in self.definitions)
        # What a rule may derive is presumed only where the rule, too, leaves it open.
        self.presumed_if_open = {name: value for name, value in presumed if name in self.definitions}
        self.requirement_names = {t: tuple(truth_name(program.law, s, t) for s in program.requirements) for t in TRACKS}
        self.turning = Turning(program)
        self.words = Words(program)
        self.relief_names = {t: tuple(usable_name(s, t) for s in program.reliefs) for t in TRACKS}

    def _closures(self, part: str) -> tuple[tuple[str, Closure], ...]:
        """The steps of one part of the order as closures, limbs written into their rules."""
        found = self._compiled.get(part)
        if found is None:
            trees = ((step.name, self._whole(step)) for step in self._parts.get(part, ()))
            found = self._compiled[part] = tuple([(name, self._closure(tree)) for name, tree in trees])
        return found

    def _whole(self, step: Step) -> Tree:
        """A step's expression with its limbs written into it."""
        return self.program.reads.written_out(step.tree, self._limbs)

    def _closure(self, tree: Tree) -> Closure:
        """An expression compiled, once for all engines whose groups of places have the members it asks for."""
        reads, groups = self.program.reads, self.program.law.groups
        key = ("closure", id(tree), *map(groups.get, reads.of(tree).groups))
        return reads.once(key, lambda: compile_tree(tree, groups, of_party=False), tree)

    def determine(self, facts: Facts, parties: Sequence[Facts] = ()) -> Valuation:
        """Decide one transaction.

        Args:
            facts: declared fact name to value; absent or None is unknown. A stated definition wins over its rule.
            parties: one mapping of party facts for each party; none named makes every party condition unknown.
        """
        values, presumed, open_ = self.stated(facts, parties)
        definitions, if_open = self.definitions, self.presumed_if_open
        for name, run in self._core:
            if name not in definitions or name not in values:
                found = run(values, _NO_PARTY)
                if found is None and name in if_open and name not in open_:
                    found = if_open[name]
                    presumed.append(name)
                values[name] = found
        self.decide(values, self._run)
        return Valuation(self.program, values, tuple(presumed), self, facts)

    def stated(self, facts: Facts, parties: Sequence[Facts]) -> tuple[dict[str, object], list[str], Collection[str]]:
        """What a determination begins with: values stated or presumed, the facts presumed, what may not be presumed."""
        values: dict[str, object] = {name: value for name, value in facts.items() if value is not None}
        values["parties"] = tuple(parties) or None
        presumed = []
        open_ = self.open_over(facts)
        for name, value in self.presumable:
            if name not in open_:  # a fact stated to be unknown is not presumed either
                values[name] = value
                if name not in self._party_presumed or any(name not in party for party in parties):
                    presumed.append(name)
        return values, presumed, open_

    def decide(self, values: dict[str, object], run: Callable[[str, dict[str, object]], None]) -> None:
        """The parts after classification in their order, those that this transaction needs; ``run`` runs one."""
        relieved = False
        for track in TRACKS:
            run(_NEEDS[track], values)
            if values[f"{track}.any_requirement"] is not False:
                if not relieved:
                    relieved = True
                    run("relief", values)
                run(_REST[track], values)
            run(_OUTCOME[track], values)
            # How an application would be met matters only where one would be made, or may have to be.
            if values[f"{track}.outcome"] in (None, "license_required", "unknown"):
                run(_POLICY[track], values)

    def _run(self, part: str, values: dict[str, object]) -> None:
        for name, run in self._closures(part):
            values[name] = run(values, _NO_PARTY)

    @cached_property
    def anew(self) -> Anew:
        """What decides again after a few facts have changed."""
        return Anew(self)

    def trees(self, part: str) -> list[tuple[str, Tree, Closure]]:
        """The steps of one part with what each reads written out, and its closure."""
        trees = map(self._whole, self._parts.get(part, ()))
        return [(name, tree, run) for tree, (name, run) in zip(trees, self._closures(part), strict=True)]

    def open_over(self, facts: Facts) -> Collection[str]:
        """What may not be presumed over these facts; without one stated to be unknown, what was stated."""
        return self.not_presumed(facts) if None in facts.values() else facts

    def not_presumed(self, facts: Facts) -> frozenset[str]:
        """What may not be presumed: what was stated, be it as unknown, and what stands behind an unknown definition.

        Were a definition stated to be unknown derived from what nobody stated, presuming would answer what its author
        says is open.
        """
        open_, waiting = set(facts), [name for name in facts if facts[name] is None and name in self.definitions]
        while waiting:
            behind = self.reads(waiting.pop()) - open_
            open_ |= behind
            waiting += behind & self.definitions
        return frozenset(open_)

    def limb(self, name: str, values: Mapping[str, object]) -> object:
        """The value of a step that is evaluated only when asked for: a limb, a red flag, a limit."""
        run: Closure | None = self._limb_closures.get(name)
        if run is None:
            if name in self._vigilance:
                tree = self._whole(self.program[name])
            elif name in self._limbs:
                tree = self._limbs[name]
            else:
                return None
            run = self._limb_closures[name] = self._closure(tree)
        return run(values, _NO_PARTY)

    def reads(self, name: str) -> frozenset[str]:
        """The names a step reads; none where ``name`` is no step."""
        found = self._reads.get(name)
        if found is None:
            found = self.program.reads.names(self.program[name].tree) if name in self.program else frozenset()
            self._reads[name] = found
        return found

    def completed(self, values: Mapping[str, object]) -> dict[str, object]:
        """The values with every limb, red flag and limit in them."""
        found = dict(values)
        for name in (*self._limbs, *self._vigilance):
            found[name] = self.limb(name, values)
        return found

    def classify(
        self,
        facts: Facts,
        parties: Sequence[Facts] = (),
        *,
        overriding: bool = False,
        unpresumed: frozenset[str] = frozenset(),
    ) -> dict[str, object]:
        """Definitions and classification alone.

        For cases: ``overriding``, a stated truth value of any rule wins; ``unpresumed`` facts are not presumed.
        """
        values: dict[str, object] = {name: value for name, value in facts.items() if value is not None}
        values["parties"] = tuple(parties) or None
        for name, value in self.presumable:
            if name not in unpresumed:
                values.setdefault(name, value)
        for name, run in self._core:
            if name not in values or not (overriding or name in self.definitions):
                found = run(values, _NO_PARTY)
                if found is None and name in self.presumed_if_open and name not in unpresumed:
                    found = self.presumed_if_open[name]
                values[name] = found
        return values

    def holds(self, tree: Tree, values: Mapping[str, object]) -> bool | None:
        """A condition that is no step of the program (a duty's, a conflict's) on a valuation's values."""
        value = self.value(tree, values)
        return value if isinstance(value, bool) else None

    def value(self, tree: Tree, values: Mapping[str, object]) -> object:
        """An expression of a rule that is no step of the program, on a valuation's values."""
        found = self._conditions.get(id(tree))
        if found is None:
            prepared = self.program.prepare(tree)
            found = tree, compile_tree(prepared, self.program.law.groups, of_party=False)
            self._conditions[id(tree)] = found
        return found[1](values, _NO_PARTY)

    def relief_values(self, values: Mapping[str, object]) -> dict[str, object]:
        """The truth of restrictions and exceptions' own limbs over the values of :meth:`classify`."""
        found = dict(values)
        for name, run in self._closures("relief"):
            found[name] = run(found, _NO_PARTY)
        return found


def _part(step: Step) -> str | None:
    """The part of the order a step belongs to; None for a single limb."""
    return None if is_limb(step) else part_of(step)
