"""How what would settle open answers is found for a table: for each row, for each trace, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from exeat.portfolio.run import Asks
from exeat.terms import InputError

#: Up to so many rows, what would settle each is found without being asked for.
ASKED_BY_ROW = 20_000


def refuse_asks(asks: str, out: Path) -> None:
    """Refuse, before the work, a word that says nothing, or a workbook without its column of what to ask.

    Raises:
        InputError: with the words that are expected, or the way out.
    """
    if asks not in ("auto", *get_args(Asks)):
        raise InputError(f"asks is {asks[:40]!r}; expected row, trace or none")
    if asks in ("trace", "none") and out.suffix.casefold() == ".xlsx":
        raise InputError(f"a workbook shows what to ask for each row: write Parquet or CSV with --asks {asks}")


def asks_for(asks: str, rows: int, out: Path, notes: list[str]) -> Asks:
    """What ``auto`` means for a table of so many rows; the summary's notes say what was chosen where it is less."""
    found: Asks | None = next((known for known in get_args(Asks) if known == asks), None)
    if found is None:
        found = "row" if rows <= ASKED_BY_ROW or out.suffix.casefold() == ".xlsx" else "trace"
        if found == "trace":
            notes.append(
                f"the table has more than {ASKED_BY_ROW:,} rows: what to ask was found for each trace (--traces); "
                "--asks row finds it for each row, which takes longer"
            )
    return found


__all__ = ["ASKED_BY_ROW", "asks_for", "refuse_asks"]
