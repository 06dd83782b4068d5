"""Rows whose answer is open: which of them lack the same facts, to the same effect.

The desk finds what would settle an answer by trying values for each missing fact. What it finds depends on the answer's
own expression with all that is known put in: rows for which the same tree is left are asked the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from exeat.determination.answer import Determination
from exeat.determination.ask import open_policies
from exeat.determination.program import TRACKS
from exeat.logic.tree import Compare, Constant, Fact, Tree, Value, children, substitute
from exeat.portfolio.forest import OPEN, Simplifier, kept_whole
from exeat.portfolio.origins import of_numbers, origin_of
from exeat.portfolio.plan import Kind, Plan
from exeat.portfolio.residual import presumes

#: Prefix of the name that stands for an answer not yet put in.
_PART = "part:"

#: Ten marks of six bits fit into one whole number of the database.
MOST_MARKS = 10


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a comparison's turning point lies for the one open fact in it: below, at or above -1, 0 and 1 unit.

    The figures tried for the fact are those around the point that are not negative; which there are, the tests tell.
    """

    tests: tuple[Compare, ...]


@dataclass(frozen=True, slots=True)
class Need:
    """What tells the open rows of one class apart: questions of their parts in detail, marks, or their very numbers."""

    d: int
    kind: Kind
    trees: tuple[Tree, ...]
    sets: Mapping[str, int]
    parts: Mapping[str, tuple[str, Tree]]
    marks: int
    exact: bool


class _Given(Simplifier):
    """A simplifier that is told what certain trees come to."""

    given: Mapping[int, Tree]

    def __call__(self, tree: Tree) -> Tree:
        found = self.given.get(id(tree))
        return super().__call__(tree) if found is None else found


