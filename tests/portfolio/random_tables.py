"""Random tables over the vocabulary: every kind of column, cells left empty, said to be unknown, or at the values at
which some condition turns. ``python tests/portfolio/random_tables.py 100000`` compares so many rows with the desk, by
signature and by class; ``… 100000 1000 0 none`` (1000 a table, from seed 0) by signature alone, which is quicker;
``… 4000 500 0 'local-cluster[2,1,1024]'`` (and perhaps ``none``) with the desk and with Spark."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from exeat.contents import CONTAINED_FACTS
from exeat.desk import Desk
from exeat.portfolio.columns import SLOTS

FIRST, LAST = date(2022, 1, 1), date(2026, 12, 31)
COUNTRIES = ("DE", "CN", "US", "SA", "AE", "IN", "RU", "MO", "TW", "KR", "BR", "IL", "KP", "CU", "VN", "GB")
LIKELY = {
    "form": ("integrated_circuit",),
    "specified_in_eccn": ("none",),
    "subject_to_ear": ("yes",),
    "activity": ("export", "reexport", "transfer"),
}


def cell(value: object) -> str:
    """A value as a cell of text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


class RandomTable:
    """One shape of table, and rows for it."""

    def __init__(self, desk: Desk, seed: int, days: int = 4) -> None:
        self.random = random.Random(seed)
        self.desk = desk
        span = (LAST - FIRST).days
        self.days = [FIRST + timedelta(days=self.random.randint(0, span)) for _ in range(days)]
        self.items = self.random.sample(sorted(desk.catalog.items), 12)
        self.candidates: dict[str, list[str]] = {}
        self._choose()

    def _choose(self) -> None:
        pick = self.random
        vocabulary = self.desk.lawbook.vocabulary
        engine = self.desk.engines.on(self.days[0])
        asked = sorted(engine.program.input_facts)
        taken = {"destination", "quantity", *CONTAINED_FACTS}  # what an item contains may not stand beside the item
        of_rows = [n for n in asked if not vocabulary[n].party and n not in taken]
        of_party = [n for n in asked if vocabulary[n].party and n != "role"]
        share = pick.choice((0.03, 0.1, 0.3))
        self.rows = [n for n in of_rows if pick.random() < share or (n in LIKELY and pick.random() < 0.5)]
        self.rows += [n for n in ("destination", "quantity", "origin") if pick.random() < 0.8 and n not in self.rows]
        self.slots = [slot for slot in SLOTS if pick.random() < (0.8 if slot == "ultimate_consignee" else 0.3)]
        base = ("location", "headquarters", "ultimate_parent_headquarters")
        self.party = {
            slot: [n for n in of_party if pick.random() < (0.7 if n in base else share)] for slot in self.slots
        }
        self.lists = {slot for slot in self.slots if pick.random() < 0.3}
        for name in {*self.rows, *(n for names in self.party.values() for n in names)}:
            found = [cell(v) for v in engine.turning.candidates(name, {"tpp_per_unit": Decimal(15832), "quantity": 8})]
            self.candidates[name] = [*COUNTRIES] if vocabulary[name].country else found or ["0", "1", "1000"]
        self.with_item = pick.random() < 0.85
        # A calm table departs in few cells from an order that is decided: there one cell more or less decides.
        self.calm = pick.random() < 0.5
        if self.calm:
            self._calmed()

    def _calmed(self) -> None:
        pick, vocabulary = self.random, self.desk.lawbook.vocabulary
        base = ("location", "headquarters", "ultimate_parent_headquarters")
        self.rows = list(dict.fromkeys([*LIKELY, "destination", "quantity", "origin", *self.rows]))
        self.slots = list(dict.fromkeys(["ultimate_consignee", *self.slots]))
        for slot in self.slots:
            self.party[slot] = list(dict.fromkeys([*base, *self.party.get(slot, ())]))
        self.usual: dict[str, str | None] = {}
        for name in {*self.rows, *(n for names in self.party.values() for n in names)}:
            declared = vocabulary[name]
            self.candidates.setdefault(name, [*COUNTRIES] if declared.country else ["yes", "no"])
            usual: str | None = None if pick.random() < 0.5 else "no"
            if declared.type != "yes/no":
                usual = "?" if declared.type == "number" and pick.random() < 0.2 else None
            self.usual[name] = LIKELY.get(name, (usual,))[0]
        place = pick.choice(COUNTRIES)
        self.usual.update(dict.fromkeys(("destination", *base), place), quantity="8", origin="US")

    @property
    def columns(self) -> list[str]:
        found = ["date", *(["item"] if self.with_item else []), *self.rows]
        for slot in self.slots:
            found += [f"{slot}_{name}" for name in self.party[slot]]
            found += [f"{slot}_lists"] if slot in self.lists else []
        return found

    def _cell(self, name: str) -> str | None:
        if self.calm and self.random.random() < 0.93:
            return self.usual[name]
        pick = self.random.random()
        if pick < 0.12:
            return None
        if pick < 0.16:
            return "?"
        if name in LIKELY and pick < 0.8:
            return self.random.choice(LIKELY[name])
        if name == "quantity":
            return str(self.random.choice((1, 8, 202, 203, 512, 1700, 10**14)))
        return self.random.choice(self.candidates[name])

    def row(self) -> dict[str, Any]:
        pick = self.random
        found: dict[str, Any] = {"date": pick.choice(self.days).isoformat()}
        if self.with_item:
            found["item"] = pick.choice(self.items) if pick.random() < 0.95 else None
        for name in self.rows:
            found[name] = self._cell(name)
        for slot in self.slots:
            absent = pick.random() < 0.2
            for name in self.party[slot]:
                found[f"{slot}_{name}"] = None if absent else self._cell(name)
            if slot in self.lists:
                found[f"{slot}_lists"] = None if absent else pick.choice((None, "none", "EL", "UVL; SDN", "MEU"))
        return found

    def sample(self, count: int) -> Iterator[dict[str, Any]]:
        return (self.row() for _ in range(count))


