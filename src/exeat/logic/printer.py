"""The canonical text of an expression, in the grammar of a law file: what :func:`exeat.logic.grammar.parse` reads."""

from __future__ import annotations

from decimal import Decimal

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


def print_tree(tree: Tree) -> str:
    """The expression as text. Parsing it gives an equal tree, for every tree the grammar can produce."""
    match tree:
        case Fact(name):
            return name
        case Constant(value):
            return print_value(value)
        case Compare(op, left, right):
            return f"{_operand(left)} {op} {_operand(right)}"
        case In(operand, values):
            return f"{_operand(operand)} in ({', '.join(print_value(value) for value in values)})"
        case Not(In(operand, values)):
            return f"{_operand(operand)} not in ({', '.join(print_value(value) for value in values)})"
        case InGroup(operand, group):
            return f"in_group({print_tree(operand)}, {print_value(group)})"
        case AnyParty(body):
            return f"any_party({print_tree(body)})"
        case And(args):
            return " and ".join(_within(arg, Or, Case, And) for arg in args)
        case Or(args):
            return " or ".join(_within(arg, Case, Or) for arg in args)
        case Not(arg):
            return f"not {_within(arg, And, Or, Compare, In, Case, Not)}"
        case Arith(op, left, right):
            return f"{_term(left, op, left=True)} {op} {_term(right, op, left=False)}"
        case Case(branches, default):
            whens = "".join(f" when {print_tree(c)} then {print_tree(v)}" for c, v in branches)
            otherwise = "" if default is None else f" else {print_tree(default)}"
            return f"case{whens}{otherwise} end"
        case Coalesce(args):
            return f"coalesce({', '.join(print_tree(arg) for arg in args)})"


def print_value(value: Value) -> str:
    """A constant as text: ``4800``, ``-5.92``, ``1e26``, ``'CN'``, ``true``; None is ``unknown``."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return _number(value)


def _number(value: Decimal) -> str:
    text = format(value, "f")
    digits = text.rstrip("0")
    zeros = len(text) - len(digits)
    if "." not in text and zeros >= 12 and digits not in ("", "-"):
        return f"{digits}e{zeros}"
    return text


def _within(tree: Tree, *loose: type) -> str:
    text = print_tree(tree)
    return f"({text})" if isinstance(tree, loose) else text


def _operand(tree: Tree, *loose: type) -> str:
    """An operand of a comparison or a sum: anything that is not itself a figure is put in parentheses."""
    negative = isinstance(tree, Constant) and isinstance(tree.value, Decimal) and tree.value.is_signed() and loose
    text = _within(tree, Compare, In, And, Or, Not, Case, *loose)
    return f"({text})" if negative else text


def _term(tree: Tree, op: str, *, left: bool) -> str:
    """An operand of a sum or product: ``a - b - c`` reads from the left and ``*`` binds first; else parentheses."""
    if isinstance(tree, Arith) and ((tree.op == "*" and op != "*") or (left and (op != "*" or tree.op == "*"))):
        return print_tree(tree)
    return _operand(tree, Arith)
