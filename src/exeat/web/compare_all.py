"""Every chip of the catalog at once: chips the law cannot tell apart are decided together, as places are on a map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from exeat.catalog import Item
from exeat.desk import Desk
from exeat.determination.determine import Engine
from exeat.determination.program import TRACKS
from exeat.logic.tree import AnyParty, Compare, Fact, fact_names, walk
from exeat.web.compare import Move, Pair, Side
from exeat.web.map_of_outcomes import Profile, map_of_outcomes, named_texts


def alike(desk: Desk, engine: Engine, items: Sequence[Item]) -> dict[str, tuple[object, ...]]:
    """For each item, all that the outcome at any destination can depend on: items that are alike need one map.

    Of the steps behind the outcomes, each that reads the destination or a party is a function of those and of values
    fixed by the item; what such steps read of the latter is the mark.
    """
    program = engine.program
    vocabulary = program.vocabulary
    names_of = {step.name: fact_names(step.tree) for step in program.steps}
    needed = _behind([f"{track}.outcome" for track in TRACKS], names_of)
    placed = {"destination", *(name for name in vocabulary if vocabulary[name].party)}
    wanted: set[str] = set()
    for step in program.steps:
        names = names_of[step.name]
        if step.name in needed and (names & placed or any(isinstance(node, AnyParty) for node in walk(step.tree))):
            placed.add(step.name)
            wanted |= names - placed
    named, groups = named_texts(engine), program.law.groups
    compared = {
        side.name
        for step in program.steps
        for node in walk(step.tree)
        if isinstance(node, Compare)
        for side in (node.left, node.right)
        if isinstance(side, Fact) and isinstance(node.left, Fact) and isinstance(node.right, Fact)
    }

    def mark(name: str, value: object) -> object:
        """A text, where nothing compares it with another fact, is what groups it is in and whether it is named."""
        if not isinstance(value, str) or name in compared:
            return value
        return value if value in named else frozenset(group for group, members in groups.items() if value in members)

    found = {}
    for item in items:
        facts, told = desk.item_facts(item.id, engine)
        values = engine.classify({**facts, "activity": "export", "origin": "US"})
        read = _evaluated(wanted - placed, names_of, values)
        open_ = [name for name in read if values.get(name) is None]
        # A figure known within bounds may settle what is open: such an item is like no other.
        alone = told is not None and bool(told.intervals) and bool(_behind(open_, names_of) & told.intervals.keys())
        found[item.id] = (item.id if alone else "", *(mark(name, values.get(name)) for name in read))
    return found


def _behind(names: Sequence[str], names_of: Mapping[str, frozenset[str]]) -> set[str]:
    """The names and all that stands behind them."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(names_of.get(name, ()))
    return found


def _evaluated(wanted: set[str], names_of: Mapping[str, frozenset[str]], values: Mapping[str, object]) -> list[str]:
    """The names, those of steps that classification alone does not evaluate (limbs) replaced by what they read."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if name in names_of and name not in values:
            waiting.extend(names_of[name])
        else:
            found.add(name)
    return sorted(found)


def moves_of_all(pairs: Sequence[Pair], left: Side, right: Side, profile: Profile) -> tuple[dict[str, list[Move]], int]:
    """For every pair by name, the destinations to which any chip moves, with the number of chips; and how many moved.

    A destination is shown by the move most chips make.
    """
    items = [item for item in left.desk.catalog.items.values() if not item.is_assembly]
    old, new = alike(left.desk, left.engine, items), alike(right.desk, right.engine, items)
    kinds: dict[tuple[object, ...], list[Item]] = {}
    for item in items:
        kinds.setdefault((old[item.id], new[item.id]), []).append(item)
    told: dict[str, dict[str, dict[tuple[str, str], tuple[Move, int]]]] = {pair.name: {} for pair in pairs}
    moved: set[str] = set()
    for alikes in kinds.values():
        was = map_of_outcomes(left.desk, alikes[0].id, left.on, profile)
        now = was if left is right else map_of_outcomes(right.desk, alikes[0].id, right.on, profile)
        for pair in pairs:
            for move in pair.moves(was, now):
                moved.update(item.id for item in alikes)
                way = told[pair.name].setdefault(move.place.code, {})
                key = (move.left.outcome, move.right.outcome)
                way[key] = (move, way.get(key, (move, 0))[1] + len(alikes))
    return {name: _commonest(by_place) for name, by_place in told.items()}, len(moved)


def _commonest(by_place: Mapping[str, Mapping[tuple[str, str], tuple[Move, int]]]) -> list[Move]:
    found = []
    for ways in by_place.values():
        move, _ = max(ways.values(), key=lambda pair: pair[1])
        total = sum(count for _, count in ways.values())
        found.append(Move(move.place, move.left, move.right, move.causes, total))
    return sorted(found, key=lambda move: move.place.name)


__all__ = ["alike", "moves_of_all"]
