"""Presumptions that a row withholds: who says that a conclusion is not known lets nobody presume what it rests on.

So decides :meth:`exeat.determination.determine.Engine.determine`; here it is written into the expressions of a table.
"""

from __future__ import annotations

from collections.abc import Mapping

from exeat.determination.determine import Engine
from exeat.logic.tree import Case, Fact, Or, Tree
from exeat.portfolio.columns import Columns
from exeat.portfolio.forest import OPEN, Forest

#: Marks a fact that tells whether another one was stated to be unknown: ``said:?level_a``, ``item:?tpp``.
UNKNOWN_MARK = "?"


def withholding(engine: Engine, columns: Columns) -> Mapping[str, tuple[str, ...]]:
    """For each fact that is presumed: the names of the facts that tell whether a row withholds the presumption."""
    presumed = {name for name, _ in engine.presumable} | set(engine.presumed_if_open)
    found: dict[str, list[str]] = {}
    for meaning in columns.of("fact", "number"):
        if meaning.fact in engine.definitions:
            origin = "item" if meaning.kind == "number" else "said"
            for name in sorted(engine.behind(meaning.fact) & presumed):
                found.setdefault(name, []).append(f"{origin}:{UNKNOWN_MARK}{meaning.fact}")
    return {name: tuple(names) for name, names in found.items()}


def unless_withheld(forest: Forest, name: str, presumed: Tree, tellers: tuple[str, ...]) -> Tree:
    """A presumed value, open where one of the facts that tell so is true."""
    if not tellers:
        return presumed
    told = tuple(forest.keep(Fact(teller)) for teller in tellers)
    withheld = told[0] if len(told) == 1 else forest.keep(Or(told))
    return forest.keep(Case(((withheld, forest.keep(Fact(f"{OPEN}{name}"))),), presumed))


__all__ = ["UNKNOWN_MARK", "unless_withheld", "withholding"]
