"""Every row's answer without a class for each kind of row: signatures over arrays, one determination for each.

The program of each day is worked out over arrays (:mod:`exeat.portfolio.domains`); rows of one signature have one
answer, and the desk decides the first row of each. What the desk finds must be the signature: were the two readings of
the law ever to differ, nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from exeat.determination.answer import Determination
from exeat.determination.program import TRACKS
from exeat.logic.arrays import Column, Numbers, Words, numbers_of, taken
from exeat.logic.tree import Value
from exeat.portfolio.alike_rows import AlikeRows
from exeat.portfolio.asked import Asked
from exeat.portfolio.coded import at
from exeat.portfolio.decision import Decision, decision_of
from exeat.portfolio.domains import ITEM, Arrayed, Leaves, Rows
from exeat.portfolio.duck import quoted
from exeat.portfolio.keyed import Keyed
from exeat.portfolio.residual import ABSENT, Status, item_facts, marks_of
from exeat.portfolio.signatures import Signatures, Signing
from exeat.portfolio.signed_answers import SignedAnswers
from exeat.portfolio.withheld import UNKNOWN_MARK
from exeat.portfolio.within_bounds import UncertainItems, WithinBounds
from exeat.terms import InputError

if TYPE_CHECKING:
    from exeat.portfolio.run import Run

#: Columns of rows by name: which program, item, parts and numbers each has.
Chunk: TypeAlias = Mapping[str, NDArray[Any]]

#: How the rows of an item state their numbers, as far as it matters.
_Told: TypeAlias = tuple[tuple[str, bool], ...]

#: Rows whose arrays are held at a time.
CHUNK = 1_000_000


@dataclass
class Ready:
    """One program made ready for rows: its expressions over arrays, its signatures, its uncertain items."""

    arrayed: Arrayed
    signing: Signing
    bounds: WithinBounds
    alike: AlikeRows
    firsts: list[Chunk] = field(default_factory=list)

    def signatures_of(self, rows: Rows) -> NDArray[np.int64]:
        """The number of each row's signature, uncertain figures gone through."""
        return self.bounds.settle(self.signing, rows, self.signing.of(rows))


