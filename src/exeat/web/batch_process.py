"""One table decided in a process of its own: what it takes of memory and time it takes there, and it can be ended.

Run as ``python -m exeat.web.batch_process FOLDER``; the folder holds ``job.json``, and ``state.json`` is kept there.
"""

from __future__ import annotations

import json
import re
import sys
import time
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from exeat.catalog import CatalogError
from exeat.lawbook.instrument import LawError
from exeat.logic.errors import LogicError
from exeat.terms import InputError

#: Names in a batch's folder. The table itself is ``table`` with the ending it came with.
JOB, STATE = "job.json", "state.json"
RESULT, TRACES, ERRORS = "result", "traces.parquet", "errors.csv"
#: Memory DuckDB may take before it spills to disk.
_MEMORY = "1GB"
#: A workbook may unpack to at most so many times its own greatest size.
_UNPACKED = 12


def main(folder: Path) -> int:
    """Decide the table of a folder; what came of it stands in its ``state.json``."""
    job = json.loads((folder / JOB).read_text(encoding="utf-8"))
    table = next(path for path in folder.iterdir() if path.stem == "table")
    watch = _Watch(folder, int(job["rows_max"]))
    try:
        refuse_bomb(table, int(job["upload_bytes_max"]))
        from exeat.portfolio.commands import batch

        mapped = {str(key): str(value) for key, value in job["mapped"].items()}
        summary = batch(
            table, folder / f"{RESULT}.{job['form']}", traces=folder / TRACES, errors=folder / ERRORS,
            on=job["on"], mapped=mapped or None, memory=_MEMORY, threads=1, progress=watch,
        )  # fmt: skip
        write_state(folder, {"state": "done", "summary": json.loads(json.dumps(summary, default=str))})
    except (InputError, LawError, LogicError, CatalogError) as error:
        write_state(folder, {"state": "failed", "error": without_paths(" ".join(str(error).split()))})
    except MemoryError:
        write_state(folder, {"state": "failed", "error": "the table needs more memory than this service gives"})
    except Exception as error:
        # What it was is for the log; a table must not be able to show anything of this machine.
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        write_state(folder, {"state": "failed", "error": "the table could not be decided: an internal error"})
    return 0


def without_paths(text: str) -> str:
    """A message without the folders of this machine: of a path the last part stays."""
    return re.sub(r"(?<![\w.])/(?:[^\s'\"/:]+/)+", "", text)


class _Watch:
    """Writes progress, a few times a second, and ends a table with too many rows as soon as they are counted."""

    def __init__(self, folder: Path, rows_max: int) -> None:
        self.folder, self.rows_max, self.last = folder, rows_max, 0.0

    def __call__(self, what: str, done: int, of: int) -> None:
        if of > self.rows_max:
            raise InputError(f"the table has {of:,} rows; this service takes at most {self.rows_max:,}")
        now = time.monotonic()
        if now - self.last > 0.2:
            self.last = now
            write_state(self.folder, {"state": "running", "progress": {"what": what, "done": done, "of": of}})


def refuse_bomb(table: Path, most: int) -> None:
    """Refuse a workbook that says it unpacks to many times what may be sent.

    Raises:
        InputError: it does, or it is not what its ending says.
    """
    if table.suffix not in (".xlsx", ".xlsm", ".xlsb", ".ods"):
        return
    try:
        with zipfile.ZipFile(table) as packed:
            unpacked = sum(entry.file_size for entry in packed.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise InputError(f"the file is not a workbook, though its name ends in {table.suffix}") from None
    if unpacked > most * _UNPACKED:
        raise InputError(f"the workbook unpacks to {unpacked:,} bytes; this service takes at most {most * _UNPACKED:,}")


def write_state(folder: Path, state: dict[str, Any]) -> None:
    """Put a state in its place whole."""
    with suppress(FileNotFoundError):  # the batch was deleted meanwhile
        made = folder / f"{STATE}.part"
        made.write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")
        made.replace(folder / STATE)


def read_state(folder: Path) -> dict[str, Any]:
    """The state of a folder; waiting where none was written yet."""
    try:
        found: dict[str, Any] = json.loads((folder / STATE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {"state": "waiting"}
    return found


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
