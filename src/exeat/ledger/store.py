"""The database: SQLite by default, PostgreSQL in production. Transactions, retries, and errors said plainly."""

from __future__ import annotations

import os
import random
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from exeat.ledger.errors import StoreError

Result = TypeVar("Result")

#: SQLite waits so long for another writer before it gives up (milliseconds).
BUSY_MS = 30_000
#: UPDATE ... RETURNING came with SQLite 3.35.
OLDEST_SQLITE = (3, 35, 0)
#: PostgreSQL: serialization failure, deadlock. Either is answered by doing the transaction again.
RACES = {"40001", "40P01"}
#: psycopg's errors for a connection that cannot be had or broke.
_LOST = {"OperationalError", "AdminShutdown", "CrashShutdown", "InterfaceError", "ConnectionTimeout"}
_ATTEMPTS = 12
_RETRY_LOCK = 7405632112


_process = os.getpid()


def _forked() -> None:
    global _process
    _process = os.getpid()


if hasattr(os, "register_at_fork"):  # a system call less for each posting
    os.register_at_fork(after_in_child=_forked)


class LostRace(StoreError):  # noqa: N818 - says what the thing is
    """The transaction lost a race and may be done again."""

    def __init__(self) -> None:
        super().__init__("another writer came first; nothing was written: repeat with the same key")


class Store:
    """An engine for one database, with the few things in which SQLite and PostgreSQL differ.

    Raises:
        StoreError: a URL that cannot be read, or a database that is neither.
    """

    def __init__(self, url: str, *, pool_size: int = 5, busy_ms: int = BUSY_MS) -> None:
        self.engine = _engine(url, pool_size, busy_ms)
        self.sqlite = self.engine.dialect.name == "sqlite"
        dbapi = self.engine.dialect.loaded_dbapi
        #: What may come out of the driver, or of SQLAlchemy around it.
        self.errors: tuple[type[Exception], ...] = (DBAPIError, dbapi.Error)
        self.shown = self.engine.url.render_as_string(hide_password=True)
        self._pinned = threading.local()
        self._pins: weakref.WeakSet[_Pin] = weakref.WeakSet()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that writes. SQLite takes the write lock at once (BEGIN IMMEDIATE)."""
        with self._guard(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction that only reads and sees one state of the database."""
        options: dict[str, Any] = {"exeat_read": True}
        if not self.sqlite:
            options["isolation_level"] = "REPEATABLE READ"
        with self._guard(), self.engine.connect() as connection, connection.execution_options(**options).begin():
            yield connection

    @contextmanager
    def driver(self) -> Iterator[Any]:
        """The driver's own connection, outside any transaction; whoever asks for it begins and ends one."""
        broken = True
        try:
            raw = self.engine.raw_connection()
        except self.errors as error:
            raise self.explained(error) from error
        try:
            yield raw.driver_connection
            broken = False
        except self.errors as error:
            raise self.explained(error) from error
        finally:
            if broken:
                raw.invalidate()
            raw.close()

    def pinned(self) -> Any:
        """The driver's connection of this thread, kept from call to call: taking one from the pool and giving it back
        costs as much as the statement. It is outside any transaction; after an error, :meth:`unpin` it.

        Raises:
            StoreError: the database cannot be reached.
        """
        pin: _Pin | None = getattr(self._pinned, "pin", None)
        if pin is None or pin.process != _process:
            try:
                pin = _Pin(self.engine, keep=isinstance(self.engine.pool, StaticPool))
            except self.errors as error:
                raise self.explained(error) from error
            if not self.sqlite:
                pin.connection.autocommit = True
            self._pinned.pin = pin
            self._pins.add(pin)
        return pin.connection

    def unpin(self) -> None:
        """Close this thread's pinned connection; what it had begun is undone."""
        pin: _Pin | None = getattr(self._pinned, "pin", None)
        if pin is not None:
            del self._pinned.pin
            pin.close()

    def run(self, work: Callable[[Connection], Result]) -> Result:
        """``work`` in one writing transaction, done again after a deadlock or a lost race for a key.

        ``work`` may run more than once and must write nothing outside the database.
        """
        for attempt in range(_ATTEMPTS):
            try:
                with self.writing() as connection:
                    if attempt and not self.sqlite:
                        # Those who lost once go one by one: they do not deadlock with each other again.
                        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_RETRY_LOCK})")
                    return work(connection)
            except LostRace:
                time.sleep(random.random() * 0.001 * 2 ** min(attempt, 6))
        raise StoreError(f"{self.shown}: {_ATTEMPTS} attempts lost to other writers; nothing was written")

    @contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError as error:
            if "unique" in str(error.orig).lower():
                raise LostRace() from error
            raise self.explained(error) from error
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) in RACES:
                raise LostRace() from error
            raise self.explained(error) from error

    def explained(self, error: BaseException) -> StoreError:
        """What a driver's error means for the one who meets it."""
        error = getattr(error, "orig", None) or error
        said = " ".join(str(error).split())[:300] or type(error).__name__
        low = said.lower()
        for sign, meaning in _MEANINGS:
            if sign in low:
                return StoreError(f"{self.shown}: {meaning} ({said}); nothing was written")
        if not self.sqlite and type(error).__name__ in _LOST:
            return StoreError(
                f"{self.shown}: the connection was lost ({said}); if a posting was on its way, repeat it with the "
                "same key: it is done exactly once",
                outcome_unknown=True,
            )
        return StoreError(f"{self.shown}: {said}; nothing was written")

    def close(self) -> None:
        """Give back every connection."""
        for pin in list(self._pins):
            pin.close()
        self._pinned = threading.local()
        self.engine.dispose()


