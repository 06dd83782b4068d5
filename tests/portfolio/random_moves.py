"""Random tables compared between two days, against the desk asked about each row on each day by itself."""

from __future__ import annotations

import random
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from random_tables import FIRST, LAST, RandomTable

from exeat.desk import Desk
from exeat.determination.answer import Determination
from exeat.portfolio.columns import read_columns, transaction_of
from exeat.portfolio.commands import compare
from exeat.portfolio.decision import decision_of
from exeat.terms import InputError

_SINCE = re.compile(r", from (\d{4}-\d\d-\d\d)")


def answer_of(found: Determination) -> dict[str, Any]:
    """What of an answer is compared: where an outcome is the same, how it would be met or what stands in for it."""
    named = dict(zip(_NAMES, decision_of(found, None).answer[:11], strict=True))
    return {name: value for name, value in named.items() if name not in ("eccn", "ask")}


_NAMES = (
    "outcome_text", "outcome_enforced", "eccn", "requirements_text", "requirements_enforced", "exceptions_text",
    "exceptions_enforced", "review_policy_text", "review_policy_enforced", "red_flags", "ask",
)  # fmt: skip


def moved(a: dict[str, Any], b: dict[str, Any]) -> bool:
    """Whether an answer moves, said once more in other words than those of the library."""
    for track in ("text", "enforced"):
        outcome = a[f"outcome_{track}"]
        if outcome != b[f"outcome_{track}"] or a[f"review_policy_{track}"] != b[f"review_policy_{track}"]:
            return True
        sure = [[s for s in (x[f"exceptions_{track}"] or "").split("; ") if s[-1:] not in ("", "?")] for x in (a, b)]
        if outcome in ("license_exception", "authorized") and sorted(sure[0]) != sorted(sure[1]):
            return True
    return bool(a["red_flags"] != b["red_flags"])


def wrong_moves(desk: Desk, seed: int, count: int, folder: Path) -> tuple[list[str], int]:
    """What is wrong with the moves of a random table between two random days, in words; and how many rows move."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = RandomTable(desk, seed)
    pick = random.Random(seed)
    span = (LAST - FIRST).days
    begins = desk.lawbook.begins
    first, last = sorted(max(FIRST + timedelta(days=pick.randint(0, span)), begins) for _ in range(2))
    rows = list(table.sample(count))
    arrow = pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in table.columns})
    told = compare(arrow, folder / "moved.parquet", (str(first), str(last)), desk=desk)
    got = {row["row"]: row for row in pq.read_table(folder / "moved.parquet").to_pylist()}
    columns = read_columns(table.columns, desk.lawbook.vocabulary)
    found = []
    for number, row in enumerate(rows, 1):
        try:
            stated = transaction_of(row, columns, desk.lawbook.vocabulary)
            a, b = (answer_of(desk.check({**stated, "date": day})) for day in (first, last))
        except InputError:
            if number in got:
                found.append(f"seed {seed} row {number}: moves, and cannot be read")
            continue
        where = f"seed {seed} {first} to {last} row {number} {row}"
        if moved(a, b) != (number in got):
            found.append(f"{where}: {a} to {b}; told as moved: {number in got}")
        elif number in got:
            found += [f"{where}: {fault}" for fault in _faults(got[number], a, b, first, last)]
    if told["moved"] != len(got):
        found.append(f"seed {seed}: {told['moved']} told, {len(got)} written")
    return found, len(got)


def _faults(row: dict[str, Any], a: dict[str, Any], b: dict[str, Any], first: date, last: date) -> list[str]:
    found = []
    for name in ("outcome_text", "outcome_enforced", "review_policy_text", "review_policy_enforced"):
        if (row[f"{name}_a"], row[f"{name}_b"]) != (a[name], b[name]):
            found.append(f"{name} is {a[name]} and {b[name]}, told {row[f'{name}_a']} and {row[f'{name}_b']}")
    days = [date.fromisoformat(day) for day in _SINCE.findall(row["moved_by"] or "")]
    if not days:
        found.append(f"nothing moved it: {row['moved']}")
    # What moves an answer between two days takes effect (or ends) after the first and not after the last.
    found += [f"moved by what did not change: {row['moved_by']}" for day in days if not first < day <= last]
    return found
