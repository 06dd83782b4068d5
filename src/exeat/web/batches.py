"""Tables sent to be decided: one at a time in the background, in folders nobody else can read, gone in time."""

from __future__ import annotations

import atexit
import json
import re
import secrets
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, BinaryIO

from exeat.logic.vocabulary import nearest
from exeat.terms import InputError
from exeat.web.batch_process import ERRORS, JOB, RESULT, TRACES, read_state, write_state
from exeat.web.problems import Problem
from exeat.web.settings import Settings

#: Endings of tables that may be sent, and of answers that may be asked for.
TABLES = ("csv", "tsv", "parquet", "xlsx", "xlsm", "xlsb", "xls", "ods", "json", "ndjson", "jsonl")
FORMS = ("parquet", "csv", "xlsx")
_ID = re.compile(r"[A-Za-z0-9_-]{32}")
_CHUNK = 1024 * 1024


def store(table: BinaryIO, path: Path, most: int) -> None:
    """Write what was sent to a new file, and stop as soon as it is more than the service takes.

    Raises:
        Problem: larger than ``most`` bytes. InputError: nothing was sent.
    """
    held = 0
    with path.open("xb") as file:
        while chunk := table.read(_CHUNK):
            held += len(chunk)
            if held > most:
                raise Problem(413, f"the file is larger than {most:,} bytes, which is the most this service takes")
            file.write(chunk)
    if not held:
        raise InputError("the file is empty")


@dataclass
class Batch:
    """One table: its name as it was sent (shown, never opened), where it lies, and what is wanted."""

    id: str
    name: str
    folder: Path
    form: str
    made: float
    expires: float
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def state(self) -> str:
        """waiting, running, done or failed."""
        return str(self.data()["state"])

    def data(self) -> dict[str, Any]:
        """How it stands: ``state``; while it runs ``progress``, then ``summary``, or ``error`` in one line."""
        found = read_state(self.folder)
        return {
            "id": self.id, "name": self.name, "state": found["state"], "form": self.form, "made": _moment(self.made),
            "expires": _moment(self.expires), "progress": found.get("progress"), "summary": found.get("summary"),
            "error": found.get("error"),
        }  # fmt: skip

    def file(self, what: str) -> Path:
        """The finished ``result``, ``traces`` or ``errors``.

        Raises:
            Problem: not finished (409), failed (409), or no such part (404).
        """
        names = {"result": f"{RESULT}.{self.form}", "traces": TRACES, "errors": ERRORS}
        if what not in names:
            raise Problem(404, f"a batch has no {what[:40]!r}; it has {', '.join(names)}")
        found = read_state(self.folder)
        if found["state"] != "done":
            said = found.get("error") or f"the batch is {found['state']}"
            raise Problem(409, f"there is no {what} yet: {said}" if found["state"] != "failed" else said)
        path = self.folder / names[what]
        if not path.is_file():
            raise Problem(404, f"the batch has no {what}")
        return path


