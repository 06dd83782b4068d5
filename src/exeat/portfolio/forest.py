"""Trees kept once each, and simplified by what is known: the part of a program that a table leaves open.

An *open* fact is one nobody stated. It is never folded away as an unknown: a later question (*what would settle it?*)
tries values for it, and all that its value could still bring into play must stay in the tree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from exeat.logic.evaluate import ARITH, COMPARE, members_of
from exeat.logic.tree import (
    FALSE,
    TRUE,
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
    children,
)

#: Prefix of the name of a fact that nothing in the table states.
OPEN = "open:"
#: The same, where a cell says that it is not known: such a definition is asked for by its own name, not by its parts.
SAID_OPEN = "open:?"

#: How the names of what rows and parties state begin, and of what nobody does.
_OF_ROWS = ("party:", "row:", "said:", "num:", "open:")

Lookup = Callable[[str], Tree | None]


class Forest:
    """Makes trees so that equal trees are one object: comparing and remembering them costs no walk.

    ``in_group`` is written as ``in`` with its members, so that the same question on days with the same members is one.
    """

    def __init__(self) -> None:
        self._kept: dict[object, Tree] = {}
        self._members: dict[frozenset[str], tuple[str, ...]] = {}
        self._changing: dict[int, tuple[str, ...]] = {}
        self._named: dict[int, frozenset[str]] = {}
        #: Trees already made from a tree and what stands for the names in it, by identity: nothing kept is dropped.
        self.made: dict[tuple[object, ...], Tree] = {}
        #: The same for trees of programs, which are not kept here: each stands beside what was made, to be held.
        self.made_of: dict[tuple[object, ...], tuple[Tree, Tree]] = {}
        #: Whether a kept tree compares a column of numbers with a figure of the item, by identity.
        self.figured: dict[int, bool] = {}
        self.true, self.false = self.keep(TRUE), self.keep(FALSE)

    def keep(self, node: Tree) -> Tree:
        """The one tree equal to ``node``, whose parts are kept already."""
        key: object = node
        match node:
            case Fact(name):
                key = name
            case Constant(value):
                key = (Constant, type(value), value)
            case Compare(op, left, right) | Arith(op, left, right):
                key = (type(node), op, id(left), id(right))
            case In(operand, values):
                key = (In, id(operand), values)
            case InGroup(operand, group):
                key = (InGroup, id(operand), group)
            case AnyParty(part) | Not(part):
                key = (type(node), id(part))
            case And(args) | Or(args) | Coalesce(args):
                key = (type(node), *map(id, args))
            case Case(branches, default):
                key = (Case, *((id(c), id(v)) for c, v in branches), None if default is None else id(default))
        return self._kept.setdefault(key, node)

    def fact(self, name: str) -> Tree:
        """The one fact of a name."""
        found = self._kept.get(name)  # facts are known by their names
        return self.keep(Fact(name)) if found is None else found

    def names(self, tree: Tree, cache: dict[int, frozenset[str]] | None = None) -> frozenset[str]:
        """The facts a kept tree reads."""
        cache = self._named if cache is None else cache
        found = cache.get(id(tree))
        if found is None:
            if isinstance(tree, Fact):
                found = frozenset((tree.name,))
            else:
                found = frozenset().union(*(self.names(part, cache) for part in children(tree)))
            cache[id(tree)] = found
        return found

    def changing(self, tree: Tree) -> tuple[str, ...]:
        """The names in a kept tree for which something can stand once an item is known, in order."""
        found = self._changing.get(id(tree))
        if found is None:
            names = self.names(tree)
            found = self._changing[id(tree)] = tuple(sorted(n for n in names if not n.startswith(_OF_ROWS)))
        return found

    def members(self, group: str, groups: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
        """The members of a group in order, one tuple for each set."""
        found = members_of(group, groups)
        return self._members.setdefault(found, tuple(sorted(found)))


class Simplifier:
    """One pass over trees: facts replaced as ``lookup`` says, and whatever thereby becomes certain folded.

    ``party`` writes an ``any_party`` as a tree over the table's columns.
    """

    def __init__(
        self,
        forest: Forest,
        lookup: Lookup,
        groups: Mapping[str, frozenset[str]],
        party: Callable[[Tree], Tree] | None = None,
    ) -> None:
        self.forest, self.lookup, self.groups, self.party = forest, lookup, groups, party
        self._done: dict[int, tuple[Tree, Tree]] = {}

    def __call__(self, tree: Tree) -> Tree:
        """The simplified tree, kept in the forest."""
        done = self._done.get(id(tree))
        if done is not None:
            return done[1]
        found = self._simplified(tree)
        self._done[id(tree)] = (tree, found)  # the tree is held, so that its id stays its own
        return found

    def _simplified(self, tree: Tree) -> Tree:
        keep = self.forest.keep
        match tree:
            case Fact(name):
                found = self.lookup(name)
                return keep(tree) if found is None else found
            case Constant():
                return keep(tree)
            case And(args):
                return self._joined(And, args, self.forest.false, self.forest.true)
            case Or(args):
                return self._joined(Or, args, self.forest.true, self.forest.false)
            case Not(arg):
                inner = self(arg)
                if isinstance(inner, Constant):
                    return self.forest.false if inner.value else self.forest.true
                return inner.arg if isinstance(inner, Not) else keep(Not(inner))
            case Compare(op, left, right):
                return self._compare(tree, self(left), self(right))
            case Arith(op, left, right):
                first, second = self(left), self(right)
                if isinstance(first, Constant) and isinstance(second, Constant):
                    return keep(Constant(ARITH[op](first.value, second.value)))  # type: ignore[arg-type]
                return keep(Arith(op, first, second))
            case In(operand, values):
                return self._member(self(operand), values)
            case InGroup(operand, group):
                return self._member(self(operand), self.forest.members(group, self.groups))
            case Case(branches, default):
                return self._case(branches, default)
            case Coalesce(args):
                return self._coalesce(args)
            case AnyParty(body):
                assert self.party is not None
                return self.party(body)

    def _joined(self, kind: type[And] | type[Or], args: tuple[Tree, ...], settles: Tree, idle: Tree) -> Tree:
        kept: dict[int, Tree] = {}
        for arg in args:
            part = self(arg)
            if part is settles:
                return settles
            if part is idle:
                continue
            if isinstance(part, kind):
                kept.update((id(inner), inner) for inner in part.args)
            else:
                kept[id(part)] = part
        if not kept:
            return idle
        parts = tuple(kept.values())
        return parts[0] if len(parts) == 1 else self.forest.keep(kind(parts))

    def _compare(self, tree: Compare, left: Tree, right: Tree) -> Tree:
        if isinstance(left, Constant) and isinstance(right, Constant):
            return self.forest.true if COMPARE[tree.op](left.value, right.value) else self.forest.false
        return self.forest.keep(replace(tree, left=left, right=right))

    def _member(self, operand: Tree, values: tuple[Decimal | str, ...]) -> Tree:
        if isinstance(operand, Constant):
            return self.forest.true if operand.value in values else self.forest.false
        return self.forest.keep(In(operand, values))

    def _case(self, branches: tuple[tuple[Tree, Tree], ...], default: Tree | None) -> Tree:
        open_: list[tuple[Tree, Tree]] = []
        last = default
        for condition, value in branches:
            truth = self(condition)
            if truth is self.forest.false:
                continue
            if truth is self.forest.true:
                last = value
                break
            open_.append((truth, self(value)))
        end = None if last is None else self(last)
        if not open_:
            return self.forest.keep(Fact(f"{OPEN}nothing")) if end is None else end
        return self.forest.keep(Case(tuple(open_), end))

    def _coalesce(self, args: tuple[Tree, ...]) -> Tree:
        kept: list[Tree] = []
        for arg in args:
            part = self(arg)
            if isinstance(part, Fact) and part.name.startswith(OPEN) and not part.name.startswith(SAID_OPEN):
                continue  # nobody stated it, and it is asked for through what follows
            kept.append(part)
            if isinstance(part, Constant):
                break
        if not kept:
            return self(args[-1])
        # What stands before a certain part can only be a stated figure that is open: the certain part decides.
        if isinstance(kept[-1], Constant) and all(self._is_open(part) for part in kept[:-1]):
            return kept[-1]
        return kept[0] if len(kept) == 1 else self.forest.keep(Coalesce(tuple(kept)))

    def _is_open(self, tree: Tree) -> bool:
        return isinstance(tree, Compare) and any(
            isinstance(side, Fact) and side.name.startswith(OPEN) for side in (tree.left, tree.right)
        )


def kept_whole(forest: Forest, tree: Tree) -> Tree:
    """A tree of another make, kept."""
    return Simplifier(forest, lambda name: None, {})(tree)


__all__ = ["OPEN", "SAID_OPEN", "Forest", "Lookup", "Simplifier", "kept_whole"]
