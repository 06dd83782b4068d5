"""Questions to the solver about the law of an era: are there facts on which these conditions all hold?

A condition is read down to what can be stated: definitions, entries and requirements are tied to what their rules say,
groups become lists of places, and ``any_party`` ranges over three parties, enough for the conditions in the law (a
condition with *n* separate ``any_party`` needs at most *n*). Every fact is taken as known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from exeat.lawbook.check import trees_of
from exeat.lawbook.consolidate import InForce
from exeat.lawbook.instrument import Classification, Definition, Requirement
from exeat.logic.evaluate import evaluate
from exeat.logic.expand import expand_parties, expand_ratios, resolve_groups, slot_facts
from exeat.logic.smt import find_overlap
from exeat.logic.tree import (
    FALSE,
    And,
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
from exeat.logic.vocabulary import Declared, Vocabulary

PARTIES = ("party_1", "party_2", "party_3")

#: What was asked before, and what was found; eras that share their rules share the answers.
Memory = dict[frozenset[Tree], "dict[str, Value] | None"]


class Ground:
    """The law of one era as the solver reads it."""

    def __init__(self, law: InForce, vocabulary: Vocabulary, memory: Memory) -> None:
        self.law = law
        self.memory = memory
        self._bodies: dict[str, Tree] = {
            section.rule.name: section.rule.condition()
            for section in law.governing
            if isinstance(section.rule, (Definition, Classification, Requirement))
        }
        self._declared = vocabulary
        named = vocabulary.with_facts(Declared(name, "yes/no") for name in self._bodies if name not in vocabulary)
        self.vocabulary = named.with_facts(slot_facts(PARTIES, vocabulary))
        self.groups = _with_one_of_a_kind(law.groups, self._words_written())
        self._links = dict(self._all_links())
        self._plain: dict[Tree, Tree] = {}

    def meet(self, *conditions: Tree) -> dict[str, Value] | None:
        """Facts on which every condition holds, as few as show it; None when there are none.

        Raises:
            LogicError: the solver did not decide in time.
        """
        wanted = frozenset(self.plain(condition) for condition in (*conditions, Fact(f"{PARTIES[0]}_present")))
        if self._ask(wanted) is None:  # Not even with the definitions as free facts, so not with their meaning either.
            return None
        whole = wanted | frozenset(self._needed(wanted))
        found = self._ask(whole)
        return None if found is None else self._fewest(conditions, found)

    def plain(self, tree: Tree) -> Tree:
        """The condition without groups and parties; names of rules stay."""
        if tree not in self._plain:
            known = substitute(tree, self._not_in_force)
            spread = expand_parties(known, PARTIES, self._declared)
            self._plain[tree] = resolve_groups(spread, self.groups)
        return self._plain[tree]

    def is_of_a_party(self, name: str) -> bool:
        """Whether a name is a fact of one party, so that it has no truth by itself."""
        declared = self._declared.get(name)
        return declared is not None and declared.party

    def _ask(self, wanted: frozenset[Tree]) -> dict[str, Value] | None:
        if wanted not in self.memory:
            first, *rest = sorted(wanted, key=repr) if len(wanted) < 9 else wanted
            self.memory[wanted] = find_overlap(first, And(tuple(rest)) if rest else first, self.vocabulary)
        return self.memory[wanted]

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

    def _all_links(self) -> Iterator[tuple[str, Tree]]:
        """For each rule's name (for party definitions: in each slot) that it is what the rule says.

        Where the rule leaves a definition open (a ``case`` without ``else``), the figure may be stated.
        """
        for name, body in self._bodies.items():
            known = resolve_groups(substitute(body, self._not_in_force), self.groups)
            may_be_open = any(isinstance(node, Case) for node in walk(known))
            if not self.is_of_a_party(name):
                yield name, _link(name, expand_parties(known, PARTIES, self._declared), may_be_open)
                continue
            for slot in PARTIES:
                yield f"{slot}_{name}", _link(f"{slot}_{name}", self._of(slot, known), may_be_open)

    def _of(self, slot: str, body: Tree) -> Tree:
        def own(name: str) -> Tree | None:
            return Fact(f"{slot}_{name}") if self.is_of_a_party(name) else None

        return substitute(body, own)

    def _needed(self, wanted: frozenset[Tree]) -> Iterator[Tree]:
        """The links of every rule's name the conditions read, and of those the links read."""
        seen: set[str] = set()
        open_ = [name for tree in wanted for name in fact_names(tree)]
        while open_:
            name = open_.pop()
            if name in seen or name not in self._links:
                continue
            seen.add(name)
            yield self._links[name]
            open_.extend(fact_names(self._links[name]))

    def _fewest(self, conditions: Sequence[Tree], found: dict[str, Value]) -> dict[str, Value]:
        """The facts without those on which nothing depends: the conditions still hold when they are unknown."""
        trees = [expand_ratios(self._meaning(self.plain(tree)), self.vocabulary) for tree in conditions]
        facts = {name: value for name, value in found.items() if name not in self._links or self._open(name)}
        for name in sorted(facts, key=lambda n: (n.endswith("_present"), -len(n))):
            fewer = {n: v for n, v in facts.items() if n != name}
            if all(evaluate(tree, fewer) is True for tree in trees):
                facts = fewer
        return facts

    def _open(self, name: str) -> bool:
        link = self._links[name]
        return isinstance(link, Compare) and isinstance(link.right, Coalesce)

    def _meaning(self, tree: Tree) -> Tree:
        def meaning(name: str) -> Tree | None:
            link = self._links.get(name)
            if not isinstance(link, Compare):
                return None
            if isinstance(link.right, Coalesce):
                return Coalesce((self._meaning(link.right.args[0]), Fact(name)))
            return self._meaning(link.right)

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


def _link(name: str, body: Tree, may_be_open: bool) -> Tree:
    return Compare("=", Fact(name), Coalesce((body, Fact(name))) if may_be_open else body)


def in_words(facts: dict[str, Value]) -> str:
    """Facts as a reader types them: ``form integrated_circuit, tpp 4800``."""
    spelled = {True: "yes", False: "no"}
    parts = []
    for name, value in sorted(facts.items()):
        if name.endswith("_present"):
            continue
        parts.append(f"{name} {spelled[value] if isinstance(value, bool) else value}")
    return ", ".join(parts) or "whatever the facts"
