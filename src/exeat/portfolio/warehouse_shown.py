"""Which paragraphs the answers of an era list, in one order over all eras; and trees without what constants decide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter

from exeat.determination.determine import Engine
from exeat.determination.prohibition import prohibitions, truth_name
from exeat.determination.step import Track
from exeat.determination.vigilance import red_flags
from exeat.lawbook.instrument import Prohibition, RedFlag, Relief, Requirement
from exeat.logic.evaluate import COMPARE
from exeat.logic.tree import FALSE, TRUE, And, Compare, Constant, In, Not, Or, Tree, all_of, any_of, rebuild
from exeat.terms import InputError


def needs(engine: Engine, track: Track) -> Iterator[tuple[str, str, str]]:
    """What forbids or asks for a license: the rule's name, its paragraph, the name of its truth on the track."""
    law = engine.program.law
    for section in prohibitions(law):
        assert isinstance(section.rule, Prohibition)
        yield section.rule.name, section.rule.id, truth_name(law, section, track)
    for section in engine.program.requirements:
        assert isinstance(section.rule, Requirement)
        yield section.rule.name, section.rule.id, engine.words.truth_names[track][section.key]


def reliefs(engine: Engine, track: Track) -> Iterator[tuple[str, str, str]]:
    """What can stand in for a license: the rule's name, its symbol, the name of its usability on the track."""
    names = engine.relief_names[track]
    for section, name in zip(engine.program.reliefs, names, strict=True):
        assert isinstance(section.rule, Relief)
        yield section.rule.name, section.rule.symbol, name


def flags(engine: Engine) -> Iterator[tuple[str, str, str]]:
    """Red flags: the rule's name, its id, the name of its truth."""
    for section in red_flags(engine.program.law):
        assert isinstance(section.rule, RedFlag)
        yield section.rule.name, section.rule.id, section.rule.name


def one_order(lists: Iterable[list[tuple[str, str]]]) -> list[tuple[str, str]]:
    """One order that keeps the order of every list.

    Raises:
        InputError: the lists contradict each other.
    """
    before: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for listed in lists:
        for place, key in enumerate(listed):
            before.setdefault(key, set()).update(listed[place - 1 : place] if place else ())
    try:
        sorter = TopologicalSorter(before)
        return list(sorter.static_order())
    except CycleError as error:
        raise InputError(f"the law orders these differently within the span: {error.args[1]}; split it") from None


def folded(tree: Tree) -> Tree:
    """The tree without what is decided by constants alone: which role a slot has, an entry not in force."""
    tree = rebuild(tree, folded)
    match tree:
        case And(args) | Or(args):
            idle, ends = (TRUE, FALSE) if isinstance(tree, And) else (FALSE, TRUE)
            left = tuple(arg for arg in args if arg != idle)
            if ends in left:
                return ends
            if len(left) == len(args):
                return tree
            return all_of(left) if isinstance(tree, And) else any_of(left)
        case Not(Constant(value)):
            return FALSE if value is True else TRUE
        case Compare(op, Constant(a), Constant(b)):
            return TRUE if COMPARE[op](a, b) else FALSE
        case In(Constant(a), values):
            return TRUE if a in values else FALSE
    return tree


__all__ = ["flags", "folded", "needs", "one_order", "reliefs"]
