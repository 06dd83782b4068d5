"""Expressions for the solver: proofs, and witnesses where two conditions meet or none holds. Here z3 enters.

Every expression becomes a pair *(value, known)* of formulas, so that the solver reasons in the same three values as
:mod:`exeat.logic.evaluate`. A number with *d* declared places is a whole number of units of the last place: exact, and
every witness is a figure that could really be stated. A text is the number of a word in a table; numbers past its end
stand for words that no condition mentions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from string import ascii_uppercase
from typing import Any

from exeat.logic.errors import LogicError
from exeat.logic.expand import expand_ratios
from exeat.logic.printer import print_tree
from exeat.logic.tree import (
    TRUE,
    And,
    AnyParty,
    Arith,
    Case,
    Coalesce,
    Compare,
    Constant,
    Fact,
    In,
    InGroup,
    Not,
    Or,
    Tree,
    Value,
)
from exeat.logic.typecheck import declared
from exeat.logic.vocabulary import Vocabulary

_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Encoded:
    """The value of an expression as a z3 formula, and whether it is known; where it is not, the value means nothing."""

    value: Any
    known: Any


def find_overlap(
    a: Tree, b: Tree, vocabulary: Vocabulary, *, assuming: Tree = TRUE, complete: bool = True, nonnegative: bool = True
) -> dict[str, Value] | None:
    """Facts on which both conditions are true, or None if there are none.

    ``assuming`` must be true too. With ``complete`` every fact is known, except ratios, which then follow from their
    parts with a denominator over zero; without, an unknown fact is left out of the answer. ``nonnegative``: no
    number is below zero. Parties and groups are expanded first (:mod:`exeat.logic.expand`). Raises LogicError for what
    is not expanded or not declared, and where the solver does not decide within 10 seconds.
    """
    encoder = Encoder(vocabulary)
    wanted = [encoder.holds(tree) for tree in (a, b, assuming)]
    return encoder.witness(wanted, complete=complete, nonnegative=nonnegative)


def find_gap(
    conditions: Iterable[Tree],
    vocabulary: Vocabulary,
    *,
    assuming: Tree = TRUE,
    complete: bool = True,
    nonnegative: bool = True,
) -> dict[str, Value] | None:
    """Facts on which ``assuming`` is true and none of the conditions is, or None; otherwise as :func:`find_overlap`."""
    import z3

    encoder = Encoder(vocabulary)
    wanted = [z3.Not(encoder.holds(tree)) for tree in conditions]
    return encoder.witness([*wanted, encoder.holds(assuming)], complete=complete, nonnegative=nonnegative)


def to_z3(tree: Tree, vocabulary: Vocabulary) -> Encoded:
    """The expression by itself; use an :class:`Encoder` where several must share their facts and words."""
    return Encoder(vocabulary).encode(tree)


class Encoder:
    """Trees over one vocabulary as formulas over the same z3 variables."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.facts: dict[str, Encoded] = {}
        self.words: dict[str, int] = {}
        self._held: dict[Tree, Any] = {}
        self._limits: dict[tuple[str, int, bool], Any] = {}

    def holds(self, tree: Tree) -> Any:
        """The formula that the condition is known and true; ratios are multiplied out. Made once for each condition."""
        import z3

        if tree not in self._held:
            found = self.encode(expand_ratios(tree, self.vocabulary))
            self._held[tree] = z3.And(found.known, found.value)
        return self._held[tree]

    def encode(self, tree: Tree) -> Encoded:
        """The pair of formulas for a tree. Raises LogicError as :func:`find_overlap` does."""
        import z3

        match tree:
            case Fact(name):
                return self._fact(name)
            case Constant(value):
                return Encoded(self._constant(value), z3.BoolVal(True))
            case Compare(op, left, right):
                return self._operate(op, left, right)
            case Arith(op, left, right):
                return self._operate(op, left, right)
            case In(operand, values):
                inner = self.encode(operand)
                return Encoded(z3.Or([inner.value == self._constant(value) for value in values]), inner.known)
            case And(args):
                parts = [self.encode(arg) for arg in args]
                every = z3.And([z3.And(p.known, p.value) for p in parts])
                return Encoded(every, z3.Or([every, *(z3.And(p.known, z3.Not(p.value)) for p in parts)]))
            case Or(args):
                parts = [self.encode(arg) for arg in args]
                some = z3.Or([z3.And(p.known, p.value) for p in parts])
                return Encoded(some, z3.Or(some, z3.And([p.known for p in parts])))
            case Not(arg):
                inner = self.encode(arg)
                return Encoded(z3.Not(inner.value), inner.known)
            case Case(branches, default):
                return self._case(branches, default)
            case Coalesce(args):
                *first, last = (self.encode(arg) for arg in args)
                for part in reversed(first):
                    last = Encoded(z3.If(part.known, part.value, last.value), z3.Or(part.known, last.known))
                return last
            case AnyParty() | InGroup():
                first_step = "expand_parties" if isinstance(tree, AnyParty) else "resolve_groups"
                raise LogicError(f"not a form the solver reads: {print_tree(tree)}; apply {first_step} first")

    def witness(
        self, wanted: Sequence[Any], *, complete: bool, nonnegative: bool, names: Iterable[str] | None = None
    ) -> dict[str, Value] | None:
        """Values of the facts for which all the formulas hold, or None where there are none.

        ``names`` are the facts the formulas read, where the encoder holds others beside them (None: all).
        """
        import z3

        read = sorted(self.facts if names is None else set(names))
        for name in read:
            for word in self.vocabulary[name].values:
                self.words.setdefault(word, len(self.words))
        limits = [self._possible(name, nonnegative=nonnegative) for name in read]
        limits += [self._complete(name) for name in read if complete]
        # The plain solver is quicker on what the law asks; the full one knows more about products of facts.
        for solver in (z3.SimpleSolver(), z3.Solver()):
            solver.set("timeout", _SECONDS * 1000)
            solver.add(*wanted, *limits)
            found = solver.check()
            if found == z3.unsat:
                return None
            if found == z3.sat:
                break
        else:
            raise LogicError(f"the solver did not decide within {_SECONDS} seconds: {solver.reason_unknown()}")
        model = solver.model()
        return {
            name: self._decoded(name, model.eval(fact.value, model_completion=True))
            for name, fact in ((name, self.facts[name]) for name in read)
            if z3.is_true(model.eval(fact.known, model_completion=True))
        }

    def _fact(self, name: str) -> Encoded:
        import z3

        if name not in self.facts:
            kind = declared(name, self.vocabulary).type
            value = z3.Bool(name) if kind == "yes/no" else z3.Int(name)
            self.facts[name] = Encoded(value, z3.Bool(f"{name} is known"))
        found = self.facts[name]
        fact = self.vocabulary[name]
        if fact.type == "number":
            return Encoded(z3.ToReal(found.value) / z3.RealVal(10**fact.decimals), found.known)
        return found

    def _constant(self, value: Value) -> Any:
        import z3

        if isinstance(value, bool):
            return z3.BoolVal(value)
        if isinstance(value, str):
            return z3.IntVal(self.words.setdefault(value, len(self.words)))
        assert isinstance(value, Decimal)
        return z3.RealVal(format(value, "f"))

    def _operate(self, op: str, left: Tree, right: Tree) -> Encoded:
        import z3

        a, b = self.encode(left), self.encode(right)
        value = {
            "=": lambda: a.value == b.value,
            "<>": lambda: a.value != b.value,
            "<": lambda: a.value < b.value,
            "<=": lambda: a.value <= b.value,
            ">": lambda: a.value > b.value,
            ">=": lambda: a.value >= b.value,
            "+": lambda: a.value + b.value,
            "-": lambda: a.value - b.value,
            "*": lambda: a.value * b.value,
        }[op]()
        return Encoded(value, z3.And(a.known, b.known))

    def _case(self, branches: tuple[tuple[Tree, Tree], ...], default: Tree | None) -> Encoded:
        import z3

        rest = Encoded(self.encode(branches[-1][1]).value, z3.BoolVal(False))
        if default is not None:
            rest = self.encode(default)
        for condition, result in reversed(branches):
            decides, then = self.encode(condition), self.encode(result)
            known = z3.And(decides.known, z3.If(decides.value, then.known, rest.known))
            rest = Encoded(z3.If(decides.value, then.value, rest.value), known)
        return rest

    def _possible(self, name: str, *, nonnegative: bool) -> Any:
        """What values the fact can have at all; it depends on how many words there are so far."""
        key = (name, len(self.words), nonnegative)
        if key not in self._limits:
            self._limits[key] = self._limit(name, nonnegative=nonnegative)
        return self._limits[key]

    def _limit(self, name: str, *, nonnegative: bool) -> Any:
        import z3

        fact, value = self.vocabulary[name], self.facts[name].value
        if fact.type == "yes/no" or (fact.type == "number" and not nonnegative):
            return z3.BoolVal(True)
        if fact.type == "number":
            return value >= 0
        if fact.values:
            return z3.Or([value == self.words[word] for word in fact.values])
        fitting = [number for word, number in self.words.items() if not fact.country or _is_place(word)]
        return z3.Or(value >= len(self.words), *(value == number for number in fitting))

    def _complete(self, name: str) -> Any:
        import z3

        ratio = self.vocabulary[name].ratio
        if ratio is None:
            return self.facts[name].known
        denominator = self._fact(ratio[1])
        return z3.And(z3.Not(self.facts[name].known), denominator.known, denominator.value > 0)

    def _decoded(self, name: str, value: Any) -> Value:
        import z3

        fact = self.vocabulary[name]
        if fact.type == "yes/no":
            return bool(z3.is_true(value))
        number = int(value.as_long())
        if fact.type == "number":
            return Decimal(f"{number}e-{fact.decimals}")
        by_number = {n: word for word, n in self.words.items()}
        if number in by_number:
            return by_number[number]
        places = (a + b for a in reversed(ascii_uppercase) for b in reversed(ascii_uppercase))
        unused = [place for place in places if place not in self.words]
        return unused[number % len(unused)] if fact.country else f"another text {number}"


def _is_place(word: str) -> bool:
    return len(word) == 2 and word.isascii() and word.isalpha() and word.isupper()
