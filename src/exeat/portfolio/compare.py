"""What changed: one table decided in two ways (on two days, under two laws, on two tracks), and only the rows whose
answer moves, each with the instruments that moved it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from exeat.desk import Desk
from exeat.determination.program import TRACKS
from exeat.determination.step import Track
from exeat.determination.vigilance import red_flags
from exeat.portfolio.columns import read_columns
from exeat.portfolio.days import Order
from exeat.portfolio.decision import ANSWER_COLUMNS, Decision
from exeat.portfolio.duck import Duck, literal, opened, quoted
from exeat.portfolio.moved_by import Cause, Comparison, Side
from exeat.portfolio.run import Progress, Run, silent
from exeat.portfolio.screened import with_screening
from exeat.portfolio.source import Source
from exeat.portfolio.watching import Watched
from exeat.supplied import PartyScreening

_PLACE = {name: place for place, name in enumerate(ANSWER_COLUMNS)}
_BY_USE = ("license_exception", "authorized")
#: Of an answer, what stands beside a row that moved: for each of two ways, or once where the tracks are compared.
_SHOWN = ("outcome_text", "outcome_enforced", "review_policy_text", "review_policy_enforced", "eccn", "reason")


@dataclass(frozen=True)
class Way:
    """One way to decide a table: a desk, one day for all rows (None: each its own), one track (None: both)."""

    name: str
    desk: Desk
    day: date | None = None
    track: Track | None = None


@dataclass(frozen=True)
class Means:
    """How the table is read and what may be taken for it."""

    mapped: Mapping[str, str] | None
    on: str | None
    dates: Order
    screening: PartyScreening | None
    memory: str
    threads: int | None
    progress: Progress


@dataclass(frozen=True)
class Move:
    """How an answer moved: in what; what it was and what it is, by track and part; and by what."""

    what: tuple[str, ...]
    changes: tuple[tuple[str, str, str, str], ...]
    causes: tuple[Cause, ...]


class Compared:
    """A table decided in two ways. :meth:`write` writes the rows that move; ``summary`` tells of them."""

    def __init__(self, duck: Duck, folder: Path, source: Source, ways: tuple[Way, Way], means: Means) -> None:
        self.duck, self.folder, self.source, self.ways, self.means = duck, folder, source, ways, means
        self.by_track = ways[0].track is not None
        first = self._decided("a", ways[0])
        second = first if self.by_track else self._decided("b", ways[1])
        self.runs = (first[0], second[0])
        join = f"FROM ({first[1]}) AS a JOIN ({second[1]}) AS b USING (n)"
        duck.run(
            f"CREATE TEMP TABLE pairs AS SELECT n, a.k AS k_a, b.k AS k_b, {self._fault()} AS error {join} ORDER BY n"
        )
        self.moves: dict[tuple[int, int], tuple[Move, int]] = {}
        self._find_moves()
        self._write_moves()

    def _fault(self) -> str:
        """Why a row cannot be read; with the name of the way where only one of them cannot read it."""
        each = ", ".join(
            f"{literal(way.name + ': ')} || {side}.error" for way, side in zip(self.ways, "ab", strict=True)
        )
        return f"CASE WHEN a.error IS NOT DISTINCT FROM b.error THEN a.error ELSE concat_ws('; ', {each}) END"

    def _decided(self, letter: str, way: Way) -> tuple[Run, str]:
        """Decide the columns that are read, in a database of its own; the query gives row, class and error."""
        columns = read_columns(
            self.source.columns, way.desk.lawbook.vocabulary, self.means.mapped, self.means.on, dated=way.day is None,
            dates=self.means.dates,
        )  # fmt: skip
        cells = []
        for meaning in columns.read:
            stated = literal(way.day.isoformat()) if way.day and meaning.kind == "date" else quoted(meaning.column)
            cells.append(f"{stated} AS {quoted(meaning.column)}")
        cells += [quoted(name) for name in self.source.hidden]
        folder = self.folder / letter
        folder.mkdir()
        narrow, made = folder / "read.parquet", folder / "decided.parquet"
        self.duck.copy(f"SELECT {', '.join(cells)} FROM source", narrow)

        def told(what: str, done: int, of: int) -> None:
            self.means.progress(f"{way.name}: {what}" if not self.by_track else what, done, of)

        with (
            opened(self.means.memory, self.means.threads) as (own, _),
            Watched(own, None if self.means.progress is silent else told) as watched,
        ):
            source = Source(own, folder, narrow)
            if self.means.screening is not None:
                source, columns = with_screening(way.desk, own, folder, source, columns, self.means.screening, watched)
            run = Run(way.desk, own, source, columns, watched, ask="none")
            run.prepare()
            run.decide()
            # The class of a row stands where its trace would.
            numbered = [replace(d, answer=(*d.answer[:-1], str(n))) for n, d in enumerate(run.decisions)]
            run.keys.write_decisions(numbered, ANSWER_COLUMNS)
            run.write(made)
        narrow.unlink()
        number, class_ = quoted(run.source.number), quoted(run.answer_name("trace_id"))
        scan = f"read_parquet({literal(str(made))})"
        return run, f"SELECT {number} AS n, CAST({class_} AS BIGINT) AS k, error FROM {scan}"

    def _find_moves(self) -> None:
        pairs = self.duck.rows(
            "SELECT k_a, k_b, count(*) FROM pairs WHERE error IS NULL AND k_a IS NOT NULL AND k_b IS NOT NULL "
            "GROUP BY 1, 2 ORDER BY 1, 2"
        )
        for number, (k_a, k_b, count) in enumerate(pairs):
            if number % 100 == 0:
                self.means.progress("finding what moved the answers", number, len(pairs))
            move = self._move(int(k_a), int(k_b))
            if move is not None:
                self.moves[int(k_a), int(k_b)] = move, int(count)

    def _move(self, k_a: int, k_b: int) -> Move | None:
        """What differs between the answers of two classes, and why; None where nothing does."""
        first, second = self.ways[0].track, self.ways[1].track
        tracks = [(first, second)] if first and second else [(track, track) for track in TRACKS]
        answers = self.runs[0].decisions[k_a], self.runs[1].decisions[k_b]
        parted = {pair: list(_parted(answers, pair, flags=not self.by_track)) for pair in tracks}
        if not any(parted.values()):
            return None
        found = self.runs[0].determination(k_a), self.runs[1].determination(k_b)
        causes: dict[Cause, None] = {}
        what: dict[str, None] = {}
        changes = []
        for (before, after), parts in parted.items():
            for part in parts:
                a, b = (_part_of(d, part, track) for d, track in zip(answers, (before, after), strict=True))
                changes.append(("" if self.by_track or part == "red flags" else after, part, a, b))
                what[part if self.by_track or part == "red flags" else f"{part} ({after})"] = None
                sides = Side(found[0], before), Side(found[1], after)
                causes.update(dict.fromkeys(Comparison(*sides).of(list(_words(part, sides)))))
        return Move(tuple(what), tuple(dict.fromkeys(changes)), tuple(sorted(causes)))

    @property
    def _answer_names(self) -> list[str]:
        return list(_SHOWN) if self.by_track else [f"{name}_{side}" for name in _SHOWN for side in "ab"]

    def _write_moves(self) -> None:
        """One row for each pair of classes that moves: the answers on both sides, in what they differ, and by what."""
        rows = []
        for (k_a, k_b), (move, _) in self.moves.items():
            sides = [_shown(self.runs[0].decisions[k_a]), _shown(self.runs[1].decisions[k_b])]
            answers = sides[0] if self.by_track else [cell for pair in zip(*sides, strict=True) for cell in pair]
            rows.append((k_a, k_b, "; ".join(move.what), *answers, "; ".join(map(str, move.causes)) or None))
        texts = dict.fromkeys(("moved", *self._answer_names, "moved_by"), "VARCHAR")
        self.duck.table("moves", {"k_a": "BIGINT", "k_b": "BIGINT", **texts}, rows)

    def write(self, made: Path) -> None:
        """The rows that move, in order: number, every column, what moved, the answers, and what moved them."""
        taken = {column.casefold() for column in self.source.columns}
        named = [
            f"m.{quoted(name)} AS {quoted(f'exeat_{name}' if name in taken else name)}"
            for name in ("moved", *self._answer_names, "moved_by")
        ]
        at = f"s.{quoted(self.source.number)}"
        kept = ", ".join([at, *(f"s.{quoted(name)}" for name in self.source.columns), *named])
        self.duck.copy(
            f"SELECT {kept} FROM source AS s JOIN pairs ON pairs.n = {at} JOIN moves AS m USING (k_a, k_b) "
            f"WHERE pairs.error IS NULL ORDER BY {at}",
            made,
        )

    @property
    def errors(self) -> str:
        """A query for the number of each row that cannot be read, and why."""
        return "SELECT n, error FROM pairs WHERE error IS NOT NULL"

    def summary(self) -> dict[str, Any]:
        """How many rows move, from which outcome to which, and by which instrument."""
        changes: dict[tuple[str, str, str, str], int] = {}
        causes: dict[Cause, int] = {}
        for move, count in self.moves.values():
            for change in move.changes:
                changes[change] = changes.get(change, 0) + count
            for cause in move.causes:
                causes[cause] = causes.get(cause, 0) + count
        errors = int(self.duck.one(f"SELECT count(*) FROM ({self.errors})"))
        return {
            "compared": [way.name for way in self.ways],
            "rows": self.source.rows,
            "decided": self.source.rows - errors,
            "errors": errors,
            "moved": sum(count for _, count in self.moves.values()),
            "moves": [
                {**({"track": track} if track else {}), "what": part, "from": a, "to": b, "rows": count}
                for (track, part, a, b), count in sorted(changes.items(), key=lambda one: (-one[1], one[0]))
            ],
            "moved_by": [
                {**_plain(cause), "rows": count}
                for cause, count in sorted(causes.items(), key=lambda one: (-one[1], one[0]))
            ],
            "not_traced": sum(count for move, count in self.moves.values() if not move.causes),
            "law": [run.desk.lawbook.digest for run in self.runs],
            "not_understood": dict(self.runs[0].columns.unread),
            "notes": list(self.source.notes),
        }


def _plain(cause: Cause) -> dict[str, str]:
    names = ("instrument", "provision", "how", "since", "source", "confidence")
    return {name: getattr(cause, name) for name in names}


def _of(decision: Decision, name: str) -> str | None:
    return decision.answer[_PLACE[name]]


def _part_of(decision: Decision, part: str, track: Track) -> str:
    """A part of an answer as a text."""
    name = "red_flags" if part == "red flags" else f"{part.replace(' ', '_')}_{track}"
    found = _of(decision, name)
    return ("; ".join(sorted(_sure(found))) if part == "exceptions" else found) or "none"


def _shown(decision: Decision) -> list[str | None]:
    return [decision.trace.reason if name == "reason" else _of(decision, name) for name in _SHOWN]


def _parted(answers: tuple[Decision, Decision], tracks: tuple[Track, Track], *, flags: bool) -> Iterator[str]:
    """In what two answers differ: the outcome; or else how an application would be met, or what stands in for one."""

    def differ(name: str) -> bool:
        a, b = (_of(d, f"{name}_{track}") for d, track in zip(answers, tracks, strict=True))
        return a != b if name != "exceptions" else _sure(a) != _sure(b)

    if differ("outcome"):
        yield "outcome"
    else:
        if differ("review_policy"):
            yield "review policy"
        if _of(answers[0], f"outcome_{tracks[0]}") in _BY_USE and differ("exceptions"):
            yield "exceptions"
    if flags and _of(answers[0], "red_flags") != _of(answers[1], "red_flags"):
        yield "red flags"


def _sure(listed: str | None) -> set[str]:
    """The exceptions that are usable, without those on which a missing fact decides."""
    return {word for word in (listed or "").split("; ") if word and not word.endswith("?")}


def _words(part: str, sides: tuple[Side, Side]) -> Iterator[str]:
    """The expressions that hold a part of the answer, by the names of :class:`Side`."""
    match part:
        case "outcome":
            yield "*outcome"
        case "review policy":
            yield "*review_policy"
        case "exceptions":
            for side in sides:
                rules = (s.rule for s in side.found.engine.program.reliefs if s.rule is not None)
                words = (f"*{rule.name}" for rule in rules)
                yield from (word for word in words if True in (sides[0].value(word), sides[1].value(word)))
        case "red flags":
            for side in sides:
                yield from (s.rule.name for s in red_flags(side.found.engine.program.law) if s.rule is not None)


__all__ = ["Compared", "Means", "Way"]
