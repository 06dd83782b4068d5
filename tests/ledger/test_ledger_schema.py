"""The migrations make the tables that the code uses; the plain functions for the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from ledger_samples import answer, stated

from exeat.ledger import commands, schema
from exeat.ledger.book import AccountName, Ledger
from exeat.ledger.errors import LedgerError, StoreError
from exeat.ledger.store import Store
from exeat.ledger.tables import metadata


def test_the_migrations_make_these_tables(url: str) -> None:
    store = Store(url)
    with store.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    assert schema.current(store) == schema.NEWEST == schema.versions()[-1]
    assert schema.upgrade(store) == schema.NEWEST, "nothing to do"
    store.close()


def test_a_schema_of_another_version_is_refused(sqlite: str) -> None:
    store = Store(sqlite)
    with store.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    store.close()
    with pytest.raises(StoreError, match="the schema is 9999, unknown to this version of exeat: update exeat"):
        Ledger(sqlite)


def test_an_empty_database_is_made_only_if_asked(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    with pytest.raises(StoreError, match="holds no ledger"):
        Ledger(url, create=False)
    assert commands.upgrade(url) == {"before": None, "now": "0001"}
    Ledger(url, create=False).close()


def test_the_commands(sqlite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(commands.URL_VARIABLE, sqlite)
    monkeypatch.setenv(commands.KEY_VARIABLE, "a key kept elsewhere")
    ledger, name = commands.open_ledger(), AccountName("LPP", "parent 1", "2026")
    opened = commands.open_account(ledger, name, limit="26900000", citation="§ 740.29(d)")
    assert (opened["remaining"], opened["limit"], opened["citation"]) == ("26900000", "26900000", "§ 740.29(d)")
    assert commands.reserve(ledger, name, "100", "r", expires_in_days=30)["remaining"] == ["26899900"]
    assert commands.consume(ledger, "c", reservation="r", name=name, amount="40")["remaining"] == ["26899900"]
    assert commands.release(ledger, "r", "b")["remaining"] == ["26899960"]
    assert commands.consume(ledger, "d", name=name, amount="60")["remaining"] == ["26899900"]
    assert commands.correct(ledger, name, "-10", "e", why="counted twice")["remaining"] == ["26899910"]
    assert commands.retire(ledger, name, "10", "f", why="scrapped")["remaining"] == ["26899920"]
    assert commands.expire(ledger) == []
    assert commands.balance(ledger, name, at="2026-01-01T00:00:00+00:00")["consumed"] == "0"
    assert commands.facts(ledger, {"consignee_lpp_tpp_this_year": name}) == {"consignee_lpp_tpp_this_year": 80}
    limits = Path(__file__).resolve().parents[2] / "law" / "limits.csv"
    opened = commands.open_notice(ledger, "NAC", "c", "n", limits=limits, shipment_day="2026-08-01")
    assert opened["due"] == "2026-07-07"
    assert commands.enter(ledger, opened["id"], "submitted", "2026-07-01")["due"] == "2026-07-26"
    number = ledger.record(answer(), stated=stated(), reference="S1")
    assert commands.show(ledger, number)["document"]["answer"]["eccn"] == "3A090.a"
    assert commands.checkpoint(ledger, tmp_path / "head.json")["receipts"] == number
    assert commands.verify(ledger, checkpoint=tmp_path / "head.json")["sound"]
    assert commands.redact(ledger, number, why="asked")["recorded_as"] == number + 1
    found = {line["what"]: line["found"] for line in commands.doctor()}
    assert found["seal key"] == "configured" and found["content"].endswith("head sealed")
    for wrong in ("2026-01-01", "noon"):
        with pytest.raises(LedgerError, match="expected"):
            commands.balance(ledger, name, at=wrong)
    with pytest.raises(LedgerError, match="both"):
        commands.open_account(ledger, AccountName("x", "y"), percent="5")
    ledger.close()
