"""``exeat ledger``, ``exeat records`` and ``exeat check --record`` on a temporary SQLite file."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sqlalchemy", reason="needs the extra 'ledger'")

Run = Callable[..., Any]
ACCOUNT = ("--kind", "LPP", "--for", "Beispiel GmbH", "--period", "2025")
DAY = ("--on", "2025-07-01")
CHECK = ("check", "NVIDIA H100 SXM", "--to", "DE", "--headquarters", "DE", "--parent", "DE", "--name", "Beispiel GmbH",
         "--quantity", "1000", *DAY)  # fmt: skip


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with one open account: making the schema takes longer than all else here."""
    from exeat.ledger import commands
    from exeat.ledger.accounts import AccountName

    path = tmp_path_factory.mktemp("ledger") / "ledger.db"
    ledger = commands.open_ledger(f"sqlite:///{path}")
    name = AccountName("LPP", "Beispiel GmbH", "2025")
    commands.open_account(ledger, name, limit="26900000", citation="§ 740.29(d)")
    ledger.close()
    return path


@pytest.fixture
def file(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "ledger.db"
    shutil.copy(template, path)
    monkeypatch.setenv("EXEAT_LEDGER", f"sqlite:///{path}")
    monkeypatch.setenv("EXEAT_DATA_DIR", str(tmp_path / "data"))
    return path


def test_an_account_is_opened_reserved_consumed_released_and_told(run: Run, file: Path) -> None:
    opened = run("ledger", "open", "--kind", "license", "--for", "D1234567", "--limit", "100", "--unit", "units")
    assert opened.code == 0 and "limit 100 units; 100 units remain" in opened.out
    reserved = run("ledger", "reserve", *ACCOUNT, *DAY, "--amount", "20000000", "--key", "a")
    assert reserved.code == 0 and "6900000 TPP remain" in reserved.out
    assert "repeated" in run("ledger", "reserve", *ACCOUNT, *DAY, "--amount", "20000000", "--key", "a").out
    beyond = run("ledger", "reserve", *ACCOUNT, *DAY, "--amount", "6900001", "--key", "b")
    beyond.refused("6,900,001 TPP asked, 6,900,000 TPP remain of 26,900,000 (§ 740.29(d)); nothing was posted")
    assert run("ledger", "consume", "--reservation", "a", "--key", "c", *DAY).code == 0
    assert run("ledger", "correct", *ACCOUNT, *DAY, "--amount=-5", "--key", "d", "--why", "miscounted").code == 0
    assert run("ledger", "reserve", *ACCOUNT, *DAY, "--amount", "7", "--key", "e").code == 0
    assert run("ledger", "release", "--reservation", "e", "--key", "f").code == 0
    assert "no reservation's time is over" in run("ledger", "expire").out
    told = run("ledger", "balance", *ACCOUNT, "--json").data
    assert (told["held"], told["consumed"]) == ("0", "19999995")


@pytest.mark.parametrize(
    ("words", "said"),
    [(("reserve", "--amount", "1", "--key", "k"), "--kind and --for"),
     (("reserve", *ACCOUNT, "--key", "k"), "--amount is missing"),
     (("reserve", *ACCOUNT, "--amount", "many", "--key", "k"), "many"),
     (("open", *ACCOUNT, "--limit", "5"), "other terms"),
     (("balance", "--kind", "LPP", "--for", "Beispiel", "--period", "2025"), "there are: LPP / Beispiel GmbH / 2025"),
     (("balance", *ACCOUNT, "--ledger", "nonsense://x"), "nonsense"),
     (("notice", "NAK", "X", "--key", "n"), "perhaps 'NAC'"), (("reserv",), "reserve")],
)  # fmt: skip
def test_bad_input_is_one_line(run: Run, file: Path, words: tuple[str, ...], said: str) -> None:
    run("ledger", *words).refused(said)


def test_notices_fall_due_and_go_to_a_calendar(run: Run, file: Path, tmp_path: Path) -> None:
    assert run("ledger", "notices").out == "no notices\n"
    opened = run("ledger", "notice", "NAC", "Beispiel GmbH", "--key", "n", "--reference", "S1", "--json").data
    entered = run("ledger", "enter", str(opened["id"]), "submitted", "2025-07-01")
    assert entered.code == 0 and "740.8(c)(1)" in entered.out
    told = run("ledger", "notices", "--today", "2025-07-02", "--json").data
    assert told[0]["due"] == "2025-07-26"
    assert run("ledger", "calendar", str(tmp_path / "due.ics"), "--today", "2025-07-02").code == 0
    assert "BEGIN:VEVENT" in (tmp_path / "due.ics").read_text(encoding="utf-8")


def test_check_records_with_what_it_reserves_and_the_balance_is_a_fact(run: Run, file: Path, tmp_path: Path) -> None:
    kept = run(*CHECK, "--record", "--reserve", "LPP", "--reference", "S1", "--key", "one")
    assert "RECORDED as receipt 3 (key one)" in kept.out and "11068000 TPP remain" in kept.out
    again = run(*CHECK, "--json").data
    assert again["balances"][0]["value"] == 15832000 and "receipt" not in again
    run(*CHECK, "--reserve", "LPP").refused("15,832,000 TPP asked, 11,068,000 TPP remain")
    run(*CHECK, "--reference", "S1").refused("--record or --reserve")
    assert [one["kind"] for one in run("records", "list", "--reference", "S1", "--json").data] == ["determination"]
    assert "S1: license exception (text), no license required (enforced)" in run("records", "list").out
    shown = run("records", "show", "3").data
    assert shown["document"]["answer"]["parties"][0]["name"] == "Beispiel GmbH"
    run("records", "show", "9").refused("no receipt 9")
    packed = run("records", "pack", "S1", str(tmp_path / "out"))
    assert packed.code == 0 and (tmp_path / "out" / "S1.html").exists()


def test_an_altered_byte_is_found_and_a_cut_chain_by_its_checkpoint(run: Run, file: Path, tmp_path: Path) -> None:
    run(*CHECK, "--record", "--key", "one")
    point = tmp_path / "point.json"
    assert run("records", "checkpoint", str(point)).code == 0
    sound = run("records", "verify", "--checkpoint", str(point))
    assert sound.code == 0 and "as written: 3 receipts" in sound.out
    with sqlite3.connect(file) as connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        (body,) = connection.execute("SELECT body FROM receipts WHERE number = 3").fetchone()
        connection.execute(
            "UPDATE receipts SET body = ? WHERE number = 3", (body.replace(b"2025-07-01", b"2025-07-02"),)
        )
    altered = run("records", "verify")
    assert altered.code == 1 and "receipts 3" in altered.out
    point.write_text("{", encoding="utf-8")
    run("records", "verify", "--checkpoint", str(point)).refused("point.json is not a checkpoint")


def test_replay_says_that_every_answer_stands(run: Run, file: Path) -> None:
    run(*CHECK, "--record", "--key", "one")
    assert "1 replayed by the law then; 0 would differ" in run("records", "replay").out
    assert run("records", "replay", "--law", "now", "--json").data == {"replayed": 1, "law": "now", "different": []}
    run("records", "replay", "--law", "tomorrow").refused("expected then or now")


def test_each_transaction_of_a_file_has_a_receipt(run: Run, file: Path, tmp_path: Path) -> None:
    one = {"date": date(2025, 7, 1).isoformat(), "item": "NVIDIA H100 SXM", "destination": "DE", "quantity": 1}
    (tmp_path / "two.json").write_text(json.dumps([one, one]), encoding="utf-8")
    found = run("check", str(tmp_path / "two.json"), "--record", "--key", "day", "--json").data
    assert [answer["receipt"]["key"] for answer in found] == ["day", "day 2"]
