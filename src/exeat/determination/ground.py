"""Questions to the solver about the law of an era: are there facts on which these conditions all hold?

A condition is read down to what can be stated: definitions, entries and requirements are tied to what their rules say,
groups become lists of places, and ``any_party`` ranges over two parties, enough for the conditions in the law (a
condition with *n* separate ``any_party`` needs at most *n*). Every fact is taken as known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from exeat.determination.questions import PARTIES, Questions
from exeat.lawbook.check import trees_of
from exeat.lawbook.consolidate import InForce
from exeat.lawbook.instrument import Classification, Definition, Requirement
from exeat.logic.compile import Compiled, compile_tree
from exeat.logic.expand import expand_parties, expand_ratios, resolve_groups
from exeat.logic.tree import (
    FALSE,
    Case,
    Coalesce,
    Compare,
    Constant,
    Fact,
    In,
    Tree,
    Value,
    fact_names,
    substitute,
    walk,
)
from exeat.logic.vocabulary import FactType

_NOWHERE = "ZZ"
_PLAIN: Mapping[FactType, Value] = {"yes/no": False, "number": Decimal(0), "text": _NOWHERE}


class Ground:
    """The law of one era as the solver reads it."""

    def __init__(self, law: InForce, questions: Questions) -> None:
        self.law = law
        self.questions = questions
        self._bodies: dict[str, Tree] = {
            section.rule.name: section.rule.condition()
            for section in law.governing
            if isinstance(section.rule, (Definition, Classification, Requirement))
        }
        named = self._words_written()
        self.groups = _with_one_of_a_kind(law.groups, named)
        self._told_apart = named.union(*self.groups.values())
        self._members = frozenset[str]().union(*law.groups.values())
        self._meanings = dict(self._all_meanings())
        self._links = {
            name: questions.number(resolve_groups(Compare("=", Fact(name), meaning), self.groups))
            for name, meaning in self._meanings.items()
        }
        self._flat: dict[Tree, Tree] = {}
        self._asked: dict[Tree, int] = {}
        self._runs: dict[Tree, Compiled] = {}
        self._examples: list[dict[str, Value]] = []
        self._order = [(name, self._compiled(self._meanings[name])) for name in self._needed_first()]

    def meet(self, *conditions: Tree, likely: bool = False) -> dict[str, Value] | None:
        """Facts on which every condition holds; None when there are none. :meth:`fewest` makes them readable.

        ``likely`` spares a first question that only pays where the answer is mostly none.

        Raises:
            LogicError: the solver did not decide in time.
        """
        asked = (*conditions, Fact(f"{PARTIES[0]}_present"))
        wanted = [self._number(condition) for condition in asked]
        layers = list(self._layers(wanted))
        if any(self.questions.is_never(layer) for layer in layers):
            return None
        known = self._known_example(asked, wanted)
        if known is not None:
            return known
        if not likely and not self.questions.can_meet(layers[0]):
            return None
        found = self.questions.ask(layers[-1])
        if found is None:
            all(self.questions.can_meet(layer) for layer in layers)  # The earliest that fails is remembered.
            return None
        self.questions.examples.append(self._completed(found))
        known = self._known_example(asked, wanted)
        assert known is not None, f"solver and evaluator differ on {in_words(found)}"
        return known

    def _layers(self, wanted: Sequence[int]) -> Iterator[tuple[int, ...]]:
        """The conditions with rules' names as free facts; with what these rules say; with what those read in turn say …

        What cannot hold in an early layer cannot hold at all; early layers are the same in many eras.
        """
        layer, seen, last = tuple(wanted), set[str](), tuple(wanted)
        while True:
            yield layer
            names = frozenset[str]().union(*map(self.questions.reads, last)) & self._links.keys() - seen
            if not names:
                return
            seen |= names
            last = tuple(self._links[name] for name in sorted(names))
            layer = (*layer, *last)

    def _number(self, condition: Tree) -> int:
        if condition not in self._asked:
            self._asked[condition] = self.questions.number(resolve_groups(self.flat(condition), self.groups))
        return self._asked[condition]

    def flat(self, tree: Tree) -> Tree:
        """The condition with parties as columns; names of rules stay."""
        if tree not in self._flat:
            self._flat[tree] = expand_parties(substitute(tree, self._not_in_force), PARTIES, self.questions.declared)
        return self._flat[tree]

    def _known_example(self, conditions: Sequence[Tree], numbers: Sequence[int]) -> dict[str, Value] | None:
        """An earlier example on which the conditions hold, under the rules of this era."""
        while len(self._examples) < len(self.questions.examples):
            values = dict(self.questions.examples[len(self._examples)])
            for name, run in self._order:
                values[name] = run(values, {})
            self._examples.append(values)
        runs = [self._run(condition) for condition in conditions]
        asked = frozenset(numbers)
        likely = self.questions.shown_by.get(asked, 0)
        for index in (likely, *range(len(self._examples))):
            if index < len(self._examples) and all(run(self._examples[index], {}) is True for run in runs):
                self.questions.shown_by[asked] = index
                example: dict[str, Value] = self._examples[index]
                return example
        return None

    def _run(self, condition: Tree) -> Compiled:
        if condition not in self._runs:
            self._runs[condition] = self._compiled(self.flat(condition))
        return self._runs[condition]

    def _compiled(self, flat: Tree) -> Compiled:
        return compile_tree(expand_ratios(flat, self.questions.vocabulary), self.law.groups, of_party=False)

    def _completed(self, found: Mapping[str, Value]) -> dict[str, Value]:
        """The found facts, and something plain for every other, so that the example serves other questions too."""
        vocabulary = self.questions.vocabulary
        ratios = [declared.ratio for declared in vocabulary.facts.values() if declared.ratio]
        values: dict[str, Value] = {}
        for name, declared in vocabulary.facts.items():
            value = found.get(name, _PLAIN[declared.type])
            if declared.type == "text" and declared.values and value not in declared.values:
                value = declared.values[-1]
            elif (
                declared.type == "text"
                and not declared.values
                and value in self._members
                and value not in self._told_apart
            ):
                value = _NOWHERE  # to the solver, a text that no condition mentions
            values[name] = value
        for ratio in ratios:
            values[ratio[1]] = found.get(ratio[1], Decimal(1))
        return {name: v for name, v in values.items() if vocabulary[name].ratio is None and self._is_stated(name)}

    def _is_stated(self, name: str) -> bool:
        meaning = self._meanings.get(name)
        return meaning is None or isinstance(meaning, Coalesce)

    def is_of_a_party(self, name: str) -> bool:
        """Whether a name is a fact of one party, so that it has no truth by itself."""
        declared = self.questions.declared.get(name)
        return declared is not None and declared.party

    def _words_written(self) -> frozenset[str]:
        """The texts that conditions in force name themselves."""
        words: set[str] = set()
        for section in (*self.law.governing, *self.law.postures):
            for _, tree in trees_of(section):
                for node in walk(tree):
                    if isinstance(node, Constant) and isinstance(node.value, str):
                        words.add(node.value)
                    if isinstance(node, In):
                        words.update(value for value in node.values if isinstance(value, str))
        return frozenset(words)

    def _not_in_force(self, name: str) -> Tree | None:
        return FALSE if name.startswith(("eccn_", "req_")) and name not in self._bodies else None

    def _all_meanings(self) -> Iterator[tuple[str, Tree]]:
        """For each rule's name (for party definitions: in each slot) what the rule says.

        Where the rule leaves a definition open (a ``case`` without ``else``), the figure may be stated.
        """
        for name, body in self._bodies.items():
            known = substitute(body, self._not_in_force)
            may_be_open = any(isinstance(node, Case) for node in walk(known))
            for own in (f"{slot}_{name}" for slot in PARTIES) if self.is_of_a_party(name) else (name,):
                is_slot = own != name
                meaning = self._of(own.removesuffix(f"_{name}"), known) if is_slot else self.flat_body(known)
                yield own, Coalesce((meaning, Fact(own))) if may_be_open else meaning

    def flat_body(self, body: Tree) -> Tree:
        """A rule's condition with parties as columns."""
        return expand_parties(body, PARTIES, self.questions.declared)

    def _needed_first(self) -> list[str]:
        """The rules' names so ordered that each follows those its rule reads."""
        order: dict[str, None] = {}

        def visit(name: str) -> None:
            if name in self._meanings and name not in order:
                for other in sorted(fact_names(self._meanings[name]) - {name}):
                    visit(other)
                order[name] = None

        for name in self._meanings:
            visit(name)
        return list(order)

    def _of(self, slot: str, body: Tree) -> Tree:
        def own(name: str) -> Tree | None:
            return Fact(f"{slot}_{name}") if self.is_of_a_party(name) else None

        return substitute(body, own)

    def fewest(self, conditions: Sequence[Tree], found: Mapping[str, Value]) -> dict[str, Value]:
        """The facts without those on which nothing depends: the conditions still hold when they are unknown."""
        ground = [self._to_the_ground(self.flat(tree)) for tree in conditions]
        runs = [self._compiled(tree) for tree in ground]
        read = frozenset(name for tree in ground for name in self.questions.reads(self.questions.number(tree)))
        facts = {name: value for name, value in found.items() if name in read and self._is_stated(name)}
        for name in sorted(facts, key=lambda n: (n.endswith("_present"), n.startswith(PARTIES), -len(n), n)):
            fewer = {n: v for n, v in facts.items() if n != name}
            if all(run(fewer, {}) is True for run in runs):
                facts = fewer
        return facts

    def _to_the_ground(self, tree: Tree) -> Tree:
        """The condition with every rule's name written out."""

        def meaning(name: str) -> Tree | None:
            body = self._meanings.get(name)
            if isinstance(body, Coalesce):
                return Coalesce((self._to_the_ground(body.args[0]), Fact(name)))
            return None if body is None else self._to_the_ground(body)

        return substitute(tree, meaning)


def _with_one_of_a_kind(groups: Mapping[str, frozenset[str]], named: frozenset[str]) -> dict[str, frozenset[str]]:
    """The groups with one member for all that belong to the same groups: conditions cannot tell them apart.

    What a condition names stays. A tenth of the words is left, and the solver is as much quicker.
    """
    kinds: dict[tuple[str, ...], str] = {}
    for word in sorted({word for members in groups.values() for word in members} - named):
        kinds.setdefault(tuple(name for name, members in groups.items() if word in members), word)
    kept = named | frozenset(kinds.values())
    return {name: members & kept for name, members in groups.items()}


def in_words(facts: Mapping[str, Value]) -> str:
    """Facts as a reader types them: ``form integrated_circuit, tpp 4800``."""
    spelled = {True: "yes", False: "no"}
    parts = []
    for name, value in sorted(facts.items()):
        if name.endswith("_present"):
            continue
        parts.append(f"{name} {spelled[value] if isinstance(value, bool) else value}")
    return ", ".join(parts) or "whatever the facts"
