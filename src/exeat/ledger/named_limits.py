"""Numbers of the law by name, with their citations, read from a table. The ledger itself holds none."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from exeat.ledger.errors import LedgerError
from exeat.logic.vocabulary import nearest

COLUMNS = ("name", "amount", "unit", "citation", "confidence", "note")


@dataclass(frozen=True, slots=True)
class NamedLimit:
    """One number of the law: ``amount`` in ``unit`` (TPP, days, percent), and where it stands."""

    name: str
    amount: Decimal
    unit: str
    citation: str
    confidence: str = "primary"
    note: str = ""


class NamedLimits(Mapping[str, NamedLimit]):
    """A table of them; an unknown name is an error that offers the nearest."""

    def __init__(self, limits: Mapping[str, NamedLimit]) -> None:
        self._limits = dict(limits)

    def __getitem__(self, name: str) -> NamedLimit:
        try:
            return self._limits[name]
        except KeyError:
            hint = nearest(name, self._limits)
            raise LedgerError(f"no limit named {name!r}" + (f"; perhaps {hint!r}" if hint else "")) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._limits)

    def __len__(self) -> int:
        return len(self._limits)


def read_limits(path: Path) -> NamedLimits:
    """Read a table (CSV with the columns of :data:`COLUMNS`).

    Raises:
        LedgerError: a missing column, a number that is none, a name twice, no citation; with file and line.
    """
    found: dict[str, NamedLimit] = {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        missing = [column for column in COLUMNS if column not in (rows.fieldnames or ())]
        if missing:
            raise LedgerError(f"{path.name}:1: lacks the columns {', '.join(missing)}")
        for row in rows:
            where = f"{path.name}:{rows.line_num}"
            name, citation = row["name"].strip(), row["citation"].strip()
            try:
                amount = Decimal(row["amount"])
            except InvalidOperation:
                raise LedgerError(f"{where}: amount is {row['amount']!r}; expected a number") from None
            if not name or name in found or not citation:
                raise LedgerError(
                    f"{where}: expected a name that stands once, and a citation; found {name!r}, {citation!r}"
                )
            said = (row["unit"].strip(), citation, row["confidence"].strip() or "primary", row["note"].strip())
            found[name] = NamedLimit(name, amount, *said)
    return NamedLimits(found)