def _as_exported(row: dict[str, Any], number: int, types: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {**row, "asks": number, "kind": "x", "d": 0, "date": date.fromisoformat(row["date"])}
    if str(types.get("quantity")) == "int64":
        cell = row["quantity"]
        found["quantity"] = int(cell) if cell is not None and cell.isdigit() else None
    return found


def disagreements(
    desk: Desk, seed: int, count: int, folder: Path, asks_every: int = 1, master: str | None = None, days: int = 4,
    by_class: bool = True,
) -> list[str]:  # fmt: skip
    """Rows of a random table on which the batch and the desk differ, in words; asks, which are slow, on every n-th.

    The rows lie on so many ``days``; each has a plan of its own, which takes longer than the rows. Rows are decided by
    signature (which finds no asks), and ``by_class``: both must say the same.
    With the ``master`` of a Spark cluster, the table is decided there as well, from four files.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    from exeat.portfolio.columns import read_columns, transaction_of
    from exeat.portfolio.commands import batch
    from exeat.portfolio.decision import ANSWER_COLUMNS, asks_of, decision_of
    from exeat.terms import InputError

    table = RandomTable(desk, seed, days)
    rows = list(table.sample(count))
    types = dict.fromkeys(table.columns, pa.string())
    if seed % 2:  # as a database exports it: whole numbers, days, and columns with names of our own making
        types.update({"date": pa.date32(), "asks": pa.int64(), "kind": pa.string(), "d": pa.int64()})
        if "quantity" in table.columns:
            types["quantity"] = pa.int64()
        rows = [_as_exported(row, number, types) for number, row in enumerate(rows)]
    arrow = pa.table({name: pa.array([row[name] for row in rows], kind) for name, kind in types.items()})
    batch(arrow, folder / "signed.parquet", desk=desk, asks="none")
    decided = signed = pq.read_table(folder / "signed.parquet").to_pylist()
    columns = read_columns(list(types), desk.lawbook.vocabulary)
    found = []
    if by_class:
        batch(arrow, folder / "decided.parquet", desk=desk)
        decided = pq.read_table(folder / "decided.parquet").to_pylist()
        for number, (got, other) in enumerate(zip(decided, signed, strict=True), 1):
            names = [name for name in got if name != "ask" and got[name] != other[name]]
            if names:
                told = [(name, got[name], other[name]) for name in names]
                found.append(f"seed {seed} row {number} {rows[number - 1]}: by class and by signature differ: {told}")
    if master is not None:
        asks = "row" if by_class else "none"
        for number, (got, other) in enumerate(
            zip(decided, on_spark(desk, arrow, folder, master, asks), strict=True), 1
        ):
            if got != other:
                names = [name for name in got if got[name] != other[name]]
                found.append(f"seed {seed} row {number}: DuckDB and Spark differ in {', '.join(names)}: {got} {other}")
    for number, (row, got) in enumerate(zip(rows, decided, strict=True), 1):
        try:
            stated = transaction_of(row, columns, desk.lawbook.vocabulary)
            alone = desk.check(stated)
            asks = asks_of(alone) if by_class and number % asks_every == 0 else got.get("ask")
            expected = dict(zip(ANSWER_COLUMNS, decision_of(alone, asks).answer, strict=True))
        except InputError as error:
            expected = {"error": str(error)}
            if got["error"] is None:
                found.append(f"seed {seed} row {number}: batch decided what the desk refuses: {error}")
            continue
        for name, value in expected.items():
            if name in got and got[name] != value:
                found.append(f"seed {seed} row {number} {row}: {name}: desk {value!r}, batch {got[name]!r}")
                break
    return found


def on_spark(desk: Desk, table: Any, folder: Path, master: str, asks: str) -> list[dict[str, Any]]:
    """The table decided on Spark."""
    import pyarrow.parquet as pq

    from exeat.portfolio.spark import batch_on_spark

    parts = folder / "parts"
    parts.mkdir()
    each = -(-table.num_rows // 4)
    for number in range(4):
        pq.write_table(table.slice(number * each, each), parts / f"part-{number}.parquet")
    batch_on_spark(parts, folder / "on_spark.parquet", master=master, desk=desk, asks=asks)
    found: list[dict[str, Any]] = pq.read_table(folder / "on_spark.parquet").to_pylist()
    return found


if __name__ == "__main__":
    import tempfile
    import time

    total, each = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 500
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    quickly = "none" in sys.argv[4:]
    cluster = next((word for word in sys.argv[4:] if word != "none"), None)  # as local-cluster[2,1,1024]
    shared, wrong, start = Desk(), 0, time.time()
    open_ = ExitStack()
    if cluster is not None:
        from exeat.portfolio.spark import session

        open_.enter_context(session(cluster))
    for seed in range(first, first + -(-total // each)):
        with tempfile.TemporaryDirectory() as name:
            for line in disagreements(shared, seed, each, Path(name), master=cluster, by_class=not quickly):
                wrong += 1
                if wrong <= 20:
                    print(line[:1500])
        print(
            f"{(seed - first + 1) * each:,} rows compared, {wrong} differ, {time.time() - start:.0f} s", file=sys.stderr
        )
    open_.close()
    sys.exit(bool(wrong))
