"""Presumptions that a row withholds: who says that a conclusion is not known lets nobody presume what it rests on.

So decides :meth:`exeat.determination.determine.Engine.determine`; here it is written into the expressions of a table. A
conclusion that is stated on the way stops the search: nobody asks what stands behind it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from exeat.determination.determine import Engine
from exeat.logic.tree import FALSE, And, Case, Coalesce, Compare, Fact, Not, Or, Tree, Value
from exeat.portfolio.columns import Columns
from exeat.portfolio.forest import OPEN, Forest

#: Marks facts that tell how another one was stated: ``said:?level_a``, it is unknown; ``item:!tpp``, its cell has one.
UNKNOWN_MARK, KNOWN_MARK = "?", "!"


@dataclass
class Withheld:
    """When each presumption of a program is withheld, as an expression of the table's facts."""

    engine: Engine
    columns: Columns
    item_facts: Collection[str]
    assumed: Mapping[str, Value]
    forest: Forest
    #: Columns of numbers of which it matters whether a cell has a number at all.
    marked: set[str] = field(default_factory=set)
    _of: dict[str, Tree | None] = field(default_factory=dict)
    _found: dict[str, Tree | None] = field(default_factory=dict)

    @cached_property
    def _kinds(self) -> Mapping[str, str]:
        return {m.fact: m.kind for m in self.columns.of("fact", "number")}

    @cached_property
    def _parents(self) -> Mapping[str, tuple[str, ...]]:
        """The definitions that read each name."""
        found: dict[str, list[str]] = {}
        for name in sorted(self.engine.definitions):
            for read in self.engine.reads(name):
                found.setdefault(read, []).append(name)
        return {name: tuple(parents) for name, parents in found.items()}

    def __contains__(self, name: str) -> bool:
        """Whether some row may withhold what is presumed of a fact."""
        return self._behind(name) is not None

    def unless(self, name: str, presumed: Tree) -> Tree:
        """A presumed value, open in the rows that withhold it."""
        withheld = self._behind(name)
        if withheld is None:
            return presumed
        return self.forest.keep(Case(((withheld, self.forest.keep(Fact(f"{OPEN}{name}"))),), presumed))

    def _behind(self, name: str) -> Tree | None:
        """Whether a conclusion that the name stands behind is open; None: in no row."""
        if name not in self._found:
            opened = [self._open(parent) for parent in self._parents.get(name, ()) if parent != name]
            self._found[name] = self._any([tree for tree in opened if tree is not None])
        return self._found[name]

    def _open(self, name: str) -> Tree | None:
        """Whether a definition is stated to be unknown, or not stated and behind one that is."""
        if name not in self._of:
            self._of[name] = None if name in self.assumed else self._opened(name)
        return self._of[name]

    def _opened(self, name: str) -> Tree | None:
        behind, kind = self._behind(name), self._kinds.get(name)
        fact = self.forest.keep
        stated: list[Tree] = []
        if kind == "fact":
            stated.append(fact(Fact(f"said:{name}")))
        elif kind == "number" and behind is not None:
            self.marked.add(name)
            stated.append(fact(Fact(f"item:{KNOWN_MARK}{name}")))
        if behind is not None and name in self.item_facts:
            leaf = fact(Fact(f"item:{name}"))
            stated.append(fact(Coalesce((fact(Compare("=", leaf, leaf)), fact(FALSE)))))
        if behind is not None and stated:
            behind = fact(And((*(fact(Not(one)) for one in stated), behind)))
        told = {"fact": f"said:{UNKNOWN_MARK}{name}", "number": f"item:{UNKNOWN_MARK}{name}"}
        unknown = [fact(Fact(told[kind]))] if kind in told else []
        return self._any([*unknown, *([behind] if behind is not None else [])])

    def _any(self, trees: list[Tree]) -> Tree | None:
        kept = tuple({id(tree): tree for tree in trees}.values())
        return None if not kept else kept[0] if len(kept) == 1 else self.forest.keep(Or(kept))


__all__ = ["KNOWN_MARK", "UNKNOWN_MARK", "Withheld"]
