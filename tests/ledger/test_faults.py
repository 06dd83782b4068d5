"""A full disk, a read-only file, a lost connection: a clear error, and nothing half-written."""

from __future__ import annotations

import multiprocessing
import os
import resource
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ledger_samples import LPP, answer, stated

from exeat.ledger.book import AccountName, Ledger, Limit, Unit, sqlite_url
from exeat.ledger.doctor import doctor
from exeat.ledger.errors import StoreError


def _path(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def test_a_full_disk(sqlite: str) -> None:
    """The file may not grow beyond a size, as on a full disk, in a process of its own."""
    first = Ledger(sqlite)
    first.open_account(LPP, limit=[Limit(10**9)])
    first.close()
    fork = multiprocessing.get_context("fork")
    answers = fork.SimpleQueue()

    def work() -> None:
        ledger, done = Ledger(sqlite), 0
        most = _path(sqlite).stat().st_size + 300_000
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        try:
            for number in range(10_000):
                with ledger.unit() as unit:
                    unit.reserve({LPP: 1}, f"r{number}")
                    unit.record({"text": os.urandom(2_000).hex()}, stated=stated(), who="officer")
                done += 1
        except StoreError as error:
            answers.put((done, str(error)))
        else:
            answers.put((done, "no error"))

    process = fork.Process(target=work)
    process.start()
    done, said = answers.get()
    process.join()
    assert ("disk" in said) and said.endswith("nothing was written"), said
    ledger = Ledger(sqlite)
    assert ledger.balance(LPP).held == done > 0
    found = ledger.verify()
    assert found.sound and found.receipts == done + 2, "each unit stands as a whole, or not at all"
    ledger.reserve({LPP: 1}, f"r{done}")
    assert not ledger.reserve({LPP: 1}, f"r{done + 1}").repeated
    ledger.close()


def test_a_full_page_quota(sqlite: str) -> None:
    """SQLite's own word for a full disk."""
    ledger = Ledger(sqlite, pool_size=1)
    ledger.open_account(LPP, limit=[Limit(10**9)])
    with ledger.store.driver() as connection:
        connection.execute("PRAGMA max_page_count=1")  # no more pages than there are

    def fill() -> None:
        for number in range(500):
            ledger.record({"text": os.urandom(4_000).hex(), "n": number}, stated=stated())

    with pytest.raises(StoreError, match=r"the disk is full: free some space and repeat .*; nothing was written"):
        fill()
    with ledger.store.driver() as connection:
        connection.execute("PRAGMA max_page_count=1000000")
    assert ledger.verify().sound
    ledger.record(answer(), stated=stated())
    ledger.close()


def test_a_read_only_file_can_be_verified_and_not_written(sqlite: str) -> None:
    ledger = Ledger(sqlite)
    ledger.open_account(LPP, limit=[Limit(5)])
    ledger.record(answer(), stated=stated())
    ledger.close()
    read_only = Ledger(f"sqlite:///file:{_path(sqlite)}?mode=ro&uri=true")
    assert read_only.verify().sound
    with pytest.raises(StoreError, match="read-only: give this user leave to write both"):
        read_only.reserve({LPP: 1}, "k")
    with pytest.raises(StoreError, match="read-only"):
        read_only.record(answer(), stated=stated())
    read_only.close()
    again = Ledger(sqlite)
    assert again.verify().receipts == 3
    again.close()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to anything")
def test_a_file_without_leave_to_write(sqlite: str) -> None:
    Ledger(sqlite).close()
    _path(sqlite).chmod(stat.S_IRUSR)
    with pytest.raises(StoreError, match="read-only"):
        Ledger(sqlite).open_account(LPP, counts_only=True)


def test_a_locked_file(sqlite: str) -> None:
    ledger = Ledger(sqlite, busy_ms=50)
    ledger.open_account(LPP, limit=[Limit(5)])
    other = sqlite3.connect(_path(sqlite), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for _ in range(2):
        with pytest.raises(StoreError, match="another writer held the database too long: repeat with the same key"):
            ledger.reserve({LPP: 1}, "k")
    other.execute("ROLLBACK")
    other.close()
    assert not ledger.reserve({LPP: 1}, "k").repeated
    ledger.close()


def test_what_is_no_ledger(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("this is not a database, " * 100)
    with pytest.raises(StoreError, match="not a SQLite database"):
        Ledger(sqlite_url(tmp_path / "text.db"))
    with pytest.raises(StoreError, match="does its folder exist"):
        Ledger(sqlite_url(tmp_path / "no" / "such.db"))
    with pytest.raises(StoreError, match="is a folder"):
        sqlite_url(tmp_path)
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE customers (id INTEGER)")
    with pytest.raises(StoreError, match=r"holds other tables \(customers\)"):
        Ledger(sqlite_url(tmp_path / "other.db"))
    for url in ("mysql://user:secret@host/db", "postgres//user:secret", ""):
        with pytest.raises(StoreError) as refused:
            Ledger(url)
        assert "secret" not in str(refused.value)


def test_a_lost_connection(postgresql: str) -> None:
    import psycopg

    ledger = Ledger(postgresql, pool_size=1)
    ledger.open_account(LPP, limit=[Limit(5)])
    ledger.reserve({LPP: 1}, "a")

    def cut(connection: Any) -> None:
        own = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        with psycopg.connect(postgresql, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 60000)", (own,))

    def breaks(unit: Unit) -> None:
        unit.reserve({LPP: 1}, "b")
        cut(unit.connection)
        unit.reserve({LPP: 1}, "c")

    with pytest.raises(StoreError, match="connection was lost") as lost:
        ledger.run(breaks)
    assert lost.value.outcome_unknown
    assert ledger.balance(LPP).held == 1, "neither stands"
    with psycopg.connect(postgresql, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    with pytest.raises(StoreError, match="repeat it with the same key"):
        ledger.reserve({LPP: 1}, "d")
    assert not ledger.reserve({LPP: 1}, "d").repeated, "the next connection is a new one"
    assert ledger.verify().sound
    ledger.close()


def test_a_server_that_is_not_there() -> None:
    with pytest.raises(StoreError, match="the connection was lost") as refused:
        Ledger("postgresql://user:secret@127.0.0.1:1/none?connect_timeout=2")
    assert "secret" not in str(refused.value)
    found = {finding.what: finding for finding in doctor("postgresql://user:secret@127.0.0.1:1/none?connect_timeout=2")}
    assert found["database"].well is False and "secret" not in found["database"].found


def test_the_doctor(url: str, tmp_path: Path) -> None:
    ledger = Ledger(url)
    ledger.open_account(AccountName("x", "y"), counts_only=True)
    ledger.close()
    found = {finding.what: finding for finding in doctor(url)}
    assert found["schema"].well and found["schema"].found == "0001"
    assert found["content"].found == "1 accounts, 1 receipts, head not sealed"
    assert found["durability"].well is url.startswith("sqlite"), "the test server runs without fsync, and it shows"
    absent = {finding.what: finding for finding in doctor(sqlite_url(tmp_path / "none.db"))}
    assert absent["database"].found == "none.db is not there yet and will be made; its folder can be written"
    assert not (tmp_path / "none.db").exists()


def test_a_connection_of_its_own_for_each_thread(url: str) -> None:
    """The hot path keeps a connection for each thread; none is left when the ledger is closed."""
    ledger = Ledger(url)
    ledger.open_account(LPP, limit=[Limit(100)])
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: ledger.reserve({LPP: 1}, f"r{number}"), range(80)))
    here = ledger.store.pinned()
    assert ledger.store.pinned() is here
    ledger.store.unpin()
    ledger.reserve({LPP: 1}, "after")
    assert ledger.balance(LPP).held == 81
    again = ledger.store.pinned()
    assert again is not here
    ledger.close()
    with pytest.raises(ledger.store.errors):
        again.execute("SELECT 1")
