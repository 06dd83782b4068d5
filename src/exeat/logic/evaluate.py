"""THE meaning of an expression. Every other reader of the tree is tested against this one.

A value is yes or no, an exact number, a text, or None: unknown. A fact nobody stated is unknown, never no.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Clamped, Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow, Underflow
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from exeat.logic.errors import LogicError
from exeat.logic.tree import (
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
from exeat.logic.vocabulary import nearest

# Private, so that nobody's decimal settings can round a figure: a result that would not be exact is an error.
EXACT = Context(prec=200, traps=[Inexact, InvalidOperation, Overflow, Underflow, Clamped, DivisionByZero])

COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {"=": eq, "<>": ne, "<": lt, "<=": le, ">": gt, ">=": ge}
ARITH: Mapping[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": EXACT.add,
    "-": EXACT.subtract,
    "*": EXACT.multiply,
}


def evaluate(
    tree: Tree,
    facts: Mapping[str, Value],
    parties: Sequence[Mapping[str, Value]] | None = None,
    groups: Mapping[str, frozenset[str]] = {},
) -> Value:
    """The value of the expression on these facts; None where it is unknown.

    ``parties`` holds the facts of each party; ``groups`` the members of each group on the day. Raises LogicError for a
    group that is not there, decimal.Inexact for arithmetic beyond 200 digits.
    """

    def value(part: Tree) -> Value:
        return evaluate(part, facts, parties, groups)

    match tree:
        case Constant(constant):
            return constant
        case Fact(name):
            return facts.get(name)
        case Compare(op, left, right):
            a, b = value(left), value(right)
            return None if a is None or b is None else COMPARE[op](a, b)
        case In(operand, values):
            a = value(operand)
            return None if a is None else a in values
        case InGroup(operand, group):
            members, a = members_of(group, groups), value(operand)
            return None if a is None else a in members
        case And(args):
            return all_true(value(arg) for arg in args)
        case Or(args):
            return any_true(value(arg) for arg in args)
        case Not(arg):
            a = value(arg)
            return None if a is None else not a
        case AnyParty(body):
            if not parties:
                return None
            return any_true(evaluate(body, {**facts, **party}, None, groups) for party in parties)
        case Arith(op, left, right):
            a, b = value(left), value(right)
            return ARITH[op](a, b) if isinstance(a, Decimal) and isinstance(b, Decimal) else None
        case Case(branches, default):
            for condition, result in branches:
                decided = value(condition)
                if decided is None:
                    return None
                if decided:
                    return value(result)
            return None if default is None else value(default)
        case Coalesce(args):
            return next((known for known in map(value, args) if known is not None), None)


def all_true(values: Iterable[Value]) -> bool | None:
    """Kleene's *and*: no if one is no, else unknown if one is unknown, else yes."""
    known = list(values)
    return False if False in known else None if None in known else True


def any_true(values: Iterable[Value]) -> bool | None:
    """Kleene's *or*: yes if one is yes, else unknown if one is unknown, else no."""
    known = list(values)
    return True if True in known else None if None in known else False


def members_of(group: str, groups: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The members of a group; LogicError, naming the nearest, where there is no such group."""
    if group not in groups:
        near = nearest(group, groups)
        raise LogicError(f"unknown group '{group}'" + (f"; nearest: '{near}'" if near else ""))
    return groups[group]
