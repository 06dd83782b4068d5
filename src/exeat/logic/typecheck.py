"""What type an expression has, and whether it makes sense: the rules the grammar puts to every condition."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from exeat.logic.errors import LogicError
from exeat.logic.printer import print_tree
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
    children,
    walk,
)
from exeat.logic.vocabulary import Declared, FactType, Vocabulary, nearest

_COUNTRY = re.compile(r"[A-Z]{2}")


def typeof(tree: Tree, vocabulary: Vocabulary) -> FactType:
    """The type of the expression's value. Raises LogicError where operands do not fit or a fact is not declared.

    Where facts of a party may stand is a separate question: see :func:`check_parties`.
    """
    match tree:
        case Fact(name):
            return declared(name, vocabulary).type
        case Constant(value):
            return _constant_type(value)
        case Compare():
            return _compare_type(tree, vocabulary)
        case In():
            return _in_type(tree, vocabulary)
        case InGroup(operand, group):
            fact = declared(operand.name, vocabulary) if isinstance(operand, Fact) else None
            if fact is None or fact.type != "text":
                raise LogicError(f"in_group needs a fact of type text first, found {print_tree(operand)}")
            if not group:
                raise LogicError("in_group needs the name of a group, found ''")
            return "yes/no"
        case And(args) | Or(args):
            for arg in args:
                _must_be(arg, "yes/no", vocabulary, "and" if isinstance(tree, And) else "or")
            return "yes/no"
        case Not(arg):
            _must_be(arg, "yes/no", vocabulary, "not")
            return "yes/no"
        case AnyParty(body):
            _must_be(body, "yes/no", vocabulary, "any_party")
            return "yes/no"
        case Arith(op, left, right):
            for side in (left, right):
                _must_be(side, "number", vocabulary, op)
            return "number"
        case Case(branches, default):
            for condition, _ in branches:
                _must_be(condition, "yes/no", vocabulary, "when")
            values = [value for _, value in branches]
            return _one_type([*values, default] if default is not None else values, vocabulary, "case")
        case Coalesce(args):
            return _one_type(args, vocabulary, "coalesce")


def check_parties(tree: Tree, vocabulary: Vocabulary, *, party: bool = False) -> None:
    """Facts of a party stand inside ``any_party`` only (or anywhere, for the definition of a ``party`` fact).

    ``any_party`` may not nest and must use some fact of a party. Raises LogicError.
    """
    if isinstance(tree, AnyParty):
        if party:
            raise LogicError(f"any_party may not stand inside any_party or a party's own fact: {print_tree(tree)}")
        inside = [node.name for node in walk(tree.body) if isinstance(node, Fact)]
        if not any(declared(name, vocabulary).party for name in inside):
            known = [name for name in vocabulary if vocabulary[name].party]
            hint = f" (such as {known[0]})" if known else ""
            raise LogicError(f"any_party must use a fact of a party{hint}: {print_tree(tree)}")
        party = True
    elif isinstance(tree, Fact) and not party and declared(tree.name, vocabulary).party:
        raise LogicError(f"'{tree.name}' is a fact of one party and may stand only inside any_party(…)")
    for part in children(tree):
        check_parties(part, vocabulary, party=party)


def declared(name: str, vocabulary: Vocabulary) -> Declared:
    """The declaration of a fact; LogicError with the nearest declared word if there is none."""
    found = vocabulary.get(name)
    if found is None:
        near = vocabulary.nearest(name)
        raise LogicError(f"unknown fact '{name}'" + (f"; nearest: '{near}'" if near else ""))
    return found


def _constant_type(value: Value) -> FactType:
    if isinstance(value, bool):
        return "yes/no"
    return "number" if isinstance(value, Decimal) else "text"


def _ratio(tree: Tree, vocabulary: Vocabulary) -> Declared | None:
    found = vocabulary.get(tree.name) if isinstance(tree, Fact) else None
    return found if found is not None and found.ratio is not None else None


def _must_be(tree: Tree, wanted: FactType, vocabulary: Vocabulary, role: str) -> None:
    _no_ratio(tree, vocabulary)
    found = typeof(tree, vocabulary)
    if found != wanted:
        raise LogicError(f"'{role}' needs {wanted}, found {found}: {print_tree(tree)}")


def _no_ratio(tree: Tree, vocabulary: Vocabulary) -> None:
    if (fact := _ratio(tree, vocabulary)) is not None:
        raise LogicError(f"'{fact.name}' is a ratio and may only be compared with a number, as in {fact.name} >= 1")


def _one_type(parts: Iterable[Tree], vocabulary: Vocabulary, role: str) -> FactType:
    found: FactType | None = None
    for part in parts:
        _no_ratio(part, vocabulary)
        this = typeof(part, vocabulary)
        if found is not None and this != found:
            raise LogicError(f"'{role}' needs values of one type, found {found} and {this}: {print_tree(part)}")
        found = this
    if found is None:
        raise LogicError(f"'{role}' has no value")
    return found


def _compare_type(tree: Compare, vocabulary: Vocabulary) -> FactType:
    left, right = typeof(tree.left, vocabulary), typeof(tree.right, vocabulary)
    words = print_tree(tree)
    if left != right:
        raise LogicError(f"{left} compared with {right}: {words}")
    if left != "number" and tree.op not in ("=", "<>"):
        raise LogicError(f"'{tree.op}' compares numbers only, found {left}: {words}")
    for side, other in ((tree.left, tree.right), (tree.right, tree.left)):
        if (fact := _ratio(side, vocabulary)) is not None and not isinstance(other, Constant):
            raise LogicError(f"the ratio '{fact.name}' may only be compared with a number: {words}")
        if isinstance(other, Constant):
            _check_constant(side, other.value, vocabulary)
    return "yes/no"


def _in_type(tree: In, vocabulary: Vocabulary) -> FactType:
    _no_ratio(tree.operand, vocabulary)
    operand = typeof(tree.operand, vocabulary)
    for value in tree.values:
        if operand == "yes/no" or _constant_type(value) != operand:
            raise LogicError(f"{operand} looked up among {_constant_type(value)}: {print_tree(tree)}")
        _check_constant(tree.operand, value, vocabulary)
    return "yes/no"


def _check_constant(side: Tree, value: Value, vocabulary: Vocabulary) -> None:
    """A text must be one of the values its fact can have; a place must be two capital letters."""
    fact = vocabulary.get(side.name) if isinstance(side, Fact) else None
    if fact is None or not isinstance(value, str):
        return
    if fact.values and value not in fact.values:
        near = nearest(value, fact.values)
        hint = f"nearest: '{near}'" if near else "expected one of: " + ", ".join(fact.values)
        raise LogicError(f"'{value}' is no value of '{fact.name}'; {hint}")
    if fact.country and not _COUNTRY.fullmatch(value):
        raise LogicError(f"'{value}' is no place code for '{fact.name}': two capital letters expected, such as 'CN'")
