"""What an expression reads, remembered: the law's own trees are asked the same in every era."""

from __future__ import annotations

from exeat.logic.tree import AnyParty, Fact, Tree, walk


class Reads:
    """The facts and the party conditions of trees, found once for each tree.

    Trees are known by identity and kept alive here, so one instance belongs to one law book.
    """

    def __init__(self) -> None:
        self._found: dict[int, tuple[Tree, frozenset[str], tuple[AnyParty, ...]]] = {}

    def names(self, tree: Tree) -> frozenset[str]:
        """The names of all facts and named expressions the tree reads."""
        return self._of(tree)[1]

    def parties(self, tree: Tree) -> tuple[AnyParty, ...]:
        """The conditions on the parties in the tree, in reading order."""
        return self._of(tree)[2]

    def _of(self, tree: Tree) -> tuple[Tree, frozenset[str], tuple[AnyParty, ...]]:
        found = self._found.get(id(tree))
        if found is None:
            nodes = list(walk(tree))
            names = frozenset(node.name for node in nodes if isinstance(node, Fact))
            found = tree, names, tuple(node for node in nodes if isinstance(node, AnyParty))
            self._found[id(tree)] = found
        return found
