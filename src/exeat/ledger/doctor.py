"""What of the ledger is configured and reachable, told without changing anything."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import func, select

from exeat.ledger import schema
from exeat.ledger.errors import StoreError
from exeat.ledger.receipts import head_of
from exeat.ledger.store import OLDEST_SQLITE, Store
from exeat.ledger.tables import accounts

#: Libraries of the extra: distribution, module, what it serves.
LIBRARIES = (
    ("SQLAlchemy", "sqlalchemy", "every database"),
    ("alembic", "alembic", "the schema's versions"),
    ("orjson", "orjson", "canonical JSON"),
    ("psycopg", "psycopg", "PostgreSQL"),
    ("fpdf2", "fpdf", "packs as PDF"),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, whether it serves (None: not needed and not there), and what was found."""

    what: str
    well: bool | None
    found: str


def doctor(url: str, *, seal_key: bytes | None = None) -> list[Finding]:
    """Look at the libraries, SQLite, the database behind the URL, its schema, its head and its folder."""
    findings = [_library(*one) for one in LIBRARIES]
    sqlite = sqlite3.sqlite_version
    findings.append(Finding("SQLite", sqlite3.sqlite_version_info >= OLDEST_SQLITE, sqlite))
    findings.append(Finding("seal key", True if seal_key else None, "configured" if seal_key else "none configured"))
    try:
        store = Store(url, busy_ms=2_000)
    except (StoreError, ImportError) as error:
        return [*findings, Finding("database", False, str(error))]
    try:
        path = store.engine.url.database
        if store.sqlite and path not in (None, "", ":memory:") and not Path(str(path)).exists():
            return [*findings, _absent(Path(str(path)))]
        return [*findings, *_database(store)]
    except StoreError as error:
        return [*findings, Finding("database", False, str(error))]
    finally:
        store.close()


def _library(distribution: str, module: str, serves: str) -> Finding:
    if find_spec(module) is None:
        return Finding(distribution, None if module == "fpdf" else False, f"not installed; needed for {serves}")
    try:
        return Finding(distribution, True, version(distribution))
    except PackageNotFoundError:
        return Finding(distribution, True, "installed")


def _absent(path: Path) -> Finding:
    folder = path.parent if str(path.parent) else Path()
    writable = folder.is_dir() and os.access(folder, os.W_OK)
    where = "its folder can be written" if writable else "its folder is missing or cannot be written"
    return Finding("database", writable, f"{path.name} is not there yet and will be made; {where}")


def _database(store: Store) -> list[Finding]:
    found = schema.current(store)
    fits = found == schema.NEWEST
    said = [
        Finding("database", True, f"{store.shown} answers"),
        Finding("schema", fits, found or "no ledger in it yet"),
    ]
    with store.reading() as connection:
        if store.sqlite:
            mode = str(connection.exec_driver_sql("PRAGMA journal_mode").scalar())
            level = int(connection.exec_driver_sql("PRAGMA synchronous").scalar() or 0)
            said.append(Finding("durability", mode == "wal" and level >= 2, f"journal {mode}, synchronous {level}"))
        else:
            names = ("server_version", "fsync", "synchronous_commit", "full_page_writes")
            values = {name: str(connection.exec_driver_sql(f"SHOW {name}").scalar()) for name in names}
            safe = values["fsync"] == "on" and values["synchronous_commit"] != "off"
            said.append(Finding("durability", safe, ", ".join(f"{name} {value}" for name, value in values.items())))
        if fits:
            count, _, sealed = head_of(connection)
            many = connection.execute(select(func.count()).select_from(accounts)).scalar_one()
            said.append(Finding("content", True, f"{many:,} accounts, {count:,} receipts, head {_sealed(sealed)}"))
    return said


def _sealed(seal: bytes) -> str:
    return "sealed" if seal else "not sealed"
