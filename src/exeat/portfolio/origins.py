"""Where a name in the expressions of a table comes from, and which comparisons are of numbers."""

from __future__ import annotations

from decimal import Decimal

from exeat.logic.tree import Arith, Case, Coalesce, Compare, Constant, Fact, Tree


def origin_of(name: str) -> str:
    """Where a name of these trees comes from: ``item``, ``row``, ``party:end_user``, ``num`` ...; a step: ``step``."""
    first, colon, rest = name.partition(":")
    if not colon:
        return "step"
    if first == "said":
        return "row"
    if first == "here":
        return f"party:{rest}"
    return f"party:{rest.partition(':')[0]}" if first == "party" else first


def of_numbers(tree: Compare) -> bool:
    """Whether a comparison is one of numbers."""
    return tree.op not in ("=", "<>") or any(_is_number(side) for side in (tree.left, tree.right))


def _is_number(tree: Tree) -> bool:
    match tree:
        case Arith():
            return True
        case Constant(value):
            return isinstance(value, Decimal)
        case Fact(name):
            return origin_of(name) in ("col", "num", "fig")
        case Case(branches, default):
            return any(_is_number(value) for _, value in branches) or (default is not None and _is_number(default))
        case Coalesce(args):
            return any(map(_is_number, args))
    return False
