"""What was asked of the solver and what it found: each condition is encoded once and each question asked once."""

from __future__ import annotations

from collections.abc import Sequence

from exeat.lawbook.consolidate import Lawbook
from exeat.logic.expand import slot_facts
from exeat.logic.smt import Encoder
from exeat.logic.tree import Tree, Value, fact_names
from exeat.logic.vocabulary import Declared

#: The parties over which ``any_party`` ranges.
PARTIES = ("party_1", "party_2")


class Questions:
    """What was asked of the solver and what it found. Eras that share their rules share the answers."""

    def __init__(self, book: Lawbook) -> None:
        self.declared = book.vocabulary
        names = {section.rule.name for section in book.sections() if section.rule is not None}
        named = book.vocabulary.with_facts(Declared(name, "yes/no") for name in names if name not in book.vocabulary)
        self.vocabulary = named.with_facts(slot_facts(PARTIES, book.vocabulary))
        self.examples: list[dict[str, Value]] = []
        self.shown_by: dict[frozenset[int], int] = {}  # which example showed it last
        self._encoder = Encoder(self.vocabulary)
        self._numbers: dict[Tree, int] = {}
        self._trees: list[Tree] = []
        self._reads: list[frozenset[str]] = []
        self._never: set[frozenset[int]] = set()
        self._at_times: set[frozenset[int]] = set()

    def number(self, tree: Tree) -> int:
        """The number of a condition: equal conditions have one, and numbers are quick to compare."""
        known = self._numbers.get(tree)
        if known is None:
            known = self._numbers[tree] = len(self._trees)
            names = fact_names(tree)
            made_of = {part for name in names for part in self.vocabulary[name].ratio or ()}
            self._trees.append(tree)
            self._reads.append(names | made_of)
        return known

    def reads(self, number: int) -> frozenset[str]:
        """The names a condition reads, those of which a ratio is made with it."""
        return self._reads[number]

    def is_never(self, numbers: Sequence[int]) -> bool:
        """Whether it was found before that the conditions cannot hold together."""
        return frozenset(numbers) in self._never

    def can_meet(self, numbers: Sequence[int]) -> bool:
        """Whether the conditions can hold together; asked once."""
        return frozenset(numbers) in self._at_times or self.ask(numbers) is not None

    def ask(self, numbers: Sequence[int]) -> dict[str, Value] | None:
        """Facts on which all conditions hold, every fact known; None when there are none. See :func:`find_overlap`."""
        if self.is_never(numbers):
            return None
        formulas = [self._encoder.holds(self._trees[number]) for number in dict.fromkeys(numbers)]
        names = frozenset(name for number in numbers for name in self._reads[number])
        found = self._encoder.witness(formulas, complete=True, nonnegative=True, names=names)
        (self._never if found is None else self._at_times).add(frozenset(numbers))
        return found
