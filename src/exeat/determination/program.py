"""The program of a day: an ordered list of named expressions, from classification to outcome.

The order of the EAR's steps is written here, once:

1. definitions and classification (what the item is);
2. red flags and limits, which decide nothing by themselves;
3. prohibitions, which nothing overcomes, on each track;
4. license requirements (who and where needs a license), on each track;
5. restrictions and exceptions (what can stand in for a license), on each track;
6. review policy (how an application is met), on each track;
7. outcome, on each track.

Two tracks: ``text`` is what the regulations in force say; ``enforced`` is the text under the agency's stated posture.
Everything else (evaluator, SQL, solver, explanations) reads this list and adds nothing to its meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Literal

from exeat.determination import (
    classification,
    license_exception,
    license_requirement,
    prohibition,
    review_policy,
    vigilance,
)
from exeat.determination.arrange import shared_party_conditions, sort_by_need
from exeat.determination.reads import Reads
from exeat.determination.step import Step, Track
from exeat.lawbook.consolidate import InForce, Lawbook
from exeat.lawbook.instrument import (
    Classification,
    Definition,
    Limit,
    Prohibition,
    RedFlag,
    Relief,
    Requirement,
    Restriction,
    ReviewPolicy,
    Rule,
    Section,
)
from exeat.logic.expand import expand_ratios
from exeat.logic.tree import (
    FALSE,
    And,
    Case,
    Coalesce,
    Constant,
    Fact,
    Not,
    Tree,
    fact_names,
    substitute,
)
from exeat.logic.vocabulary import Vocabulary

Outcome = Literal["no_license_required", "license_exception", "authorized", "license_required", "prohibited", "unknown"]
TRACKS: tuple[Track, ...] = ("text", "enforced")

#: The definition that tells whether the encoded law covers the item's form at all; declared in facts.md.
SCOPE = "within_encoded_scope"
RELIEF = ("any_exception", "any_authorization")


@dataclass(frozen=True)
class Program:
    """The named expressions of a law in force, in order. ``steps`` of stage *common* serve both tracks.

    It holds no day: all days on which the same is in force have one program.
    """

    law: InForce
    vocabulary: Vocabulary
    steps: tuple[Step, ...]
    prepare: Callable[[Tree], Tree] = field(repr=False)
    #: What is remembered between the programs of the law book.
    reads: Reads = field(repr=False)
    group_words: Mapping[str, str] = field(default_factory=dict, repr=False)
    #: The declared facts any expression reads: what a transaction may usefully state.
    input_facts: frozenset[str] = frozenset()
    _by_name: dict[str, Step] = field(default_factory=dict, repr=False)

    def __getitem__(self, name: str) -> Step:
        return self._by_name[name]

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    @cached_property
    def requirements(self) -> tuple[Section, ...]:
        return tuple(s for s in self.law.governing if isinstance(s.rule, Requirement))

    @cached_property
    def reliefs(self) -> tuple[Section, ...]:
        return tuple(s for s in self.law.governing if isinstance(s.rule, Relief))


def build_program(lawbook: Lawbook, on: date, known_on: date | None = None, reads: Reads | None = None) -> Program:
    """The program for a day, as the law was public on ``known_on`` (None: as known now).

    ``reads`` remembers what is made of the law between programs of the same law book.
    """
    law = lawbook.in_force(on, known_on)
    reads = reads or Reads()
    builder = _Builder(law, lawbook.vocabulary, reads)
    steps = builder.build()
    by_name = {step.name: step for step in steps}
    words = {name: group.words for name, group in lawbook.groups.groups.items()}
    names = frozenset().union(*(reads.names(step.tree) for step in steps)) & lawbook.vocabulary.facts.keys()
    return Program(law, lawbook.vocabulary, steps, builder.prepare, reads, words, names, by_name)


class _Builder:
    """Makes the program of one law. What it shares with the programs made before is remembered in ``reads``.

    What is made of some rules is made by what is shown these rules and the postures alone, so that it can be remembered
    by them.
    """

    def __init__(self, law: InForce, vocabulary: Vocabulary, reads: Reads) -> None:
        self.law = law
        self.reads = reads
        self.vocabulary = vocabulary
        self.party_definitions = {
            s.rule.name: reads.once(("condition", id(s)), s.rule.condition, s)
            for s in law.governing
            if isinstance(s.rule, Definition) and vocabulary[s.rule.name].party
        }
        self.in_force_names = {s.rule.name for s in law.governing if s.rule is not None}
        self._replacements: dict[str, Tree | None] = {}

    def prepare(self, tree: Tree) -> Tree:
        """Party definitions written out, entries not in force made false, ratios multiplied out."""
        names, ratios = self._replaceable(fact_names(tree))
        return self._prepared(tree) if ratios or any(self._replacement(name) is not None for name in names) else tree

    def _prepared(self, tree: Tree) -> Tree:
        return expand_ratios(substitute(tree, self._replacement), self.vocabulary)

    def _prepared_steps(self, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        """The steps prepared, or what they came to in a program in which the same stands for the names in them."""
        stand = self._standing(steps, steps)
        if stand is None:
            return steps
        key = ("prepared", id(steps), *map(id, stand))
        return self.reads.once(key, lambda: tuple(map(self._prepared_step, steps)), steps, stand)

    def _prepared_step(self, step: Step) -> Step:
        stand = self._standing(step, (step,))
        if stand is None:
            return step
        return self.reads.once(
            ("prepared", id(step), *map(id, stand)), lambda: step.mapped(self._prepared), step, stand
        )

    def _standing(self, known: object, steps: tuple[Step, ...]) -> list[Tree | None] | None:
        """What stands for the names in the steps that some law replaces; None where this law leaves them as they are.

        ``known`` is what the steps are remembered by.
        """
        reads = self.reads

        def found() -> tuple[tuple[str, ...], bool]:
            return self._replaceable(frozenset[str]().union(*(reads.names(step.tree) for step in steps)))

        names, ratios = reads.once(("replaceable", id(known)), found, known)
        stand = [self._replacement(name) for name in names]
        return stand if ratios or any(part is not None for part in stand) else None

    def _replaceable(self, names: Iterable[str]) -> tuple[tuple[str, ...], bool]:
        """Of the names a tree reads those that some law may replace, and whether a ratio is among them."""
        declared = {name: self.vocabulary.get(name) for name in names}
        found = [n for n, fact in declared.items() if _of_entry(n) or (fact is not None and fact.party)]
        return tuple(sorted(found)), any(fact is not None and fact.ratio is not None for fact in declared.values())

    def _replacement(self, name: str) -> Tree | None:
        if name not in self._replacements:
            self._replacements[name] = self._replaced(name)
        return self._replacements[name]

    def _replaced(self, name: str) -> Tree | None:
        if name in self.party_definitions:
            reads, tree = self.reads, self.party_definitions[name]
            stand = [self._replacement(part) for part in reads.of(tree).in_order]

            def made() -> Tree:
                # A stated value wins over what its parts give.
                return Coalesce((Fact(name), substitute(tree, self._replacement)))

            return reads.once(("party definition", name, id(tree), *map(id, stand)), made, tree, stand)
        if _of_entry(name) and name not in self.in_force_names:
            return FALSE  # no such entry or requirement on this day
        return None

    def build(self) -> tuple[Step, ...]:
        common = (
            self._made("definitions", (Definition,), self._definitions),
            self._made("classification", (Classification,), classification.steps),
        )
        steps = sort_by_need([step for part in common for step in self._prepared_steps(part)], self.reads)
        steps += self._made("eccn", (Classification,), lambda law: (classification.eccn_step(law),))
        parts = [
            self._made("relief", (Relief, Restriction), license_exception.common_steps),
            self._made("vigilance", (RedFlag, Limit), vigilance.steps),
        ]
        for track in TRACKS:
            parts += [
                self._made("prohibition", (Prohibition,), prohibition.steps, track),
                self._made("requirement", (Requirement,), license_requirement.steps, track),
                self._made("exception", (Relief, Requirement), license_exception.steps, track),
                self._made("policy", (Requirement, ReviewPolicy), review_policy.steps, track),
                self._made("outcome", (), lambda law, track: (outcome_step(track),), track),
            ]
        for part in parts:
            steps += self._prepared_steps(part)
        return tuple(shared_party_conditions(steps, self.reads))

    def _made(
        self, what: str, kinds: tuple[type[Rule], ...], make: Callable[..., Iterable[Step]], *track: Track
    ) -> tuple[Step, ...]:
        """The steps that ``make`` makes of the rules of these kinds, and of the postures."""
        reads, postures = self.reads, self.law.postures
        governing = tuple([s for s in self.law.governing if isinstance(s.rule, kinds)])
        shown = InForce(governing, (), postures, (), {})
        key = (what, *track, tuple(map(id, governing)), tuple(map(id, postures)))
        return reads.once(key, lambda: tuple(map(reads.step, make(shown, *track))), shown)

    def _definitions(self, law: InForce) -> Iterable[Step]:
        for section in law.governing:
            rule = section.rule
            if isinstance(rule, Definition) and rule.name not in self.party_definitions:
                yield Step(rule.name, rule.condition(), "common", section)


def _of_entry(name: str) -> bool:
    """Whether the name is of an entry or a requirement, which not every day has.

    A limb's own step carries a slash; it belongs to a rule in force and is never replaced.
    """
    return name.startswith(("eccn_", "req_")) and "/" not in name


def outcome_step(track: Track) -> Step:
    """The answer of a track. Each branch needs definite truth; nothing falls through to a favorable one."""
    any_requirement = Fact(f"{track}.any_requirement")
    branches: tuple[tuple[Tree, Tree], ...] = (
        (Fact(f"{track}.any_prohibition"), Constant("prohibited")),
        # A requirement that nothing can stand in for is certain, whatever else the law may say that is not encoded.
        (And((any_requirement, *(Not(Fact(f"{track}.{r}")) for r in RELIEF))), Constant("license_required")),
        (Not(Fact(SCOPE)), Constant("unknown")),
        (Not(any_requirement), Constant("no_license_required")),
        (Fact(f"{track}.any_exception"), Constant("license_exception")),
        (Fact(f"{track}.any_authorization"), Constant("authorized")),
    )
    return Step(f"{track}.outcome", Case(branches, Constant("license_required")), track)