class _Pin:
    """One driver's connection that belongs to a thread and no longer to the pool (``keep``: the pool has just one)."""

    def __init__(self, engine: Engine, *, keep: bool) -> None:
        self.process = _process
        self._borrowed: Any = engine.raw_connection()
        self._keep = keep
        self.connection: Any = self._borrowed.driver_connection
        if not keep:
            self._borrowed.detach()

    def close(self) -> None:
        """Close it, unless another process opened it or the pool still needs it."""
        borrowed, self._borrowed = self._borrowed, None
        if borrowed is None or self.process != _process:
            return
        if self._keep and self.connection.in_transaction:
            self.connection.rollback()
        # A connection that broke cannot be closed again, and need not be.
        with suppress(Exception):
            borrowed.close()

    def __del__(self) -> None:
        self.close()


_MEANINGS = (
    ("database or disk is full", "the disk is full: free some space and repeat"),
    ("no space left", "the disk is full: free some space and repeat"),
    ("could not extend file", "the disk is full: free some space and repeat"),
    ("disk i/o error", "the disk refused to write: it is full, limited or failing"),
    ("readonly", "the file or its folder is read-only: give this user leave to write both"),
    ("read-only", "the database is read-only: connect to the primary"),
    ("unable to open database", "the file cannot be opened: does its folder exist, and may this user write there?"),
    ("file is not a database", "the file is not a SQLite database"),
    ("malformed", "the file is damaged: restore a backup, then verify"),
    ("database is locked", "another writer held the database too long: repeat with the same key"),
    ("no such table", "the schema is missing or old: run the ledger's upgrade"),
    ("undefinedtable", "the schema is missing or old: run the ledger's upgrade"),
    ("append-only", "this row may only be added to"),
)


def _engine(url: str, pool_size: int, busy_ms: int) -> Engine:
    try:
        parsed = make_url(url)
    except ArgumentError:
        # The text may hold a password: it is not repeated.
        raise StoreError("the ledger's URL cannot be read; expected sqlite:///path or postgresql://...") from None
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
        return create_engine(parsed, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=False)
    if backend != "sqlite":
        raise StoreError(f"the ledger's URL begins with {backend!r}; expected sqlite:/// or postgresql://")
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise StoreError(f"SQLite is {sqlite3.sqlite_version}; the ledger needs 3.35 or newer")
    memory = parsed.database in (None, "", ":memory:")
    try:
        engine = create_engine(parsed, **({"poolclass": StaticPool} if memory else {"pool_size": pool_size}))
    except NoSuchModuleError:
        raise StoreError(f"no driver for {parsed.drivername!r}; expected sqlite:/// or postgresql://") from None
    _tune_sqlite(engine, busy_ms)
    return engine


def _tune_sqlite(engine: Engine, busy_ms: int) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # this module says BEGIN, not the driver
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={busy_ms:d}")
        try:
            # Kept in the file once set; a read-only file is left as it is, so that it can still be verified.
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "readonly" not in str(error) and "locked" not in str(error):
                raise
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA wal_autocheckpoint=4000")  # pages: about 800 postings, or 16 MB
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA secure_delete=ON")  # what was redacted is overwritten, not only unlinked
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get("exeat_read")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