@dataclass
class Deciding(SignedAnswers):
    """Decides the rows of a :class:`Run` whose parts have been read."""

    run: Run
    signatures: Signatures = field(default_factory=Signatures)
    combos: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.keyed = Keyed(self.run.coded)
        self.duck, self.source = self.run.duck, self.run.source
        self.leaves = Leaves({o: [e.facts for e in p.elements] for o, p in self.run.coded.parts.items()}, Words())
        self.programs: list[Ready] = []
        self._by_cell = {m.fact: self._numbers(m.fact) for m in self.run.coded.by_cell}
        self.used: list[int] = []
        self.unread = 0

    def _numbers(self, fact: str) -> Numbers:
        found = self.run.coded.numbers_read[fact]
        return numbers_of([one.value for one in found])

    # What the rows are made of.

    def prepare(self, asked: Sequence[Asked]) -> None:
        """Make every program, by its number, ready for the items that its rows have."""
        by_program: list[list[tuple[int, Status]]] = [[] for _ in asked]
        for program, item, status in self.keyed.pairs_needed():
            by_program[program].append((item, status))
        rows = []
        for program, pairs in enumerate(by_program):
            self.run.progress("making the law of each day ready", program, len(asked))
            ready, elements = self._ready(asked[program], pairs)
            self.programs.append(ready)
            for item, status in pairs:
                element = elements[item, self._told(asked[program], status)]
                rows.append((program, item, self.keyed.code_of(status), element))
        kinds = {"program": "INTEGER", "item": "INTEGER", "status": self.run.coded.status_type, "element": "INTEGER"}
        self.duck.table("elements", kinds, rows)

    def _told(self, asked: Asked, status: Status) -> _Told:
        """What matters of how a row states its numbers: which it says are unknown, and of some which it states."""
        marks = marks_of([m.fact for m in self.keyed.numbers], status)
        marked = asked.withheld.marked
        return tuple((m, truth) for m, truth in marks.items() if m[0] == UNKNOWN_MARK or m[1:] in marked)

    def _ready(self, asked: Asked, pairs: list[tuple[int, Status]]) -> tuple[Ready, dict[tuple[int, _Told], int]]:
        desk, engine = self.run.desk, asked.engine
        wanted = dict.fromkeys((item, self._told(asked, status)) for item, status in pairs)
        described = {item: desk.item_facts(self.run.items[item], engine) for item, _ in wanted}
        items: list[Mapping[str, Value]] = [item_facts(asked, described[i][0], dict(told)) for i, told in wanted]
        uncertain = UncertainItems(asked, items)
        for element, (item, told) in enumerate(wanted):
            facts, found = described[item]
            if found is not None and found.intervals:
                unknown = [mark[1:] for mark, truth in told if truth and mark[0] == UNKNOWN_MARK]
                uncertain.add(element, {**facts, **self.run.assumed, **dict.fromkeys(unknown)}, found.intervals)
        arrayed = Arrayed(asked, self.leaves, items)
        signing = Signing(arrayed, self.signatures)
        frontier = arrayed.frontier(signing.roots)
        bounds = uncertain.bounds(arrayed, frontier)
        ready = Ready(arrayed, signing, bounds, AlikeRows(arrayed, frontier, bounds.item_classes()))
        return ready, {pair: element for element, pair in enumerate(wanted)}

    # The rows.

    def sign(self) -> None:
        """Give every row the number of its signature: rows are read for their keys, then each key is worked out."""
        done = 0
        programs, keys = np.full(self.source.rows, -1, np.int16), np.full(self.source.rows, -1, np.int32)
        for chunk in self._chunks():
            self.run.progress("telling rows apart", done, self.source.rows)
            places = chunk["n"] - 1
            found = np.full(len(places), -1, np.int32)
            for program, rows in _by_program(chunk["program"], chunk["fine"]):
                found[rows] = self._keys_of(self.programs[program], chunk, rows)
            self.unread += int((~chunk["fine"]).sum())
            programs[places], keys[places] = chunk["program"], found
            done += len(places)
        signatures, begins = self._work_out()
        signed = np.where(keys < 0, np.int32(-1), signatures[begins[programs] + np.maximum(keys, 0)])
        rows = np.arange(1, self.source.rows + 1, dtype=np.int64)
        self.duck.array_table("signed", {"n": rows, "s": signed})

    def _keys_of(self, ready: Ready, chunk: Chunk, at_rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The number of each row's key; the first rows of new keys are kept."""
        found = np.empty(len(at_rows), np.int64)
        # A row with an uncertain figure that turns elsewhere for each row is like no other.
        alone = np.isin(chunk["element"][at_rows], list(ready.bounds.alone))
        alike = np.flatnonzero(~alone)
        if len(alike):
            some = at_rows[alike]
            found[alike], new = ready.alike.number(self._rows(ready, {n: c[some] for n, c in chunk.items()}))
            ready.firsts.append({name: column[some[new]] for name, column in chunk.items()})
        for place in np.flatnonzero(alone).tolist():
            row = at_rows[[place]]
            number, is_new = ready.alike.own(repr(self._combo(chunk, int(row[0]))))
            found[place] = number
            if is_new:
                ready.firsts.append({name: column[row] for name, column in chunk.items()})
        return found

    def _work_out(self) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """The signature of every key, program after program, and where each program's begin."""
        listed: list[NDArray[np.int32]] = []
        begins: list[int] = []
        firsts: list[tuple[int, int, Chunk, int]] = []
        for number, ready in enumerate(self.programs):
            self.run.progress("deciding", number, len(self.programs))
            begins.append(sum(map(len, listed)))
            if not ready.firsts:
                continue
            chunk = _together(ready.firsts)
            found = ready.signatures_of(self._rows(ready, chunk))
            for row in np.flatnonzero(np.isin(chunk["element"], list(ready.bounds.alone))).tolist():
                found[row] = self.signatures.number(
                    ready.signing.of_determination(self.run.decided_alone(self._combo(chunk, row)))
                )
            ready.firsts.clear()
            listed.append(found.astype(np.int32))
            order = np.argsort(chunk["n"], kind="stable")
            signatures, places = np.unique(found[order], return_index=True)
            for signature, row in zip(signatures.tolist(), order[places].tolist(), strict=True):
                firsts.append((int(chunk["n"][row]), signature, chunk, row))
        earliest: dict[int, tuple[Chunk, int]] = {}
        for _, signature, chunk, row in sorted(firsts, key=lambda first: first[:2]):
            earliest.setdefault(signature, (chunk, row))
        self.used = list(earliest)
        self.combos = [self._combo(*place) for place in earliest.values()]
        return np.concatenate(listed) if listed else np.zeros(1, np.int32), np.array(begins, np.int64)

    def decided(self) -> Iterator[tuple[Decision, Determination]]:
        """The decision of each signature that occurs, and the determination of its first row."""
        for place in range(len(self.combos)):
            if place % 100 == 0:
                self.run.progress("deciding signatures", place, len(self.combos))
            yield self._decided(place)

    def _chunks(self) -> Iterator[dict[str, NDArray[Any]]]:
        coded = self.run.coded
        columns = [
            '"@n" AS n',
            'coalesce("@program", -1) AS program',
            "coalesce(e.element, 0) AS element",
            '"@fine" AS fine',
        ]
        columns += ['coalesce("@item", 0) AS item', 'coalesce("@status", 0) AS status']
        columns += [f"coalesce({at('e_' + o)}, 0) AS {quoted('part ' + o)}" for o in coded.parts]
        for meaning in self.keyed.numbers:
            name = at("n_" + meaning.fact)
            columns.append(f"coalesce({name}, 0) AS {quoted('number ' + meaning.fact)}")
            if meaning in coded.direct:
                columns.append(f"{name} IS NOT NULL AS {quoted('known ' + meaning.fact)}")
        join = 'LEFT JOIN elements AS e ON e.program = r."@program" AND e.item = r."@item" AND e.status = r."@status"'
        yield from self.duck.arrays(
            f"SELECT {', '.join(columns)} FROM ({self.keyed.read_rows('coded')}) AS r {join}", CHUNK
        )

    def _rows(self, ready: Ready, chunk: Chunk) -> Rows:
        elements = {o: chunk["part " + o].astype(np.int64) for o in self.run.coded.parts}
        elements[ITEM] = chunk["element"].astype(np.int64)
        numbers = {m.fact: self._number_column(m.fact, chunk) for m in self.keyed.numbers}
        return Rows(ready.arrayed, len(chunk["element"]), elements, numbers)

    def _number_column(self, fact: str, chunk: Chunk) -> Column:
        cells = chunk["number " + fact]
        if fact in self._by_cell:
            return taken(self._by_cell[fact], cells) if len(self._by_cell[fact].digits) > 1 else self._by_cell[fact]
        most = int(cells.max(initial=0))
        digits = cells.astype(object) if most >= 2**63 else cells.astype(np.int64)
        return Numbers(digits, chunk["known " + fact], 0, most)

    def _combo(self, chunk: Chunk, row: int) -> dict[str, Any]:
        code = int(chunk["status"][row])
        status = {m.fact: s for m, s in zip(self.keyed.numbers, self.keyed.status_of(code), strict=True)}
        numbers: dict[str, Decimal | None] = {}
        for fact, said in status.items():
            cell = int(chunk["number " + fact][row])
            if fact in self._by_cell:
                numbers[fact] = self.run.coded.numbers_read[fact][cell].value
            else:
                numbers[fact] = None if said == ABSENT else Decimal(cell)
        elements = {o: int(chunk["part " + o][row]) for o in self.run.coded.parts}
        program, item = int(chunk["program"][row]), int(chunk["item"][row])
        return {"program": program, "item": item, **elements, "status": status, "numbers": numbers}

    def _decided(self, place: int) -> tuple[Decision, Determination]:
        """The desk's decision of the first row of a signature; it must be what the signature says."""
        found = self.run.decided_alone(self.combos[place])
        signature = self.signatures.listed[self.used[place]]
        if self.programs[self.combos[place]["program"]].signing.of_determination(found) != signature:
            said = f"the desk finds {', '.join(found.outcome_on(t) for t in TRACKS)}; over arrays it is "
            raise InputError(
                f"two readings of the law differ on {found.asked.on} for item {self.combos[place]['item']}: {said}"
                f"{', '.join(signature.outcomes)}. Nothing is written; please report this"
            )
        return decision_of(found, None), found


def _together(chunks: Sequence[Chunk]) -> Chunk:
    """The rows of several chunks as one."""
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}


def _by_program(programs: NDArray[np.int64], fine: NDArray[np.bool_]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """The rows of each program, those that could be read."""
    order = np.argsort(programs, kind="stable")
    order = order[fine[order]]
    if not len(order):
        return
    listed = programs[order]
    starts = np.flatnonzero(np.concatenate(([True], listed[1:] != listed[:-1])))
    for start, end in zip(starts, [*starts[1:], len(order)], strict=True):
        yield int(listed[start]), order[start:end]


__all__ = ["CHUNK", "Deciding"]
