"""What remains to be asked of a row once its day and its item are known: questions, each of one part of the row.

Two rows of one day's program and one kind of item, whose parts give the same answers to these questions, have the
same truth in every paragraph. An answer that is open keeps *how* it is open (the tree that is left), so that such rows
also lack the same facts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from exeat.determination.program import TRACKS
from exeat.logic.tree import Case, Coalesce, Compare, Constant, Fact, Tree, Value, children, rebuild
from exeat.portfolio.asked import Asked
from exeat.portfolio.forest import OPEN, SAID_OPEN, Simplifier
from exeat.portfolio.origins import of_numbers, origin_of
from exeat.portfolio.withheld import KNOWN_MARK, UNKNOWN_MARK

#: What a cell of a column of numbers says.
ABSENT, UNKNOWN, KNOWN = 0, 1, 2

Status = tuple[int, ...]
MARKS = (UNKNOWN_MARK, KNOWN_MARK)


def marks_of(numbers: Sequence[str], status: Status) -> dict[str, bool]:
    """How a row states each of its numbers, by the names of facts of the item that tell so."""
    told = dict(zip(numbers, status, strict=True))
    found = {f"{UNKNOWN_MARK}{name}": said == UNKNOWN for name, said in told.items()}
    return {**found, **{f"{KNOWN_MARK}{name}": said == KNOWN for name, said in told.items()}}


def item_facts(asked: Asked, stated: Mapping[str, Value], marks: Mapping[str, bool]) -> dict[str, Value]:
    """The facts of an item that a program reads: those stated, and what is presumed where nothing is.

    Args:
        marks: how the row states its numbers (:func:`marks_of`). For one said not to be known neither the item's figure
            nor a presumption stands.
    """
    unknown = {mark[1:] for mark, truth in marks.items() if truth and mark[0] == UNKNOWN_MARK}
    found = {name: value for name, value in stated.items() if name not in unknown}
    for name in (*asked.shape.item_facts, *asked.shape.numbers):
        if name in asked.presumed and name not in asked.withheld and name not in found and name not in unknown:
            found[name] = asked.presumed[name]
    return {**found, **marks}


@dataclass(frozen=True)
class Questions:
    """What a residual program asks: of each part of a row, trees; of its numbers, comparisons.

    ``raw`` are numbers (``num:…``, ``fig:…``) whose very figure matters. ``steps`` is the residual program itself, and
    ``nodes`` tells where in it a question stands, by the identity of the tree: the part of the row and the question.
    ``answers`` are the expressions an answer shows, written out, by name and identity. ``fragile`` are those of them
    that read a figure known only within bounds, and whether a presumption stands in them.
    """

    of: Mapping[str, tuple[Tree, ...]]
    comparisons: tuple[Compare, ...]
    raw: tuple[str, ...]
    steps: Mapping[str, Tree] = field(default_factory=dict, repr=False)
    answers: tuple[tuple[str, int], ...] = ()
    nodes: Mapping[int, tuple[str, Tree]] = field(default_factory=dict, repr=False)
    fragile: tuple[tuple[str, bool], ...] = ()


@dataclass
class _Finder:
    """Walks residual steps and collects the largest questions that concern one part of the row only."""

    asked: Asked
    steps: Mapping[str, Tree]
    exact: frozenset[str] = frozenset()
    of: dict[str, dict[int, Tree]] = field(default_factory=dict)
    comparisons: dict[int, Compare] = field(default_factory=dict)
    raw: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._origins: dict[int, frozenset[str]] = {}
        self._origins_of: dict[frozenset[str], frozenset[str]] = {}
        self._whole: dict[int, Tree] = {}
        self._seen: set[int] = set()

    def visit(self, tree: Tree) -> None:
        if id(tree) in self._seen:
            return
        self._seen.add(id(tree))
        origins = self.origins(tree)
        if not origins:
            return
        numeric = bool(origins & {"num", "fig"})
        if len(origins) == 1 and not numeric:
            self.of.setdefault(next(iter(origins)), {})[id(tree)] = tree
        elif isinstance(tree, Compare) and numeric and of_numbers(tree):
            self._compare(tree, origins)
        elif isinstance(tree, Fact):
            if tree.name in self.steps:
                self.visit(self.steps[tree.name])
            elif numeric:
                self.raw.add(tree.name)
        else:
            for part in children(tree):
                self.visit(part)

    def _compare(self, tree: Compare, origins: frozenset[str]) -> None:
        names = self.asked.names(self.whole(tree))
        open_ = {name.removeprefix(OPEN) for name in names if name.startswith(OPEN)}
        if origins <= {"num", "fig"}:
            if not open_:
                self.comparisons[id(tree)] = tree
                return
            if not open_ & self.exact and not _chooses(tree):
                return  # unknown, whatever the numbers are
        self.raw.update(name for name in names if origin_of(name) in ("num", "fig"))
        for part in children(tree):
            self.visit(part)

    def origins(self, tree: Tree) -> frozenset[str]:
        found = self._origins.get(id(tree))
        if found is None:
            if isinstance(tree, Fact):
                if tree.name in self.steps:
                    found = self.origins(self.steps[tree.name])
                else:
                    origin = origin_of(tree.name)
                    found = frozenset() if origin == "open" else frozenset((origin,))
            else:
                names = self.asked.names(tree)
                found = self._origins_of.get(names)
                if found is None:
                    keep = self.asked.keep
                    found = frozenset().union(*(self.origins(keep(Fact(name))) for name in names))
                    self._origins_of[names] = found
            self._origins[id(tree)] = found
        return found

    def whole(self, tree: Tree) -> Tree:
        """The tree with every step it names written out."""
        found = self._whole.get(id(tree))
        if found is None:
            if isinstance(tree, Fact) and tree.name in self.steps:
                found = self.whole(self.steps[tree.name])
            elif inner := [name for name in self.asked.forest.changing(tree) if name in self.steps]:
                made = self.asked.forest.made
                key = ("whole", id(tree), *inner, *(id(self.whole(self.steps[name])) for name in inner))
                found = made.get(key) or self.asked.keep(rebuild(tree, self.whole))
                made[key] = found
            else:
                found = tree
            self._whole[id(tree)] = found
        return found

    def questions(self, roots: Sequence[str] = ()) -> Questions:
        nodes = {place: (origin, self.whole(t)) for origin, trees in self.of.items() for place, t in trees.items()}
        of: dict[str, dict[int, Tree]] = {}
        for origin, tree in nodes.values():
            of.setdefault(origin, {})[id(tree)] = tree
        answers = tuple((name, id(self.whole(self.steps[name]))) for name in roots)
        bounded = {f"{mark}{name}" for name in self.exact for mark in (OPEN, SAID_OPEN)}
        shown = [(name, self.whole(self.steps[name])) for name in roots] if bounded else []
        fragile = tuple((name, presumes(tree)) for name, tree in shown if self.asked.names(tree) & bounded)
        listed = {origin: tuple(trees.values()) for origin, trees in of.items()}
        return Questions(
            listed, tuple(self.comparisons.values()), tuple(sorted(self.raw)), self.steps, answers, nodes, fragile
        )


def presumes(tree: Tree) -> bool:
    """Whether a presumption stands in the tree: then a fact stated later can change what it comes to."""
    seen: set[int] = set()

    def found(node: Tree) -> bool:
        if id(node) in seen:
            return False
        seen.add(id(node))
        if isinstance(node, Coalesce) and isinstance(node.args[-1], Constant):
            return True
        return any(found(part) for part in children(node))

    return found(tree)


def _chooses(tree: Tree) -> bool:
    """Whether an open part need not make the whole open."""
    return isinstance(tree, (Case, Coalesce)) or any(_chooses(part) for part in children(tree))


def item_questions(asked: Asked) -> tuple[Tree, ...]:
    """Every question a program asks of the item alone, figures for comparisons included."""
    finder = _Finder(asked, asked.steps)
    for name in (*asked.roots["always"], *asked.roots["text"], *asked.roots["enforced"]):
        finder.visit(asked.steps[name])
    found = {id(tree): tree for tree in finder.questions().of.get("item", ())}
    found.update((id(tree), tree) for tree in asked.figures)
    return tuple(found.values())


def residual(
    asked: Asked, item: Mapping[str, Value], status: Status, exact: frozenset[str] = frozenset()
) -> tuple[Questions, Simplifier]:
    """What is left to ask once the item's facts, and which numbers are stated, are known; and the simplifier used.

    Args:
        item: the item's facts by name; absent is open.
        status: for each column of numbers, in the order of ``asked.shape.numbers``, what its cell says.
        exact: open figures of the item known within bounds: what they are compared with matters to the figure.
    """
    stated = dict(zip(asked.shape.numbers, status, strict=True))
    simplify: Simplifier
    steps: dict[str, Tree] = {}

    def lookup(name: str) -> Tree | None:
        if name in asked.steps:
            tree = steps.get(name)
            if tree is None:
                tree = steps[name] = made(asked.steps[name])
            return tree if isinstance(tree, Constant) else asked.keep(Fact(name))
        origin, _, fact = name.partition(":")
        if origin == "item":
            return _item_fact(asked, item, fact, stated)
        if origin == "col":
            if stated[fact] == KNOWN:
                return asked.keep(Fact(f"num:{fact}"))
            return _item_fact(asked, item, fact, stated)
        if origin == "fig":
            tree = simplify(asked.figures[int(fact)])
            return None if isinstance(tree, Constant) else tree
        return None

    def made(tree: Tree) -> Tree:
        """A step simplified, or what it came to for another item or program in which the same stands for its names."""
        forest = asked.forest
        key = ("residual", id(tree), *(id(lookup(name)) for name in forest.changing(tree)))
        found = forest.made.get(key)
        if found is None:
            found = forest.made[key] = simplify(tree)
        return found

    simplify = Simplifier(asked.forest, lookup, asked.engine.program.law.groups)
    finder = _Finder(asked, steps, exact)
    roots = list(asked.roots["always"])
    for track in TRACKS:
        needed = lookup(f"{track}.any_requirement")
        if needed is not asked.forest.false:
            roots += asked.roots[track]
    for name in roots:
        lookup(name)
        finder.visit(steps[name])
    return finder.questions(roots), simplify


def _item_fact(asked: Asked, item: Mapping[str, Value], fact: str, stated: Mapping[str, int]) -> Tree:
    if fact[0] in MARKS:
        return asked.keep(Constant(stated.get(fact[1:]) == (UNKNOWN if fact[0] == UNKNOWN_MARK else KNOWN)))
    value = None if stated.get(fact) == UNKNOWN else item.get(fact)
    if value is None and stated.get(fact) != UNKNOWN and fact not in asked.steps and fact not in asked.withheld:
        value = asked.presumed.get(fact)
    if value is not None:
        return asked.keep(Constant(value))
    return asked.keep(Fact(f"{SAID_OPEN if stated.get(fact) == UNKNOWN else OPEN}{fact}"))