@dataclass
class OpenAnswers:
    """Finds the needs of classes, and the asks of rows; ``inquire`` asks the desk about one row."""

    plan: Plan
    inquire: Callable[[Mapping[str, Any]], str | None]
    marks: list[Mark] = field(default_factory=list)
    found: int = 0
    _places: dict[tuple[int, int, str], int] = field(default_factory=dict)
    _forms: dict[int, dict[str, set[tuple[int, int]]]] = field(default_factory=dict)
    _asks: dict[object, str | None] = field(default_factory=dict)
    _held: list[Tree] = field(default_factory=list)
    _names: dict[int, frozenset[str]] = field(default_factory=dict)
    _compared: dict[int, tuple[Compare, ...]] = field(default_factory=dict)
    _presuming: dict[int, bool] = field(default_factory=dict)
    _given: dict[tuple[int, str, int], tuple[dict[int, Tree], dict[str, tuple[str, Tree]]]] = field(
        default_factory=dict
    )

    def need(self, d: int, combo: Mapping[str, Any], found: Determination) -> Need | None:
        """What tells the rows of a class apart; None if its answer is settled on both tracks."""
        roots = _open_roots(found)
        if not roots:
            return None
        kind = self.plan.kinds[int(combo["kind"])]
        parts: dict[str, tuple[str, Tree]] = {}
        trees = self._simplified(kind, combo, roots, parts)
        by_origin: dict[str, dict[int, Tree]] = {}
        marks, exact = 0, False
        forest = self.plan.forest
        for name in frozenset().union(*(forest.names(tree, self._names) for tree in trees)):
            if name.startswith(_PART):
                origin, question = parts[name]
                by_origin.setdefault(origin, {})[id(question)] = question
        for node in {id(node): node for tree in trees for node in self._comparisons(tree)}.values():
            mark, needed = self._mark(kind, node)
            exact = exact or needed
            marks |= 0 if mark is None else 1 << mark
        sets = {
            origin: self.plan.answers[origin].number_of(tuple(asked.values()), detailed=True)
            for origin, asked in by_origin.items()
        }
        return Need(d, kind, trees, sets, parts, marks, exact)

    def _simplified(
        self, kind: Kind, combo: Mapping[str, Any], roots: list[str], parts: dict[str, tuple[str, Tree]]
    ) -> tuple[Tree, ...]:
        """The open expressions with every known answer of the class put in."""
        keep, questions = self.plan.forest.keep, kind.questions
        given: dict[int, Tree] = {}
        for origin in {origin for origin, _ in questions.nodes.values()}:
            put_in, named = self._put_in(kind, origin, combo[origin])
            given.update(put_in)
            parts.update(named)
        if not any(n is not None and n >= 10**12 for n in combo["numbers"].values()):
            for comparison in questions.comparisons:
                bit = int(combo["digits"]) >> self.plan.place_of(comparison) & 1
                given[id(comparison)] = keep(Constant(bool(bit)))
        done: dict[str, Tree] = {}

        def lookup(name: str) -> Tree | None:
            if name not in questions.steps:
                return None
            if name not in done:
                done[name] = simplify(questions.steps[name])
            return done[name]

        simplify = _Given(self.plan.forest, lookup, {})
        simplify.given = given
        found = tuple(simplify(keep(Fact(name))) for name in roots)
        self._held.extend(found)
        return found

    def _put_in(self, kind: Kind, origin: str, element: int) -> tuple[dict[int, Tree], dict[str, tuple[str, Tree]]]:
        """What the questions of one part come to for an element; those that are open get a name."""
        found = self._given.get((kind.number, origin, element))
        if found is None:
            keep = self.plan.forest.keep
            given: dict[int, Tree] = {}
            named: dict[str, tuple[str, Tree]] = {}
            for place, (of, question) in kind.questions.nodes.items():
                if of != origin:
                    continue
                value: Any = self.plan.answers[origin].values(question)[element]
                if value is None or self._presumes(question):
                    name = f"{_PART}{origin}:{id(question)}"
                    named[name] = (origin, question)
                    given[place] = keep(Fact(name))
                else:
                    given[place] = keep(Constant(value))
            found = self._given[kind.number, origin, element] = (given, named)
        return found

    def _presumes(self, tree: Tree) -> bool:
        found = self._presuming.get(id(tree))
        if found is None:
            found = self._presuming[id(tree)] = presumes(tree)
        return found

    def _comparisons(self, tree: Tree) -> tuple[Compare, ...]:
        """The comparisons of numbers in a kept tree, each once; equal parts are walked once."""
        found = self._compared.get(id(tree))
        if found is None:
            below = {id(node): node for part in children(tree) for node in self._comparisons(part)}
            if isinstance(tree, Compare) and of_numbers(tree):
                below[id(tree)] = tree
            found = self._compared[id(tree)] = tuple(below.values())
        return found

    def _mark(self, kind: Kind, node: Compare) -> tuple[int | None, bool]:
        """The mark of an open comparison of numbers, or that their very figures are needed."""
        names = self.plan.forest.names(node, self._names)
        numbers = [name for name in names if origin_of(name) in ("num", "fig")]
        if not numbers:
            return None, False
        open_ = [name for name in names if name.startswith(OPEN)]
        if len(open_) + len(numbers) < len(names) or not open_:
            return None, True
        if len(open_) > 1:
            return None, False  # no figure of one can be tried to effect while the other is open
        if len(self._forms_of(kind).get(open_[0], ())) != 1:
            return None, True
        key = (id(node.left), id(node.right), open_[0])
        place = self._places.get(key)
        if place is None:
            if len(self.marks) == MOST_MARKS:
                return None, True
            place = self._places[key] = len(self.marks)
            self.marks.append(self._made(node, open_[0]))
        return place, False

    def _made(self, node: Compare, name: str) -> Mark:
        declared = self.plan.desk.lawbook.vocabulary[name.rpartition(":")[2].removeprefix("?")]
        unit = Decimal(1).scaleb(-declared.decimals)
        tests = []
        for figure in (-unit, Decimal(0), unit):
            sides = [self._with(side, name, figure) for side in (node.left, node.right)]
            tests += [Compare("<=", sides[0], sides[1]), Compare(">=", sides[0], sides[1])]
        return Mark(tuple(tests))

    def _with(self, tree: Tree, name: str, figure: Decimal) -> Tree:
        return substitute(tree, lambda fact: Constant(figure) if fact == name else None)

    def _forms_of(self, kind: Kind) -> dict[str, set[tuple[int, int]]]:
        """For each open fact, the different comparisons of numbers in which it is the one that is open."""
        found = self._forms.get(kind.number)
        if found is None:
            found = self._forms[kind.number] = {}
            forest = self.plan.forest
            for comparison in self.plan.asked[kind.program].comparisons:
                tree = kind.simplify(comparison)
                if isinstance(tree, Compare):
                    open_ = [name for name in forest.names(tree, self._names) if name.startswith(OPEN)]
                    if len(open_) == 1:
                        found.setdefault(open_[0], set()).add((id(tree.left), id(tree.right)))
        return found

    def ask(self, need: Need, combo: Mapping[str, Any]) -> str | None:
        """What would settle the answer of rows like this one."""
        keep = self.plan.forest.keep

        def lookup(name: str) -> Tree | None:
            if name not in need.parts:
                return None
            origin, question = need.parts[name]
            left: Any = self.plan.answers[origin].details(question)[combo[origin]]
            return left if not isinstance(left, (bool, str, Decimal)) else keep(Constant(left))

        simplify = Simplifier(self.plan.forest, lookup, {})
        trees = tuple(simplify(tree) for tree in need.trees)
        self._held.extend(trees)
        figures = (*sorted(combo["numbers"].items()), combo["item"]) if need.exact else ()
        key = (combo["program"], tuple(map(id, trees)), combo.get("marks") if need.marks else 0, figures)
        if key not in self._asks:
            self.found += 1
            self._asks[key] = self.inquire(combo)
        return self._asks[key]


def _open_roots(found: Determination) -> list[str]:
    """The expressions on whose missing facts the desk would ask, and those it looks at while trying values."""
    if found.settled:
        return []
    if "unknown" not in (found.outcome_on(track) for track in TRACKS) and not open_policies(found.valuation):
        return []
    return [f"{track}.{purpose}" for purpose in ("outcome", "review_policy") for track in TRACKS]


__all__ = ["MOST_MARKS", "Mark", "Need", "OpenAnswers", "Value", "children", "kept_whole"]
