"""The node types of a condition: one small three-valued language, and nothing of export law.

A tree is built by :mod:`exeat.logic.grammar`, given its meaning by :mod:`exeat.logic.evaluate`, and read by the
compiler, the SQL writer, the solver and the prose writer. Nodes are immutable and compare by content.

A truth value is ``True``, ``False`` or ``None`` (unknown). A number is an exact :class:`~decimal.Decimal`; a text is
a ``str``. Every expression of any type may be ``None``: a fact nobody has stated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

Value: TypeAlias = bool | Decimal | str | None

CompareOp = Literal["=", "<>", "<", "<=", ">", ">="]
ArithOp = Literal["+", "-", "*"]


@dataclass(frozen=True, slots=True)
class Fact:
    """A declared fact, or an earlier named expression of a program, by name."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant: yes/no, an exact number, or a text."""

    value: bool | Decimal | str


@dataclass(frozen=True, slots=True)
class Compare:
    """``left op right``; both numbers, or (for ``=`` and ``<>``) both texts or both truth values."""

    op: CompareOp
    left: Tree
    right: Tree


@dataclass(frozen=True, slots=True)
class In:
    """``operand in (…)``: a text or number among constants."""

    operand: Tree
    values: tuple[Decimal | str, ...]


@dataclass(frozen=True, slots=True)
class InGroup:
    """``in_group(operand, 'D:5')``: membership of a text in a named set, which has members only on a day."""

    operand: Tree
    group: str


@dataclass(frozen=True, slots=True)
class AnyParty:
    """``any_party(body)``: true if the body holds of some party; unknown if no party at all is named."""

    body: Tree


@dataclass(frozen=True, slots=True)
class And:
    """All of the arguments (Kleene): false if one is false, else unknown if one is unknown, else true."""

    args: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of the arguments (Kleene): true if one is true, else unknown if one is unknown, else false."""

    args: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The contrary; unknown stays unknown."""

    arg: Tree


@dataclass(frozen=True, slots=True)
class Arith:
    """``left op right`` on exact numbers; unknown if either is unknown. There is no division."""

    op: ArithOp
    left: Tree
    right: Tree


@dataclass(frozen=True, slots=True)
class Case:
    """``case when c1 then v1 … else d end``, read cautiously: the first condition that is not false decides.

    If that condition is true its value is the result; if it is unknown the result is unknown, because a later
    branch may be taken only when every earlier condition is known to be false. (Plain SQL would skip it.)
    """

    branches: tuple[tuple[Tree, Tree], ...]
    default: Tree | None


@dataclass(frozen=True, slots=True)
class Coalesce:
    """The first argument that is known. Made when a stated figure wins over a derived one."""

    args: tuple[Tree, ...]


Tree: TypeAlias = Fact | Constant | Compare | In | InGroup | AnyParty | And | Or | Not | Arith | Case | Coalesce

TRUE = Constant(True)
FALSE = Constant(False)


def children(tree: Tree) -> tuple[Tree, ...]:
    """The direct sub-expressions of a node, in reading order."""
    match tree:
        case Fact() | Constant():
            return ()
        case Compare(_, left, right) | Arith(_, left, right):
            return (left, right)
        case In(operand, _) | InGroup(operand, _):
            return (operand,)
        case AnyParty(body):
            return (body,)
        case And(args) | Or(args) | Coalesce(args):
            return args
        case Not(arg):
            return (arg,)
        case Case(branches, default):
            flat = tuple(part for branch in branches for part in branch)
            return flat if default is None else (*flat, default)


def rebuild(tree: Tree, change: Callable[[Tree], Tree]) -> Tree:
    """The node with ``change`` applied to each direct sub-expression; the node itself where that changes nothing."""
    match tree:
        case Fact() | Constant():
            return tree
        case Compare(op, left, right):
            new_left, new_right = change(left), change(right)
            return tree if new_left is left and new_right is right else Compare(op, new_left, new_right)
        case And(args) | Or(args) | Coalesce(args):
            new = tuple([change(a) for a in args])
            return tree if all(a is b for a, b in zip(new, args, strict=True)) else type(tree)(new)
        case Not(arg):
            new_arg = change(arg)
            return tree if new_arg is arg else Not(new_arg)
        case In(operand, values):
            new_operand = change(operand)
            return tree if new_operand is operand else In(new_operand, values)
        case InGroup(operand, group):
            new_operand = change(operand)
            return tree if new_operand is operand else InGroup(new_operand, group)
        case AnyParty(body):
            new_body = change(body)
            return tree if new_body is body else AnyParty(new_body)
        case Arith(sign, left, right):
            new_left, new_right = change(left), change(right)
            return tree if new_left is left and new_right is right else Arith(sign, new_left, new_right)
        case Case(branches, default):
            return Case(
                tuple((change(condition), change(value)) for condition, value in branches),
                None if default is None else change(default),
            )


def substitute(tree: Tree, definitions: Callable[[str], Tree | None]) -> Tree:
    """Replace each named fact for which ``definitions`` returns a tree; leave the others."""
    if isinstance(tree, Fact):
        found = definitions(tree.name)
        return tree if found is None else found
    return rebuild(tree, lambda part: substitute(part, definitions))


def walk(tree: Tree) -> Iterator[Tree]:
    """The node and every node below it, parents first."""
    yield tree
    for part in children(tree):
        yield from walk(part)


def fact_names(tree: Tree) -> frozenset[str]:
    """The names of all facts and named expressions the tree reads."""
    return frozenset(node.name for node in walk(tree) if isinstance(node, Fact))


def all_of(args: tuple[Tree, ...]) -> Tree:
    """The conjunction of the arguments; ``true`` for none, the argument itself for one."""
    if not args:
        return TRUE
    return args[0] if len(args) == 1 else And(args)


def any_of(args: tuple[Tree, ...]) -> Tree:
    """The disjunction of the arguments; ``false`` for none, the argument itself for one."""
    if not args:
        return FALSE
    return args[0] if len(args) == 1 else Or(args)


def negation(arg: Tree) -> Tree:
    """The contrary, without a double ``not``."""
    return arg.arg if isinstance(arg, Not) else Not(arg)
