"""What stands beside the rows of a table, and how what would settle them is found: for each row, each trace, or not."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from exeat.portfolio.run import Asks, Shown
from exeat.terms import InputError

#: Up to so many rows, what would settle each is found without being asked for.
ASKED_BY_ROW = 20_000


def refuse_asks(asks: str, out: Path, answers: str = "all", *, running: bool = False) -> None:
    """Refuse, before the work, a word that says nothing, or answers without what is needed of them.

    Raises:
        InputError: with the words that are expected, or the way out.
    """
    if asks not in ("auto", *get_args(Asks)):
        raise InputError(f"asks is {asks[:40]!r}; expected row, trace or none")
    if asks in ("trace", "none") and out.suffix.casefold() == ".xlsx":
        raise InputError(f"a workbook shows what to ask for each row: write Parquet or CSV with --asks {asks}")
    if answers not in get_args(Shown):
        raise InputError(f"answers is {answers[:40]!r}; expected all or outcomes")
    if answers == "outcomes" and (asks == "row" or running or out.suffix.casefold() == ".xlsx"):
        what = "--asks row" if asks == "row" else "--running" if running else "a workbook"
        raise InputError(f"--answers outcomes and {what} do not go together: it needs the columns left out")


def asks_for(asks: str, rows: int, out: Path, notes: list[str], answers: str = "all") -> Asks:
    """What ``auto`` means for a table of so many rows; the summary's notes say what was chosen where it is less."""
    found: Asks | None = next((known for known in get_args(Asks) if known == asks), None)
    if found is None and answers == "outcomes":
        return "trace"
    if found is None:
        found = "row" if rows <= ASKED_BY_ROW or out.suffix.casefold() == ".xlsx" else "trace"
        if found == "trace":
            notes.append(
                f"the table has more than {ASKED_BY_ROW:,} rows: what to ask was found for each trace (--traces); "
                "--asks row finds it for each row, which takes longer"
            )
    return found


__all__ = ["ASKED_BY_ROW", "asks_for", "refuse_asks"]
