"""Where an answer can turn: the values of one fact, the others held, at which some condition changes its truth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from exeat.determination.program import Program
from exeat.logic.evaluate import evaluate
from exeat.logic.tree import (
    AnyParty,
    Arith,
    Case,
    Compare,
    Constant,
    Fact,
    In,
    InGroup,
    Tree,
    Value,
    walk,
)

_COUNTRIES_AT_MOST = 48


class Turning:
    """The conditions of a program arranged by the fact they test."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._texts_found: dict[str, tuple[str, ...]] = {}

    @cached_property
    def _number_definitions(self) -> dict[str, Tree]:
        found: dict[str, Tree] = {}
        for step in self.program.steps:
            declared = self.program.vocabulary.get(step.name)
            if declared is not None and declared.type == "number" and not isinstance(step.tree, Case):
                found[step.name] = step.tree
        return found

    @cached_property
    def comparisons(self) -> dict[str, tuple[Compare, ...]]:
        """Number comparisons by the facts in them, number definitions written out."""
        reads, definitions = self.program.reads, self._number_definitions
        found: dict[str, dict[Compare, None]] = {}
        for step in self.program.steps:
            for node in reads.of(step.tree).comparisons:
                if not _is_text(node):
                    written = reads.written_out(node, definitions)
                    for name in reads.names(written):
                        if isinstance(written, Compare):
                            found.setdefault(name, {})[written] = None
        return {name: tuple(nodes) for name, nodes in found.items()}

    def points(self, name: str, values: Mapping[str, object]) -> list[Fraction]:
        """The figures of number fact ``name`` at which a comparison turns, in order, the other facts held."""
        groups = self.program.law.groups
        found = set()
        known = {k: v for k, v in values.items() if k != name and k not in self._number_definitions}
        for node in self.comparisons.get(name, ()):
            difference = Arith("-", node.left, node.right)
            at_0, at_1 = (
                evaluate(difference, {**known, name: Decimal(x)}, None, groups)  # type: ignore[dict-item]
                for x in (0, 1)
            )
            if isinstance(at_0, Decimal) and isinstance(at_1, Decimal) and at_0 != at_1:
                found.add(-Fraction(at_0) / (Fraction(at_1) - Fraction(at_0)))
        return sorted(found)

    def candidates(self, name: str, values: Mapping[str, object]) -> list[Value]:
        """Values of a fact such that every truth the fact can give is met by one of them."""
        declared = self.program.vocabulary[name]
        if declared.type == "yes/no":
            return [True, False]
        if declared.values:
            return list(declared.values)
        if declared.type == "number":
            return list(self._around(name, values))
        if name not in self._texts_found:
            self._texts_found[name] = tuple(self._texts(name, declared.country))
        return list(self._texts_found[name])

    def _around(self, name: str, values: Mapping[str, object]) -> Iterator[Decimal]:
        unit = Decimal(1).scaleb(-self.program.vocabulary[name].decimals)
        seen: set[Decimal] = set()
        points = self.points(name, values) or [Fraction(0), Fraction(10**6)]
        for point in points:
            below = Decimal(point.numerator // point.denominator) if unit == 1 else floor_to(point, unit)
            for value in (below - unit, below, below + unit):
                if value >= 0 and value not in seen:
                    seen.add(value)
                    yield value

    def _texts(self, name: str, country: bool) -> Iterator[str]:
        """One text for each way of standing in the groups and lists the program asks about."""
        groups: dict[str, frozenset[str]] = {}
        words: dict[str, None] = {}
        for step in self.program.steps:
            for node in walk(step.tree):
                match node:
                    case InGroup(Fact(asked), group) if asked == name:
                        groups[group] = self.program.law.groups[group]
                    case In(Fact(asked), listed) if asked == name:
                        words.update((str(v), None) for v in listed)
                    case Compare(_, Fact(asked), Constant(str(word))) if asked == name:
                        words[word] = None
        members = sorted({m for group in groups.values() for m in group})
        signatures: dict[tuple[bool, ...], str] = {}
        for member in (*members, "BR" if country else "(another)"):
            key = (*(member in groups[g] for g in sorted(groups)), *(member == w for w in words))
            signatures.setdefault(key, member)
        yield from list(dict.fromkeys((*words, *signatures.values())))[:_COUNTRIES_AT_MOST]


def floor_to(point: Fraction, unit: Decimal) -> Decimal:
    """The largest multiple of ``unit`` not above ``point``."""
    steps = point / Fraction(unit)
    return Decimal(steps.numerator // steps.denominator) * unit


def _is_text(node: Compare) -> bool:
    return any(isinstance(side, Constant) and not isinstance(side.value, Decimal) for side in (node.left, node.right))


def party_bodies(tree: Tree) -> Iterator[Tree]:
    """What stands inside each ``any_party`` of a tree."""
    for node in walk(tree):
        if isinstance(node, AnyParty):
            yield node.body
