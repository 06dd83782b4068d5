"""Which cells of a column the law cannot tell apart: a place or a name is only ever tested against lists of them.

Twenty thousand consignees are thereby a few hundred kinds of consignee, and each kind is read and asked once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from exeat.determination.determine import Engine
from exeat.lawbook.instrument import RedFlag
from exeat.logic.evaluate import members_of
from exeat.logic.tree import Compare, Constant, Fact, In, InGroup, Tree, Value, children
from exeat.logic.vocabulary import Vocabulary


@dataclass
class Distinctions:
    """Every test that the programs of some days make of a text.

    ``lists`` holds, by fact, the sets of texts it is tested against; ``whole`` the facts whose very text matters (it
    is compared with another fact, or becomes a value).
    """

    vocabulary: Vocabulary
    lists: dict[str, dict[frozenset[str], None]] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)
    _signs: dict[tuple[str, str], tuple[bool, ...]] = field(default_factory=dict)

    def sign(self, fact: str, value: Value) -> object:
        """What the programs can tell of a value: equal signs are alike to all of them."""
        if not isinstance(value, str) or fact in self.whole or self.vocabulary[fact].type != "text":
            return repr(value)
        found = self._signs.get((fact, value))
        if found is None:
            found = self._signs[fact, value] = tuple(value in listed for listed in self.lists.get(fact, ()))
        return found


def distinctions_of(engines: Iterable[Engine], vocabulary: Vocabulary, columns: Collection[str]) -> Distinctions:
    """The tests of these programs; ``columns`` are the facts that the table states."""
    found = _Finder(columns)
    tests = Distinctions(vocabulary)
    members: dict[tuple[str, int], None] = {}
    for engine in engines:
        found.read(engine)
        groups = engine.program.law.groups
        for fact, names in found.groups.items():
            for name in names:
                if (fact, id(groups.get(name))) not in members:
                    members[fact, id(groups.get(name))] = None
                    if name in groups:
                        tests.lists.setdefault(fact, {})[frozenset(members_of(name, groups))] = None
    for fact, words in found.words.items():
        tests.lists.setdefault(fact, {}).update(dict.fromkeys(words))
    tests.whole = found.whole
    return tests


@dataclass
class _Finder:
    """Walks programs, each tree that they share once."""

    columns: Collection[str]
    groups: dict[str, set[str]] = field(default_factory=dict)
    words: dict[str, set[frozenset[str]]] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)
    _seen: dict[tuple[int, bool], Tree] = field(default_factory=dict)

    def read(self, engine: Engine) -> None:
        for step in engine.program.steps:
            flag = step.section is not None and isinstance(step.section.rule, RedFlag)
            self._visit(step.tree, flag=flag)

    def _visit(self, tree: Tree, *, flag: bool) -> None:
        if (id(tree), flag) in self._seen:
            return
        self._seen[id(tree), flag] = tree
        match tree:
            case InGroup(Fact(name), group):
                self.groups.setdefault(name, set()).add(group)
            case In(Fact(name), values):
                self.words.setdefault(name, set()).add(frozenset(map(str, values)))
            case Compare("=" | "<>", Fact(name), Constant(str(word))):
                self.words.setdefault(name, set()).add(frozenset((word,)))
            case Compare("=" | "<>", Constant(str(word)), Fact(name)):
                self.words.setdefault(name, set()).add(frozenset((word,)))
            case Compare("=" | "<>", Fact(one), Fact(other)):
                # In a red flag, a text set against a fact that no column states decides nothing: the flag is open,
                # whatever the text. (Elsewhere it might be asked for that fact, and the text matter.)
                pairs = ((one, other), (other, one))
                self.whole.update(name for name, of in pairs if of in self.columns or not flag)
            case Fact(name):
                self.whole.add(name)
            case _:
                for part in children(tree):
                    self._visit(part, flag=flag)


__all__ = ["Distinctions", "distinctions_of"]