class Batches:
    """The tables of one service. Safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._root: Path | None = None
        self._held: dict[str, Batch] = {}
        self._waiting: list[Batch] = []
        self._lock = threading.Lock()
        self._work = threading.Condition(self._lock)
        self._worker: threading.Thread | None = None
        self._process: tuple[Batch, subprocess.Popen[bytes]] | None = None
        self._closed = False

    @property
    def counts(self) -> dict[str, int]:
        """How many are kept, and how many wait."""
        return {"kept": len(self._held), "waiting": len(self._waiting)}

    def start(
        self, name: str, table: BinaryIO, *, on: str | None = None, mapped: Mapping[str, str] | None = None,
        form: str | None = None,
    ) -> Batch:  # fmt: skip
        """Keep a table and decide it when its turn comes.

        Args:
            name: the file's name as it was sent; of it only the ending is used.
            table: its bytes.
            on: the column that holds the day.
            mapped: column to fact.
            form: what the answer is to be: parquet, csv or xlsx (None: as the table, or parquet).

        Raises:
            InputError: an ending or form that is not known. Problem: too large (413), too many waiting (503).
        """
        ending = name.rsplit(".", 1)[-1].casefold() if "." in name else ""
        if ending not in TABLES:
            shown = repr(name[-60:]) if name else "a file without a name"
            raise InputError(
                f"{shown} is no table: expected a name that ends in .{', .'.join(TABLES)}{_perhaps(ending, TABLES)}"
            )
        form = form or (ending if ending in FORMS else "parquet")
        if form not in FORMS:
            raise InputError(f"form is {form[:40]!r}; expected {', '.join(FORMS)}{_perhaps(form, FORMS)}")
        self._sweep()
        with self._lock:
            if len(self._waiting) >= self.settings.batches_waiting_max:
                raise Problem(503, f"{len(self._waiting)} tables are waiting already; try again later")
            if len(self._held) >= self.settings.batches_kept_max:
                raise Problem(503, f"{len(self._held)} tables are kept already; delete one that is done")
            id_ = secrets.token_urlsafe(24)
            folder = self._folder() / id_
            folder.mkdir(mode=0o700)
            now = time.time()
            batch = Batch(id_, name[-120:], folder, form, now, now + self.settings.batch_hours * 3600)
            self._held[id_] = batch  # its place is taken while it is written
        try:
            store(table, folder / f"table.{ending}", self.settings.upload_bytes_max)
            job = {"on": on or None, "mapped": dict(mapped or {}), "form": form, "rows_max": self.settings.rows_max,
                   "upload_bytes_max": self.settings.upload_bytes_max}  # fmt: skip
            (folder / JOB).write_text(json.dumps(job), encoding="utf-8")
        except BaseException:
            self._forget(batch)
            raise
        with self._work:
            self._waiting.append(batch)
            if self._worker is None:
                self._worker = threading.Thread(target=self._run, name="exeat-batches", daemon=True)
                self._worker.start()
            self._work.notify()
        return batch

    def get(self, id_: str) -> Batch:
        """The batch of an id.

        Raises:
            Problem: there is none (404).
        """
        self._sweep()
        batch = self._held.get(id_) if _ID.fullmatch(id_) else None
        if batch is None:
            raise Problem(404, "no batch has this id; it may have been deleted, or its time is over")
        return batch

    def delete(self, id_: str) -> None:
        """End a batch, if it runs, and delete all its files.

        Raises:
            Problem: there is none (404).
        """
        self._forget(self.get(id_))

    def close(self) -> None:
        """End what runs and delete every file."""
        with self._work:
            self._closed = True
            self._work.notify_all()
        for batch in list(self._held.values()):
            self._forget(batch)
        if self._worker is not None:
            self._worker.join(10)
        if self._root is not None:
            shutil.rmtree(self._root, ignore_errors=True)

    def _folder(self) -> Path:
        if self._root is None:
            self._root = Path(mkdtemp(prefix="exeat-web-"))  # 0700, of a name nobody can guess
            atexit.register(shutil.rmtree, self._root, True)
        return self._root

    def _sweep(self) -> None:
        now = time.time()
        for batch in [batch for batch in list(self._held.values()) if batch.expires < now]:
            self._forget(batch)

    def _forget(self, batch: Batch) -> None:
        with self._lock:
            self._held.pop(batch.id, None)
            if batch in self._waiting:
                self._waiting.remove(batch)
            batch.over.set()
            running = self._process
        if running is not None and running[0] is batch:
            running[1].kill()
        shutil.rmtree(batch.folder, ignore_errors=True)

    def _run(self) -> None:
        while True:
            with self._work:
                while not self._waiting and not self._closed:
                    self._work.wait()
                if self._closed:
                    return
                batch = self._waiting.pop(0)
                if batch.over.is_set():
                    continue
                write_state(batch.folder, {"state": "running", "progress": {"what": "starting", "done": 0, "of": 0}})
                words = [sys.executable, "-m", "exeat.web.batch_process", str(batch.folder)]
                process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
                self._process = (batch, process)
            process.wait()
            with self._lock:
                self._process = None
            if batch.over.is_set():
                shutil.rmtree(batch.folder, ignore_errors=True)
            elif read_state(batch.folder)["state"] not in ("done", "failed"):
                write_state(batch.folder, {"state": "failed", "error": "the table could not be decided: it was ended"})


def _perhaps(word: str, known: Sequence[str]) -> str:
    hint = nearest(word, known) if word else None
    return f"; perhaps {hint!r}" if hint else ""


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


__all__ = ["FORMS", "TABLES", "Batch", "Batches"]
