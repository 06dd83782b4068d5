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

from collections import Counter
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
from exeat.determination.reads import Reads
from exeat.determination.step import Step, Track
from exeat.lawbook.consolidate import InForce, Lawbook
from exeat.lawbook.instrument import Definition, Relief, Requirement, Section
from exeat.logic.expand import expand_ratios
from exeat.logic.tree import (
    FALSE,
    And,
    AnyParty,
    Case,
    Coalesce,
    Constant,
    Fact,
    Not,
    Tree,
    rebuild,
    substitute,
)
from exeat.logic.vocabulary import Declared, Vocabulary

Outcome = Literal["no_license_required", "license_exception", "authorized", "license_required", "prohibited", "unknown"]
TRACKS: tuple[Track, ...] = ("text", "enforced")

#: The definition that tells whether the encoded law covers the item's form at all; declared in facts.md.
SCOPE = "within_encoded_scope"
RELIEF = ("any_exception", "any_authorization")


@dataclass(frozen=True)
class Program:
    """The named expressions of one era, in order. ``steps`` of stage *common* serve both tracks."""

    on: date
    known_on: date | None
    law: InForce
    vocabulary: Vocabulary
    steps: tuple[Step, ...]
    prepare: Callable[[Tree], Tree] = field(repr=False)
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

    ``reads`` remembers what trees read between programs of the same law book.
    """
    law = lawbook.in_force(on, known_on)
    builder = _Builder(law, lawbook.vocabulary, reads or Reads())
    steps = builder.build()
    by_name = {step.name: step for step in steps}
    words = {name: group.words for name, group in lawbook.groups.groups.items()}
    names = frozenset(name for step in steps for name in builder.reads.names(step.tree) if name in lawbook.vocabulary)
    return Program(on, known_on, law, lawbook.vocabulary, steps, builder.prepare, words, names, by_name)


class _Builder:
    def __init__(self, law: InForce, vocabulary: Vocabulary, reads: Reads) -> None:
        self.law = law
        self.reads = reads
        self.vocabulary = vocabulary
        self.party_definitions = {
            s.rule.name: s.rule.condition()
            for s in law.governing
            if isinstance(s.rule, Definition) and self._declared(s.rule.name).party
        }
        self.in_force_names = {s.rule.name for s in law.governing if s.rule is not None}

    def _declared(self, name: str) -> Declared:
        return self.vocabulary[name]

    def prepare(self, tree: Tree) -> Tree:
        """Party definitions written out, entries not in force made false, ratios multiplied out."""
        if not any(self._changes(name) for name in self.reads.names(tree)):
            return tree
        return expand_ratios(substitute(tree, self._replacement), self.vocabulary)

    def _changes(self, name: str) -> bool:
        """Whether a tree that reads the name is not the same once prepared."""
        declared = self.vocabulary.get(name)
        ratio = declared is not None and declared.ratio is not None
        return ratio or name in self.party_definitions or self._replacement(name) is not None

    def _replacement(self, name: str) -> Tree | None:
        if name in self.party_definitions:
            body = substitute(self.party_definitions[name], self._replacement)
            return Coalesce((Fact(name), body))  # a stated value wins over what its parts give
        # A limb's own step carries a slash; it belongs to a rule in force and is never replaced.
        if name.startswith(("eccn_", "req_")) and "/" not in name and name not in self.in_force_names:
            return FALSE  # no such entry or requirement on this day
        return None

    def build(self) -> tuple[Step, ...]:
        common = [
            *self._definitions(),
            *classification.steps(self.law),
        ]
        ordered = sort_by_need([step.mapped(self.prepare) for step in common], self.reads)
        steps = [*ordered, classification.eccn_step(self.law)]
        steps += [step.mapped(self.prepare) for step in license_exception.common_steps(self.law)]
        steps += [step.mapped(self.prepare) for step in vigilance.steps(self.law)]
        for track in TRACKS:
            parts = [
                *prohibition.steps(self.law, track),
                *license_requirement.steps(self.law, track),
                *license_exception.steps(self.law, track),
                *review_policy.steps(self.law, track),
                outcome_step(self.law, track),
            ]
            steps += [step.mapped(self.prepare) for step in parts]
        return tuple(shared_party_conditions(steps, self.reads))

    def _definitions(self) -> Iterable[Step]:
        for section in self.law.governing:
            rule = section.rule
            if isinstance(rule, Definition) and rule.name not in self.party_definitions:
                yield Step(rule.name, rule.condition(), "common", section)


def outcome_step(law: InForce, track: Track) -> Step:
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


def shared_party_conditions(steps: list[Step], reads: Reads) -> list[Step]:
    """The steps with each condition on the parties that stands in several of them made a step of its own.

    Only conditions on stated facts are taken out, since their step comes before all others.
    """
    names = {step.name for step in steps}
    conditions = (node for step in steps for node in reads.parties(step.tree))
    counts: Counter[AnyParty] = Counter(node for node in conditions if not reads.names(node) & names)
    shared = {node: f"parties/{number}" for number, (node, times) in enumerate(counts.items(), 1) if times > 1}

    def written(tree: Tree) -> Tree:
        if isinstance(tree, AnyParty) and tree in shared:
            return Fact(shared[tree])
        return rebuild(tree, written)

    first = [Step(name, node, "common") for node, name in shared.items()]
    return [*first, *(step.mapped(written) if reads.parties(step.tree) else step for step in steps)]


def sort_by_need(steps: list[Step], reads: Reads) -> list[Step]:
    """The steps so ordered that each follows those it reads; otherwise in the order given.

    Raises:
        ValueError: steps that need each other.
    """
    by_name = {step.name: step for step in steps}
    done: dict[str, Step] = {}
    open_: list[str] = []

    def visit(step: Step) -> None:
        if step.name in done:
            return
        if step.name in open_:
            raise ValueError(f"these definitions need each other: {' -> '.join([*open_, step.name])}")
        open_.append(step.name)
        for name in sorted(reads.names(step.tree)):
            if name in by_name and name != step.name:
                visit(by_name[name])
        open_.pop()
        done[step.name] = step

    for step in steps:
        visit(step)
    return list(done.values())
