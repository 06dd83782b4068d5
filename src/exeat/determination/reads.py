"""What was found out about expressions and made of them, remembered: most of the law is the same in every era.

Trees and steps are known by identity. Whatever a key knows so is held here, so that its identity stays its own; one
instance therefore belongs to one law book.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, NamedTuple, TypeVar

from exeat.determination.step import Step
from exeat.logic.tree import AnyParty, Compare, Fact, InGroup, Tree, substitute, walk

Made = TypeVar("Made")


class _Read(NamedTuple):
    tree: Tree
    names: frozenset[str]
    in_order: tuple[str, ...]
    parties: tuple[AnyParty, ...]
    comparisons: tuple[Compare, ...]
    groups: tuple[str, ...]


class Reads:
    """What trees read, found once for each tree, and what was made of trees and steps, made once."""

    def __init__(self) -> None:
        self._found: dict[int, _Read] = {}
        self._conditions: dict[AnyParty, AnyParty] = {}
        self._steps: dict[tuple[Hashable, ...], Step] = {}
        self._made: dict[tuple[Hashable, ...], tuple[Any, object]] = {}

    def names(self, tree: Tree) -> frozenset[str]:
        """The names of all facts and named expressions the tree reads."""
        return self.of(tree).names

    def parties(self, tree: Tree) -> tuple[AnyParty, ...]:
        """The conditions on the parties in the tree, in reading order; equal conditions are one object."""
        return self.of(tree).parties

    def of(self, tree: Tree) -> _Read:
        """All that the tree reads."""
        found = self._found.get(id(tree))
        if found is None:
            nodes = list(walk(tree))
            names = frozenset(node.name for node in nodes if isinstance(node, Fact))
            found = self._found[id(tree)] = _Read(
                tree,
                names,
                tuple(sorted(names)),
                tuple(self._conditions.setdefault(node, node) for node in nodes if isinstance(node, AnyParty)),
                tuple(node for node in nodes if isinstance(node, Compare)),
                tuple(dict.fromkeys(node.group for node in nodes if isinstance(node, InGroup))),
            )
        return found

    def step(self, step: Step) -> Step:
        """The one step equal to this one: a rule made into steps anew gives those of the last time."""
        return self._steps.setdefault((step.name, step.stage, step.label, id(step.section), step.tree), step)

    def once(self, key: tuple[Hashable, ...], make: Callable[[], Made], *held: object) -> Made:
        """What ``make`` gives, made when a key is new. ``held`` is whatever the key knows by identity."""
        found = self._made.get(key)
        if found is None:
            found = self._made.setdefault(key, (make(), held))
        made: Made = found[0]
        return made

    def written_out(self, tree: Tree, definitions: Mapping[str, Tree]) -> Tree:
        """The tree with the names that ``definitions`` has replaced; the tree itself where it has none of them."""
        stand = [(name, definitions[name]) for name in self.of(tree).in_order if name in definitions]
        if not stand:
            return tree
        key = ("written out", id(tree), *((name, id(part)) for name, part in stand))
        return self.once(key, lambda: substitute(tree, definitions.get), tree, stand)
