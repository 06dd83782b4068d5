"""Which parts of an expression settle its value: what a difference between two answers can come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from exeat.logic.evaluate import evaluate
from exeat.logic.tree import And, AnyParty, Case, Coalesce, Fact, InGroup, Not, Or, Tree, children, walk

#: A name that is read, or a group and a place whose membership is asked.
Read: TypeAlias = str | tuple[str, str]


def support(tree: Tree, values: Mapping[str, Any], groups: Mapping[str, frozenset[str]]) -> Iterator[Read]:
    """The names and memberships that settle the value of ``tree``: of a false *and* the false parts, and so on."""
    match tree:
        case Fact(name):
            yield name
        case And(args) | Or(args):
            found = _value(tree, values, groups)
            # All parts together make a true *and* and a false *or*; else those that have the value of the whole.
            together = found is isinstance(tree, And)
            for arg in args:
                if together or _value(arg, values, groups) is found:
                    yield from support(arg, values, groups)
        case Not(arg):
            yield from support(arg, values, groups)
        case Case(branches, default):
            for condition, result in branches:
                yield from support(condition, values, groups)
                if _value(condition, values, groups) is not False:
                    yield from support(result, values, groups)
                    return
            if default is not None:
                yield from support(default, values, groups)
        case Coalesce(args):
            for arg in args:
                yield from support(arg, values, groups)
                if _value(arg, values, groups) is not None:
                    return
        case AnyParty(body):
            yield from _of_parties(body, values)
        case InGroup(operand, group):
            yield from support(operand, values, groups)
            place = _value(operand, values, groups)
            if isinstance(place, str):
                yield group, place
        case _:
            for part in children(tree):
                yield from support(part, values, groups)


def _of_parties(body: Tree, values: Mapping[str, Any]) -> Iterator[Read]:
    """Everything a condition on parties reads, and the memberships of every party's places."""
    for node in walk(body):
        if isinstance(node, Fact):
            yield node.name
        elif isinstance(node, InGroup) and isinstance(node.operand, Fact):
            for party in values.get("parties") or ():
                place = party.get(node.operand.name, values.get(node.operand.name))
                if isinstance(place, str):
                    yield node.group, place


def _value(tree: Tree, values: Mapping[str, Any], groups: Mapping[str, frozenset[str]]) -> object:
    return evaluate(tree, values, values.get("parties"), groups)
