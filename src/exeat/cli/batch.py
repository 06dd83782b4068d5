"""``exeat batch``: decide every row of a table."""

from __future__ import annotations

from pathlib import Path

from exeat.cli import DECIDED, UNKNOWN
from exeat.cli.show import write, write_json
from exeat.library import desk
from exeat.terms import InputError


def run_batch(table: str, out: str, on: str | None, mapped: list[str], *, as_json: bool) -> int:
    """Decide the rows of ``table`` into the Parquet file ``out``; exit code 3 when a row could not be read.

    Raises:
        InputError: the table, a column or a mapping cannot be read; DuckDB is not installed.
    """
    try:
        from exeat.portfolio.commands import batch
    except ModuleNotFoundError as error:
        raise InputError(f"tables need {error.name}: pip install 'exeat[tables]'") from None
    pairs = {}
    for pair in mapped:
        column, equals, fact = pair.partition("=")
        if not equals:
            raise InputError(f"--map {pair}: expected COLUMN=FACT")
        pairs[column] = fact
    if Path(out).suffix.casefold() != ".parquet":
        raise InputError(f"--out {out}: expected a name that ends in .parquet")
    found = batch(table, out, on=on, mapped=pairs, desk=desk())
    if as_json:
        write_json(found)
    else:
        write(_told(found))
    return UNKNOWN if found["errors"] else DECIDED


def _told(found: dict[str, object]) -> list[str]:
    lines = [f"{found['rows']:,} rows: {found['decided']:,} decided, {found['errors']:,} could not be read"]
    outcomes = found["outcomes"]
    assert isinstance(outcomes, dict)
    for track, counts in outcomes.items():
        lines.append(f"{track}:")
        lines += [f"  {count:>12,}  {name.replace('_', ' ')}" for name, count in counts.items()]
    ignored = found["not_understood"]
    assert isinstance(ignored, dict)
    for column, near in ignored.items():
        lines.append(f"column {column!r} is no fact and was carried along" + (f"; perhaps {near}" if near else ""))
    return [*lines, f"written to {found['out']}"]
