"""The schema's versions: made and moved on by the migrations shipped in this package (Alembic)."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from exeat.ledger.errors import StoreError
from exeat.ledger.store import Store

#: The version this code reads and writes.
NEWEST = "0001"


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def versions() -> list[str]:
    """Every version there is, oldest first."""
    script = ScriptDirectory.from_config(_config())
    return [revision.revision for revision in reversed(list(script.walk_revisions()))]


def current(store: Store) -> str | None:
    """The version of the database, or None if it holds no ledger."""
    with store.reading() as connection:
        return _current(connection)


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(store: Store) -> str | None:
    """Move the schema on to the newest version, in one transaction. Returns the version it had."""
    with store.writing() as connection:
        if not store.sqlite:
            # Two that begin at once on PostgreSQL: the second waits here and finds the work done.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7405632111)")
        before = _current(connection)
        if before != NEWEST:
            command.upgrade(_config(connection), "head")
        return before


def ensure(store: Store, *, create: bool) -> None:
    """Make the schema in an empty database; accept the newest; refuse any other.

    Raises:
        StoreError: an older schema (upgrade it), a newer one, or a database that holds something else.
    """
    with store.reading() as connection:
        found = _current(connection)
        if found == NEWEST:
            return
        tables = set(inspect(connection).get_table_names()) - {"alembic_version"}
    if found is None and not tables and create:
        upgrade(store)
        return
    if found is None:
        what = f"holds other tables ({', '.join(sorted(tables)[:3])})" if tables else "holds no ledger"
        raise StoreError(f"{store.shown}: {what}; expected an empty database or a ledger")
    known = found in versions()
    what = "older: run the ledger's upgrade" if known else "unknown to this version of exeat: update exeat"
    raise StoreError(f"{store.shown}: the schema is {found}, {what}")
