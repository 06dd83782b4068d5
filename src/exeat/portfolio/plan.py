"""The plan of a table: what its law asks of each part of a row, and which rows must therefore have one answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from exeat.catalog import ItemFacts
from exeat.desk import Desk
from exeat.determination.determine import Engine
from exeat.logic.compile import Compiled, compile_tree
from exeat.logic.tree import Compare, Constant, Fact, Tree, Value
from exeat.portfolio.asked import Asked, Shape
from exeat.portfolio.elements import Element
from exeat.portfolio.forest import OPEN, SAID_OPEN, Forest, Simplifier
from exeat.portfolio.residual import KNOWN, Questions, Status, item_facts, item_questions, marks_of, presumes, residual

#: Numbers from here on are compared by themselves, not in the database: its products of decimals end at 38 digits.
BIG = Decimal(10) ** 12


@dataclass(frozen=True, slots=True)
class Kind:
    """One program and one kind of item (and which numbers are stated): the questions left for the rest of a row.

    Days and items for which the same expressions are left, of the same versions of the law, are one kind; ``program``
    is that of the first.

    ``uncertain`` says that a figure of the item, known only within bounds, bears on some paragraph.
    """

    number: int
    program: int
    questions: Questions
    uncertain: bool
    simplify: Callable[[Tree], Tree] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Pair:
    """One program, one item, one status of the numbers: its kind, and the item's figures for comparisons."""

    program: int
    item: int
    status: Status
    kind: Kind
    figures: tuple[Decimal | None, ...]


@dataclass
class Answers:
    """The elements of one part of a row, their answers to each question, and their classes by sets of questions.

    Two measures: by *value* (an open answer is open, however it is), which settles the outcome and every paragraph; and
    in *detail* (an open answer is the tree that is left), which settles what would have to be asked.
    """

    origin: str
    elements: Sequence[Element]
    forest: Forest
    _values: dict[int, list[object]] = field(default_factory=dict)
    _details: dict[int, list[object]] = field(default_factory=dict)
    _told: dict[int, list[object]] = field(default_factory=dict)
    _names: dict[int, frozenset[str]] = field(default_factory=dict)
    _sets: dict[tuple[bool, tuple[int, ...]], int] = field(default_factory=dict)
    classes: list[list[int]] = field(default_factory=list)
    _held: list[Tree] = field(default_factory=list)

    def number_of(self, questions: Sequence[Tree], *, detailed: bool = False) -> int:
        """The number of a set of questions; its classes are then in ``classes``: one for each element."""
        key = (detailed, tuple(sorted(map(id, questions))))
        found = self._sets.get(key)
        if found is None:
            found = self._sets[key] = len(self.classes)
            columns = [self._identities(q) if detailed else self.values(q) for q in questions]
            seen: dict[tuple[object, ...], int] = {}
            self.classes.append([seen.setdefault(row, len(seen)) for row in zip(*columns, strict=True)])
        return found

    def values(self, question: Tree) -> list[object]:
        """Each element's answer; None where it is open, or where the cells cannot be read."""
        found = self._values.get(id(question))
        if found is None:
            self._held.append(question)
            run = compile_tree(question, {}, of_party=False)
            found = self._values[id(question)] = [run(element.facts, {}) for element in self.elements]
        return found

    def details(self, question: Tree) -> list[object]:
        """Each element's answer; where it is open, or a statement could still change it, the tree that is left."""
        found = self._details.get(id(question))
        if found is None:
            made: dict[object, object] = {}
            changeable = presumes(question)
            names = sorted(self.forest.names(question, self._names))
            names += [f"said:{name.partition(':')[2]}" for name in names]
            found = self._details[id(question)] = [
                self._detail(question, element, names, made) if value is None or changeable else value
                for element, value in zip(self.elements, self.values(question), strict=True)
            ]
        return found

    def _identities(self, question: Tree) -> list[object]:
        """The details, open ones by identity: trees are kept once each, and to compare them is to walk them."""
        found = self._told.get(id(question))
        if found is None:
            found = self._told[id(question)] = [_by_identity(answer) for answer in self.details(question)]
        return found

    def _detail(self, question: Tree, element: Element, names: list[str], made: dict[object, object]) -> object:
        key = tuple(element.facts.get(name) for name in names)
        if key not in made:
            tree = Simplifier(self.forest, _Lookup(element.facts, self.forest), {})(question)
            self._held.append(tree)
            made[key] = tree.value if isinstance(tree, Constant) else tree
        return made[key]


