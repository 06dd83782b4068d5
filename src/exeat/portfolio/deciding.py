"""Every row's answer without a class for each kind of row: signatures over arrays, one determination for each.

The program of each day is worked out over arrays (:mod:`exeat.portfolio.domains`); rows of one signature have one
answer, and the desk decides the first row of each. What the desk finds must be the signature: were the two readings of
the law ever to differ, nothing is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from exeat.determination.program import TRACKS
from exeat.logic.arrays import Column, Numbers, Words, numbers_of, taken
from exeat.logic.tree import Value
from exeat.portfolio.alike_rows import AlikeRows
from exeat.portfolio.asked import Asked
from exeat.portfolio.decision import Decision, asks_of, decision_of
from exeat.portfolio.domains import ITEM, Arrayed, Leaves, Rows
from exeat.portfolio.forked import MOST, Claims, can_fork, shared_out
from exeat.portfolio.keyed import Keyed
from exeat.portfolio.residual import ABSENT, Status, item_facts, marks_of
from exeat.portfolio.rows_by_program import CHUNK, Chunk, RowsByProgram
from exeat.portfolio.signatures import Signatures, Signing
from exeat.portfolio.signed_answers import SignedAnswers
from exeat.portfolio.withheld import UNKNOWN_MARK
from exeat.portfolio.within_bounds import UncertainItems, WithinBounds
from exeat.terms import InputError

if TYPE_CHECKING:
    from exeat.portfolio.run import Run

#: How the rows of an item state their numbers, as far as it matters.
_Told: TypeAlias = tuple[tuple[str, bool], ...]

#: Fewest rows for which processes are started.
FEWEST = 200_000


@dataclass(slots=True)
class Settled:
    """What one process found of a signature: its number there, the first row that has it, and its parts.

    ``digest`` is the same in every process; the decision stands in one of them.
    """

    number: int
    digest: bytes
    row: int
    combo: Mapping[str, Any]
    decision: Decision | None = None


@dataclass
class Ready:
    """One program made ready for rows: its expressions over arrays, its signatures, its uncertain items.

    ``elements`` has the item of each pair of its rows: a catalog item, and what matters of how numbers are stated.
    """

    number: int
    arrayed: Arrayed
    signing: Signing
    bounds: WithinBounds
    alike: AlikeRows
    elements: NDArray[np.int64]
    firsts: list[Chunk] = field(default_factory=list)


@dataclass
class Deciding(SignedAnswers):
    """Decides the rows of a :class:`Run` whose parts have been read. Programs are shared out among processes.

    ``signatures`` and ``settled`` are those of this process; ``firsts`` has the first row of each trace, in the end.
    """

    run: Run
    signatures: Signatures = field(default_factory=Signatures)
    settled: dict[int, Settled] = field(default_factory=dict)
    firsts: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.keyed = Keyed(self.run.coded)
        self.duck, self.source = self.run.duck, self.run.source
        self._by_cell = {m.fact: self._numbers(m.fact) for m in self.run.coded.by_cell}
        self.rows = RowsByProgram(self.run.coded, self.duck.folder / "rows")
        self.claims = Claims()
        # In a file, so that processes share it and memory need not hold it.
        path = self.duck.folder / "signed"
        self.signed = (
            np.memmap(path, np.int32, "w+", shape=self.source.rows) if self.source.rows else np.zeros(0, np.int32)
        )

    def _numbers(self, fact: str) -> Numbers:
        found = self.run.coded.numbers_read[fact]
        return numbers_of([one.value for one in found])

    # What the rows are made of.

    def prepare(self) -> None:
        """Read every row as small numbers."""
        for done in self.rows.read():
            self.run.progress("telling rows apart", done, self.source.rows)
        parts = self.run.coded.parts
        self._pairs = list(self.rows.pairs)
        self._pairs_of: dict[int, list[tuple[int, int, int]]] = {}
        for place, (program, item, status) in enumerate(self._pairs):
            self._pairs_of.setdefault(program, []).append((item, status, place))
        self.leaves = Leaves({o: [e.facts for e in part.elements] for o, part in parts.items()}, Words())

    def _told(self, asked: Asked, status: Status) -> _Told:
        """What matters of how a row states its numbers: which it says are unknown, and of some which it states."""
        marks = marks_of([m.fact for m in self.keyed.numbers], status)
        marked = asked.withheld.marked
        return tuple((m, truth) for m, truth in marks.items() if m[0] == UNKNOWN_MARK or m[1:] in marked)

    def _ready(self, program: int) -> Ready:
        """Make a program ready for the items that its rows have."""
        run, asked = self.run, self.run.plan.asked[program]
        told = {
            place: (item, self._told(asked, self.keyed.status_of(status)))
            for item, status, place in sorted(self._pairs_of[program])
        }
        wanted = {pair: element for element, pair in enumerate(dict.fromkeys(told.values()))}
        described = {item: run.desk.item_facts(run.items[item], asked.engine) for item, _ in wanted}
        items: list[Mapping[str, Value]] = [item_facts(asked, described[i][0], dict(told)) for i, told in wanted]
        uncertain = UncertainItems(asked, items)
        for element, (item, told_) in enumerate(wanted):
            facts, found = described[item]
            if found is not None and found.intervals:
                unknown = [mark[1:] for mark, truth in told_ if truth and mark[0] == UNKNOWN_MARK]
                uncertain.add(element, {**facts, **run.assumed, **dict.fromkeys(unknown)}, found.intervals)
        arrayed = Arrayed(asked, self.leaves, items)
        signing = Signing(arrayed, self.signatures)
        frontier = arrayed.frontier(signing.roots)
        bounds = uncertain.bounds(arrayed, frontier)
        elements = np.zeros(len(self.rows.pairs), np.int64)
        elements[list(told)] = [wanted[pair] for pair in told.values()]
        return Ready(program, arrayed, signing, bounds, AlikeRows(arrayed, frontier, bounds.item_classes()), elements)

    # The rows.

    def sign(self) -> list[Decision]:
        """Find the answer of every row, by program; the decisions, in the order of the first rows that have them.

        Rows are told apart by their keys, each key is worked out to its signature, and the desk decides the first row
        of each signature. ``signed`` holds for each row the place of its decision, from 1; 0 where there is none.
        """
        programs = sorted(self.rows.counts, key=lambda program: -self.rows.counts[program])
        found = shared_out(programs, self._processes, self._decide, lambda: list(self.settled.values()), self._tell)
        firsts = sorted(
            ((one.row, place, one) for place, told in enumerate(found) for one in told), key=lambda f: f[:2]
        )
        decided = {one.digest: one.decision for _, _, one in firsts if one.decision is not None}
        decisions: dict[tuple[str | None, ...], tuple[int, Decision]] = {}
        places = np.zeros(1 + max((_code(place, one.number) for _, place, one in firsts), default=0), np.int32)
        for _, place, one in firsts:
            decision = decided[one.digest]
            number, decision = decisions.setdefault(decision.answer, (len(decisions) + 1, decision))
            places[_code(place, one.number)] = number
            self.firsts.setdefault(decision.trace.id, one.combo)
        for start in range(0, self.source.rows, CHUNK):
            self.signed[start : start + CHUNK] = places[self.signed[start : start + CHUNK]]
        return [decision for _, decision in decisions.values()]

    def ask(self) -> dict[str, str]:
        """What would settle the first row of each trace that is open."""
        traces = list(self.firsts)
        asks: dict[str, str] = {}

        def work(place: int, number: int) -> None:
            found = asks_of(self.run.decided_alone(self.firsts[traces[number]]))
            if found is not None:
                asks[traces[number]] = found

        def tell(begun: int) -> None:
            self.run.progress("finding what would settle open answers", begun, len(traces))

        told = shared_out(range(len(traces)), self._processes, work, lambda: asks, tell)
        found = {trace: ask for one in told for trace, ask in one.items()}
        return {trace: found[trace] for trace in traces if trace in found}

    @property
    def _processes(self) -> int:
        return self.duck.threads if can_fork() and self.source.rows >= FEWEST else 1

    def _tell(self, begun: int) -> None:
        self.run.progress("deciding", begun, len(self.rows.counts))

    def _decide(self, place: int, program: int) -> None:
        """Find the signatures of a program's rows, and decide those that are new in this process."""
        ready = self._ready(program)
        keyed = []
        # What is asked of a trace is asked of its first row, so that the first row of each key must be met first.
        for chunk in self.rows.rows(program, in_order=self.run.ask == "trace"):
            chunk = {**chunk, "element": ready.elements[chunk["pair"]]}
            keyed.append((chunk["n"], self._keys_of(ready, chunk)))
        first = {name: np.concatenate([chunk[name] for chunk in ready.firsts]) for name in ready.firsts[0]}
        signatures = self._worked_out(ready, first)
        order = np.argsort(first["n"], kind="stable")
        numbers, rows = np.unique(signatures[order], return_index=True)
        for number, row in zip(numbers.tolist(), order[rows].tolist(), strict=True):
            self._settle(ready, number, first, row)
        codes = _code(place, signatures).astype(np.int32)
        for rows, keys in keyed:
            self.signed[rows - 1] = codes[keys]

    def _keys_of(self, ready: Ready, chunk: Chunk) -> NDArray[np.int64]:
        """The number of each row's key; the first rows of new keys are kept."""
        found = np.empty(len(chunk["n"]), np.int64)
        # A row with an uncertain figure that turns elsewhere for each row is like no other.
        alone = np.isin(chunk["element"], list(ready.bounds.alone))
        alike = np.flatnonzero(~alone)
        if len(alike):
            some = chunk if len(alike) == len(found) else {n: c[alike] for n, c in chunk.items()}
            found[alike], new = ready.alike.number(self._rows(ready, some))
            ready.firsts.append({name: column[new] for name, column in some.items()})
        for row in np.flatnonzero(alone).tolist():
            number, is_new = ready.alike.own(repr(self._combo(ready, chunk, row)))
            found[row] = number
            if is_new:
                ready.firsts.append({name: column[[row]] for name, column in chunk.items()})
        return found

    def _worked_out(self, ready: Ready, first: Chunk) -> NDArray[np.int64]:
        """The signature of each key, of which ``first`` has the first row; uncertain figures are gone through."""
        rows = self._rows(ready, first)
        found = ready.bounds.settle(ready.signing, rows)
        for row in np.flatnonzero(np.isin(first["element"], list(ready.bounds.alone))).tolist():
            alone = self.run.decided_alone(self._combo(ready, first, row))
            found[row] = self.signatures.number(ready.signing.of_determination(alone))
        return found

    def _settle(self, ready: Ready, number: int, first: Chunk, row: int) -> None:
        """Have the desk decide a row with a signature that no process met; it must be what the signature says.

        Raises:
            InputError: it is not. Nothing is written then.
        """
        known, place = self.settled.get(number), int(first["n"][row])
        if known is not None:
            if place < known.row:
                known.row, known.combo = place, self._combo(ready, first, row)
            return
        signature = self.signatures.listed[number]
        digest = blake2b(repr(signature).encode(), digest_size=16).digest()
        one = self.settled[number] = Settled(number, digest, place, self._combo(ready, first, row))
        if not self.claims.first(digest):
            return
        found = self.run.decided_alone(one.combo)
        if ready.signing.of_determination(found) != signature:
            said = f"the desk finds {', '.join(found.outcome_on(t) for t in TRACKS)}; over arrays it is "
            raise InputError(
                f"two readings of the law differ on {found.asked.on} for item {one.combo['item']}: {said}"
                f"{', '.join(signature.outcomes)}. Nothing is written; please report this"
            )
        one.decision = decision_of(found, None)

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

    def _combo(self, ready: Ready, chunk: Chunk, row: int) -> dict[str, Any]:
        _, item, code = self._pairs[int(chunk["pair"][row])]
        status = {m.fact: s for m, s in zip(self.keyed.numbers, self.keyed.status_of(code), strict=True)}
        numbers: dict[str, Decimal | None] = {}
        for fact, said in status.items():
            cell = int(chunk["number " + fact][row])
            if fact in self._by_cell:
                numbers[fact] = self.run.coded.numbers_read[fact][cell].value
            else:
                numbers[fact] = None if said == ABSENT else Decimal(cell)
        elements = {o: int(chunk["part " + o][row]) for o in self.run.coded.parts}
        return {"program": ready.number, "item": item, **elements, "status": status, "numbers": numbers}


Code = TypeVar("Code", int, NDArray[np.int64])


def _code(place: int, number: Code) -> Code:
    """A number for a signature of one process which no other process has; 0 is for rows without one."""
    return number * MOST + place + 1


__all__ = ["Deciding"]
