"""Tables from Python: what ``exeat.batch`` takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from exeat.portfolio import commands
from exeat.portfolio.duck import literal, opened
from exeat.terms import InputError

if TYPE_CHECKING:
    import pyarrow


@dataclass(frozen=True)
class Decided:
    """A table that was decided: ``summary`` as plain data, and ``table`` (Arrow), unless it was written to a file."""

    summary: Mapping[str, Any]
    _table: Any = field(default=None, repr=False)

    @property
    def table(self) -> pyarrow.Table:
        """The rows with their answers, in order (of a comparison, those that move), as an Arrow table.

        Raises:
            InputError: they were written to a file instead.
        """
        if self._table is None:
            raise InputError(f"the rows are in {self.summary['out']}; without 'out' they would be here")
        return self._table

    def to_pandas(self) -> Any:
        """The rows as a pandas frame."""
        return self.table.to_pandas()

    def to_polars(self) -> Any:
        """The rows as a Polars frame."""
        import polars

        return polars.from_arrow(self.table)


def decide(table: Any, out: str | Path | None, compare: Any, compare_law: Any, options: Mapping[str, Any]) -> Decided:
    """See :func:`exeat.batch`.

    Raises:
        InputError: as there.
    """
    with TemporaryDirectory(prefix="exeat-batch-") as folder:
        path = Path(folder) / "answers.parquet" if out is None else Path(out)
        if compare is not None or compare_law is not None:
            found = commands.compare(table, path, tuple(compare or ()), law=compare_law, **options)
        else:
            found = commands.batch(table, path, **options)
        if out is not None:
            return Decided(found)
        with opened() as (duck, _):
            rows = duck.connection.sql(f"SELECT * FROM read_parquet({literal(str(path))})")
            return Decided({**found, "out": None}, rows.to_arrow_table())


__all__ = ["Decided", "decide"]
