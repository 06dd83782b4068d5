"""The columns of one table, told by a process of its own: ``python -m exeat.web.batch_columns TABLE BYTES``.

It writes JSON: ``columns``, up to three rows of ``samples``, how many ``rows``, ``notes``; or an ``error`` in one line.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from exeat.terms import InputError
from exeat.web.batch_process import refuse_bomb

_MEMORY, _SAMPLES, _CELL = "512MB", 3, 60


def columns_of(table: Path, most: int) -> dict[str, Any]:
    """What a table's columns are called and what their first cells say.

    Raises:
        InputError: it cannot be read as a table.
    """
    from exeat.portfolio.duck import opened, quoted
    from exeat.portfolio.source import Source

    refuse_bomb(table, most)
    with opened(_MEMORY, 1) as (duck, folder):
        source = Source(duck, folder, table)
        names = ", ".join(map(quoted, source.columns))
        rows = duck.rows(f"SELECT {names} FROM source LIMIT {_SAMPLES}") if names else []
        return {
            "rows": int(source.rows),
            "columns": list(source.columns),
            "samples": [["" if cell is None else str(cell)[:_CELL] for cell in row] for row in rows],
            "notes": list(source.notes),
        }


def main(table: str, most: str) -> int:
    """Write what is told of a table to standard output."""
    try:
        told = columns_of(Path(table), int(most))
    except InputError as error:
        # The name it lies under here is nobody's business.
        told = {"error": " ".join(str(error).replace(table, "the table").split())}
    except MemoryError:
        told = {"error": "the table needs more memory than this service gives"}
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        told = {"error": "the table cannot be read: an internal error"}
    sys.stdout.write(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