def _by_identity(answer: object) -> object:
    known = answer is None or isinstance(answer, (bool, str, Decimal))
    return answer if known else ("open", id(answer))


@dataclass(frozen=True, slots=True)
class _Lookup:
    facts: Mapping[str, Value]
    forest: Forest

    def __call__(self, name: str) -> Tree | None:
        if name.startswith(OPEN):
            return None
        value = self.facts.get(name)
        if value is not None:
            return self.forest.keep(Constant(value))
        fact = name.partition(":")[2]
        said = self.facts.get(f"said:{fact}") is True
        return self.forest.keep(Fact(f"{SAID_OPEN if said else OPEN}{fact}"))


class Plan:
    """Programs, kinds and classes for one shape of table."""

    def __init__(self, desk: Desk, shape: Shape, answers: Mapping[str, Answers], forest: Forest) -> None:
        self.desk, self.shape, self.answers, self.forest = desk, shape, answers, forest
        self.asked: list[Asked] = []
        self.engines: list[Engine] = []
        self.kinds: list[Kind] = []
        self._places: dict[int, int] = {}
        self.comparison_list: list[Compare] = []
        self.raw: dict[str, None] = {}
        self._programs: dict[object, int] = {}
        self._of_law: dict[int, int] = {}
        self._kinds: dict[object, Kind] = {}
        self._same: dict[object, Kind] = {}
        self._item_runs: dict[int, list[tuple[Tree, Compiled, bool]]] = {}
        self._figure_runs: dict[int, Compiled] = {}
        self._left: dict[tuple[object, ...], tuple[object, frozenset[str]]] = {}
        self.figure_count = 0

    def program_of(self, day: date) -> int:
        """The number of the program of a day; days with the same governing law and groups share one."""
        law = self.desk.lawbook.in_force(day)
        known = self._of_law.get(id(law))
        if known is not None:
            return known
        key = (
            tuple(s.key for s in law.governing),
            tuple(s.key for s in law.postures),
            tuple(sorted(law.groups.items())),
        )
        found = self._programs.get(key)
        if found is None:
            found = self._programs[key] = len(self.asked)
            engine = self.desk.engines.on(day)
            asked = Asked(engine, self.shape, self.forest)
            self.engines.append(engine)
            self.asked.append(asked)
            self.figure_count = max(self.figure_count, len(asked.figures))
        self._of_law[id(law)] = found  # the law book keeps the law of each era
        return found

    def pair(self, program: int, number: int, item: str | None, status: Status) -> Pair:
        """What a program asks of rows with this item."""
        facts, found = self.desk.item_facts(item, self.engines[program])
        signature, open_ = self._signature(program, facts, status)
        intervals = found.intervals if found else {}
        # A figure that a column may state is no question of the item alone; where its cell has none the bounds stand.
        without = {name for name, said in zip(self.shape.numbers, status, strict=True) if said != KNOWN}
        exact = frozenset(name for name in intervals if name in open_ or name in without)
        if exact:
            signature = (*signature, item)  # an uncertain figure that matters: the answer may turn inside its bounds
        key = (program, signature, status)
        kind = self._kinds.get(key)
        if kind is None:
            questions, simplify = residual(self.asked[program], facts, status, exact)
            same = (
                self.asked[program].cited(questions.answers, self.forest.false),
                questions.answers,
                signature[-1:] if exact else (),
            )
            kind = self._same.get(same)
            if kind is None:
                kind = self._same[same] = Kind(len(self.kinds), program, questions, bool(exact), simplify)
                self.kinds.append(kind)
                self._register(questions)
            self._kinds[key] = kind
        return Pair(program, number, status, kind, self._figures(program, facts, status))

    def _signature(
        self, program: int, facts: Mapping[str, Value], status: Status
    ) -> tuple[tuple[object, ...], set[str]]:
        named = {f"item:{name}": value for name, value in self._with_presumed(program, facts, status).items()}
        found: list[object] = []
        open_: set[str] = set()
        figures = {id(tree) for tree in self.asked[program].figures}
        for question, run, changeable in self._of_item(program):
            value = run(named, {})
            if value is not None and not changeable:
                found.append("a figure" if id(question) in figures else value)
                continue
            left, lacking = self._open_question(program, question, named)
            found.append(left)
            open_ |= lacking
        return tuple(found), open_

    def _of_item(self, program: int) -> list[tuple[Tree, Compiled, bool]]:
        """What a program asks of the item alone."""
        found = self._item_runs.get(program)
        if found is None:
            questions = item_questions(self.asked[program])
            found = [(q, compile_tree(q, {}, of_party=False), presumes(q)) for q in questions]
            self._item_runs[program] = found
        return found

    def _open_question(self, program: int, question: Tree, named: Mapping[str, Value]) -> tuple[object, frozenset[str]]:
        """What a question of the item comes to, by value or by the tree that is left, and the facts it lacks."""
        asked = self.asked[program]
        key = (id(question), *map(named.get, sorted(asked.names(question))))
        found = self._left.get(key)
        if found is None:
            tree = Simplifier(self.forest, _Lookup(named, self.forest), {})(question)
            lacking = frozenset(name.removeprefix(OPEN) for name in asked.names(tree) if name.startswith(OPEN))
            found = self._left[key] = (tree.value if isinstance(tree, Constant) else ("open", id(tree)), lacking)
        return found

    def _with_presumed(self, program: int, facts: Mapping[str, Value], status: Status) -> dict[str, Value]:
        return item_facts(self.asked[program], facts, marks_of(self.shape.numbers, status))

    def _figures(self, program: int, facts: Mapping[str, Value], status: Status) -> tuple[Decimal | None, ...]:
        named = {f"item:{name}": value for name, value in self._with_presumed(program, facts, status).items()}
        found: list[Decimal | None] = []
        for tree in self.asked[program].figures:
            run = self._figure_runs.get(id(tree))
            if run is None:
                run = self._figure_runs[id(tree)] = compile_tree(tree, {}, of_party=False)
            value = run(named, {})
            found.append(value if isinstance(value, Decimal) else None)
        return tuple(found)

    def place_of(self, comparison: Compare) -> int:
        """The place of a comparison among all."""
        return self._places[id(comparison)]

    def _register(self, questions: Questions) -> None:
        for comparison in questions.comparisons:
            if id(comparison) not in self._places:
                self._places[id(comparison)] = len(self.comparison_list)
                self.comparison_list.append(comparison)
        self.raw.update(dict.fromkeys(questions.raw))


def item_facts_possible(desk: Desk, engine: Engine, items: Iterable[str | None]) -> frozenset[str]:
    """The facts that the items of a table can state."""
    found: set[str] = set()
    for item in items:
        facts, described = desk.item_facts(item, engine)
        found.update(facts)
        if isinstance(described, ItemFacts):
            found.update(described.intervals)
    return frozenset((*found, "tpp_per_unit", *_CONTAINED)) if found else frozenset()


_CONTAINED = ("contains_ic_at_3a090_a", "contains_ic_at_3a090_b", "contains_ic_at_3a991_p")
