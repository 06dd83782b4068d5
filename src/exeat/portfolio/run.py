"""One table through its plan: keys for every row, one decision for each class of rows, answers joined back in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from exeat.desk import Desk
from exeat.determination.answer import Asked, Determination
from exeat.determination.determine import Engine, Valuation
from exeat.determination.program import TRACKS
from exeat.determination.robustness import agreed_over
from exeat.lawbook.instrument import RedFlag
from exeat.logic.tree import Value
from exeat.portfolio.alike import Distinctions, distinctions_of
from exeat.portfolio.asked import Shape
from exeat.portfolio.coded import Coded
from exeat.portfolio.columns import Columns, absent
from exeat.portfolio.decision import ANSWER_COLUMNS, Decision, Decisions, asks_of
from exeat.portfolio.duck import Duck
from exeat.portfolio.elements import Reading
from exeat.portfolio.forest import Forest
from exeat.portfolio.keys import Keys
from exeat.portfolio.open_answers import Need, OpenAnswers
from exeat.portfolio.plan import Answers, Plan, item_facts_possible
from exeat.portfolio.source import Source

if TYPE_CHECKING:
    from exeat.portfolio.deciding import Deciding

Progress = Callable[[str, int, int], None]

#: What would settle an open answer is found for each row, for the first class of each trace, or for none.
Asks = Literal["row", "trace", "none"]

#: Which answers stand beside the rows: all columns, or the outcomes with the trace that has the rest.
Shown = Literal["all", "outcomes"]
OUTCOME_COLUMNS = ("outcome_text", "outcome_enforced", "trace_id")


def silent(what: str, done: int, of: int) -> None:
    """Progress nobody watches."""


@dataclass
class Tally:
    """What was counted on the way, for the summary."""

    rows: int = 0
    decided: int = 0
    errors: int = 0
    classes: int = 0
    kinds: int = 0
    programs: int = 0
    traces: int = 0
    asks: int = 0


@dataclass
class Run:
    """Decides one table. Call :meth:`prepare`, then :meth:`decide`, then write with ``duck``."""

    desk: Desk
    duck: Duck
    source: Source
    columns: Columns
    progress: Progress = silent
    days: list[date | None] = field(default_factory=list)
    items: list[str | None] = field(default_factory=list)
    asking: bool = False
    assumed: Mapping[str, Value] = field(default_factory=dict)
    ask: Asks = "row"
    by_class: bool = True
    answers_shown: Shown = "all"

    def __post_init__(self) -> None:
        self.reading = Reading(self.desk, self.columns)
        self.forest = Forest()
        self.tally = Tally(rows=self.source.rows)
        self.vocabulary = self.desk.lawbook.vocabulary
        self.answers: dict[str, Answers] = {}
        self.decisions: list[Decision] = []
        self.combos: list[dict[str, Any]] = []
        self.trace_asks: dict[str, str | None] = {}

    def prepare(self) -> None:
        """Read every distinct part of the table, and make the plan."""
        self.progress("reading what the rows are made of", 0, self.source.rows)
        self.coded = Coded(self.duck, self.source, self.columns, self.reading)
        self._read_days()
        with ThreadPoolExecutor(1) as pool:
            fetched = pool.submit(self.coded.fetch)  # the database reads while the law of these days is made ready
            asked = self._asked_by_law()
            fetched.result()
        self._read_items()
        self.coded.read_numbers()
        self.coded.read_cells(*asked)
        engine = self.desk.engines.on(next((day for day in self.days if day), self.desk.lawbook.begins))
        possible = item_facts_possible(self.desk, engine, [item for item in self.items if item])
        always = frozenset(slot for slot in self.columns.slots if self._always_here(slot))
        self.plan = Plan(self.desk, Shape(self.columns, possible, always, self.assumed), self.answers, self.forest)
        self._write_days()
        self.coded.write_items(self._items)
        self.tally.programs = len(self.program_days)
        self.keys: Keys | Deciding
        if self.by_class:
            self._make_kinds()
            return
        from exeat.portfolio.deciding import Deciding  # NumPy enters there

        self.keys = Deciding(self)
        self.keys.prepare()

    def _read_days(self) -> None:
        found = self.coded.cells(self.columns.date)
        self._days = [(cell, self.reading.day(cell)) for cell in found]
        self.days = [day if isinstance(day, date) else None for _, day in self._days]

    def _read_items(self) -> None:
        column = self.columns.item
        found = self.coded.cells(column) if column else [None]
        self._items = [(cell, self.reading.item(cell)) for cell in found]
        self.items = [None if error is not None or absent(cell) else str(cell) for cell, error in self._items]

    def _asked_by_law(self) -> tuple[Distinctions, frozenset[str]]:
        """How the law of these days tests texts, and the facts it asks."""
        engines = {id(e): e for e in (self.desk.engines.on(day) for day in self.days if day)}
        tests = distinctions_of(engines.values(), self.vocabulary, {m.fact for m in self.columns.read})
        return tests, frozenset().union(*(engine.program.input_facts for engine in engines.values()))

    def _always_here(self, slot: str) -> bool:
        """Whether every row names somebody in this place: some column of it has no empty cell."""
        part = self.coded.parts[f"party:{slot}"]
        return any(not any(absent(cell) for cell in cells) for cells in part.kinds)

    def _write_days(self) -> None:
        self.program_days: dict[int, date] = {}
        rows = []
        for cell, day in self._days:
            program = self.plan.program_of(day) if isinstance(day, date) else None
            if program is not None and isinstance(day, date):
                self.program_days.setdefault(program, day)
            rows.append((cell, program, None if isinstance(day, date) else day))
        self.coded.write_days(rows)

    def _make_kinds(self) -> None:
        self.coded.write_rows()
        self.coded.read_parts()
        for origin, part in self.coded.parts.items():
            self.answers[origin] = Answers(origin, part.elements, self.forest)
        self.keys = keys = Keys(self.coded)
        needed = keys.pairs_needed()
        pairs = [self.plan.pair(program, item, self.items[item], status) for program, item, status in needed]
        keys.write_plan(self.plan, pairs)
        self.tally.kinds = len(self.plan.kinds)

    def decide(self) -> None:
        """Decide every row, and find what would settle those that are open, as far as ``ask`` says.

        By class: one row of each class is decided, and what would settle it found for each row. By signature: rows are
        decided over arrays, and one row of each signature by the desk.
        """
        if isinstance(self.keys, Keys):
            self._decide_classes(self.keys)
        else:
            self._decide_signatures(self.keys)
        self.keys.write_decisions(self.decisions, ANSWER_COLUMNS)

    def _decide_signatures(self, deciding: Deciding) -> None:
        self.decisions = deciding.sign()
        self.trace_asks = dict(deciding.ask()) if self.ask == "trace" else {}
        self.tally.classes, self.tally.asks = len(self.decisions), len(self.trace_asks)

    def _decide_classes(self, keys: Keys) -> None:
        combos = self.combos = keys.combos()
        self.tally.classes = len(combos)
        shared, open_ = Decisions(), OpenAnswers(self.plan, lambda combo: asks_of(self._decided(combo)))
        self.decisions, needs = [], []
        for number, combo in enumerate(combos):
            if number % 100 == 0:
                self.progress("deciding classes of rows", number, len(combos))
            found = self._decided(combo)
            self.decisions.append(shared.of(found))
            if self.ask == "row" and (need := open_.need(number, combo, found)) is not None:
                needs.append(need)
        self._ask_rows(keys, open_, needs)

    def _ask_rows(self, keys: Keys, open_: OpenAnswers, needs: list[Need]) -> None:
        """What would settle the rows of open classes."""
        self.asking = bool(needs)
        if self.asking:
            classes = keys.asks(needs, open_.marks)
            by_d = {need.d: need for need in needs}
            asks = []
            for number, combo in enumerate(classes):
                if number % 100 == 0:
                    self.progress("finding what would settle open answers", number, len(classes))
                asks.append(open_.ask(by_d[int(combo["d"])], combo))
            keys.write_asks(asks)
        self.tally.asks = open_.found

    def determination(self, number: int) -> Determination:
        """The answer to the first row of a class, with its causes; ``number`` as in ``decisions``."""
        return self._decided(self.combos[number])

    def decided_alone(self, combo: Mapping[str, Any]) -> Determination:
        """As the desk decides one row, whatever class it is of."""
        asked = self._asked(combo)
        engine = self.plan.engines[combo["program"]]
        found = engine.determine(asked.facts, asked.parties)
        return self._within_bounds(engine, asked, found)

    def _decided(self, combo: Mapping[str, Any]) -> Determination:
        """As the desk decides. Where no open paragraph reads a figure known within bounds, the bounds need not be gone
        through: the answer, if there is one, is the same over all of them.
        """
        asked = self._asked(combo)
        kind = self.plan.kinds[int(combo["kind"])]
        engine = self.plan.engines[combo["program"]]
        found = engine.determine(asked.facts, asked.parties)
        if any(presumed or _is_open(found, name) for name, presumed in kind.questions.fragile):
            return self._within_bounds(engine, asked, found)
        outcomes: dict[str, str] = {track: found.outcome(track) for track in TRACKS}
        bounded = asked.item is not None and any(asked.facts.get(name) is None for name in asked.item.intervals)
        settled = outcomes if bounded and "unknown" not in outcomes.values() else {}
        return Determination(self.desk.lawbook, engine, asked, found, (), settled)

    def _within_bounds(self, engine: Engine, asked: Asked, found: Valuation) -> Determination:
        """As the desk decides where a figure of the item is known only within bounds."""
        intervals = asked.item.intervals if asked.item is not None else {}
        open_ = {name: bounds for name, bounds in intervals.items() if asked.facts.get(name) is None}
        agreed = agreed_over(engine, asked.facts, asked.parties, open_, found)
        if agreed is None:
            return Determination(self.desk.lawbook, engine, asked, found)
        outcomes: dict[str, str] = dict(zip(TRACKS, agreed.answers[0][:2], strict=True))
        return Determination(self.desk.lawbook, engine, asked, agreed.agreed or found, (agreed,), outcomes)

    def _asked(self, combo: Mapping[str, Any]) -> Asked:
        """The transaction of a class's first row, as the desk reads it."""
        day, engine = self.program_days[combo["program"]], self.plan.engines[combo["program"]]
        facts, item = self.desk.item_facts(self.items[combo["item"]], engine)
        facts.update(self.assumed)
        facts.update(self.coded.parts["row"].elements[combo["row"]].stated)
        facts.update({name: value for name, value in combo["numbers"].items() if combo["status"][name]})
        parties = []
        for slot in self.columns.slots:
            element = self.coded.parts[f"party:{slot}"].elements[combo[f"party:{slot}"]]
            if element.stated:
                parties.append(dict(element.stated))
        if not any(party.get("role") in ("ultimate_consignee", "end_user") for party in parties):
            parties += self.desk.stated_parties((), day)
        return Asked(on=day, known_on=None, item=item, facts=facts, parties=tuple(parties))

    def answer_name(self, name: str) -> str:
        """The column of an answer: its name, unless the table has such a column of its own."""
        return self.keys.answer_name(name)

    @property
    def shown(self) -> list[str]:
        """The answers that stand beside each row: what to ask is one only where it was found for each row."""
        if self.answers_shown == "outcomes":
            return list(OUTCOME_COLUMNS)
        return [name for name in ANSWER_COLUMNS if name != "ask" or self.ask == "row"]

    def write(self, out: Path) -> None:
        """Write the decided rows in their order, and check that none is lost."""
        self.progress("writing", 0, self.source.rows)
        self.keys.write_out(out, ANSWER_COLUMNS, self.shown, asking=self.asking)
        self.tally.decided, self.tally.errors = self.keys.count_out(out)


def _is_open(found: Valuation, name: str) -> bool:
    """Whether an expression that the answer shows is open. What was not run bears on no answer, red flags aside."""
    if name in found.values:
        return found.values[name] is None
    return name in found.program and isinstance(_rule_of(found, name), RedFlag) and found.truth(name) is None


def _rule_of(found: Valuation, name: str) -> object:
    section = found.program[name].section
    return None if section is None else section.rule


__all__ = ["Asks", "Progress", "Run", "Shown", "Tally"]
