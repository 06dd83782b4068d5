"""Tables that were sent and whose columns are still to be named: kept for an hour, then gone."""

from __future__ import annotations

import json
import re
import secrets
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from exeat.terms import InputError
from exeat.web.batches import TABLES, store
from exeat.web.problems import Problem
from exeat.web.settings import Settings

_ID = re.compile(r"[A-Za-z0-9_-]{32}")
_SECONDS, _MOST = 3600, 32
#: Seconds after which a table whose columns cannot be told is given up.
_PATIENCE = 120


@dataclass(frozen=True)
class Upload:
    """A table: its name as it was sent (shown, never opened), where it lies, and what its columns are."""

    id: str
    name: str
    path: Path
    at: float
    rows: int
    columns: tuple[str, ...]
    samples: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


class Uploads:
    """The tables waiting for the names of their columns. Safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._folder = TemporaryDirectory(prefix="exeat-sent-")  # 0700; gone with the process
        self._held: dict[str, Upload] = {}
        self._lock = threading.Lock()

    def keep(self, name: str, table: BinaryIO) -> Upload:
        """Keep a table and read its columns.

        Raises:
            InputError: no table, or one that cannot be read, in one line. Problem: too large (413).
        """
        ending = name.rsplit(".", 1)[-1].casefold() if "." in name else ""
        if ending not in TABLES:
            shown = repr(name[-60:]) if name else "a file without a name"
            raise InputError(f"{shown} is no table: expected a name that ends in .{', .'.join(TABLES)}")
        id_ = secrets.token_urlsafe(24)
        folder = Path(self._folder.name) / id_
        folder.mkdir(mode=0o700)
        path = folder / f"table.{ending}"
        try:
            store(table, path, self.settings.upload_bytes_max)
            told = _columns(path, self.settings.upload_bytes_max)
        except BaseException:
            _gone(folder)
            raise
        rows = int(told["rows"])
        if rows > self.settings.rows_max:
            _gone(folder)
            raise Problem(413, f"the table has {rows:,} rows; this service takes at most {self.settings.rows_max:,}")
        found = Upload(
            id_, name[-120:], path, time.time(), rows, tuple(told["columns"]),
            tuple(tuple(row) for row in told["samples"]), tuple(told["notes"]),
        )  # fmt: skip
        with self._lock:
            self._held[id_] = found
            late = [one.id for one in self._held.values() if one.at < time.time() - _SECONDS]
            oldest = sorted(self._held.values(), key=lambda one: one.at)[: max(0, len(self._held) - _MOST)]
        for one in {*late, *(upload.id for upload in oldest)}:
            self.forget(one)
        return found

    def get(self, id_: str) -> Upload:
        """The table of an id.

        Raises:
            Problem: there is none (404).
        """
        found = self._held.get(id_) if _ID.fullmatch(id_) else None
        if found is None:
            raise Problem(404, "no table waits under this address; it was started, or its hour is over: send it again")
        return found

    def forget(self, id_: str) -> None:
        """Delete a table."""
        with self._lock:
            found = self._held.pop(id_, None)
        if found is not None:
            _gone(found.path.parent)

    def close(self) -> None:
        """Delete every table."""
        self._held.clear()
        self._folder.cleanup()


def _gone(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


def _columns(path: Path, most: int) -> dict[str, Any]:
    """What :mod:`exeat.web.batch_columns` says of a table, in a process that can be ended.

    Raises:
        InputError: it cannot be read, or takes too long.
    """
    words = [sys.executable, "-m", "exeat.web.batch_columns", str(path), str(most)]
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise InputError("the table's columns could not be read in time") from None
    try:
        told: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise InputError("the table's columns could not be read: it needs more than this service gives") from None
    if "error" in told:
        raise InputError(str(told["error"]))
    return told


__all__ = ["Upload", "Uploads"]
