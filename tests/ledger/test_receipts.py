"""Receipts: recorded, read back, chained; what is altered, dropped or moved is found; redaction; replay; the pack."""

from __future__ import annotations

import copy
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from ledger_samples import LPP, HandClock, answer, stated

from exeat.ledger import commands, pack, receipts, walk
from exeat.ledger.book import AccountName, Ledger, Limit
from exeat.ledger.chain import canonical
from exeat.ledger.errors import KeyReused, LedgerError, UnknownAccount

NAMES = ("Beispiel GmbH", "Пример", "Société Générale d'Exemple", "AB", "exempli gratia")


@pytest.fixture
def recorded(ledger: Ledger) -> Ledger:
    ledger.open_account(LPP, limit=[Limit(100)])
    for number, name in enumerate(NAMES):
        with ledger.unit() as unit:
            unit.reserve({LPP: 1}, f"r{number}", reference="S1")
            unit.record(
                answer(name), stated=stated(name), who="officer 7", reference=f"S{number}", lists={"CSL": "ab" * 8},
                balances={"consignee_lpp_tpp_this_year": 0},
            )  # fmt: skip
    return ledger


def _get(ledger: Ledger, number: int) -> receipts.Receipt:
    with ledger.store.reading() as connection:
        return receipts.get(connection, number)


def test_a_receipt_comes_back_as_it_was_given(recorded: Ledger) -> None:
    for number, name in enumerate(NAMES):
        found = _get(recorded, number + 3)  # the opening and its limit come first
        assert found.document["answer"] == answer(name)
        assert found.document["stated"] == stated(name)
        assert found.document["who"] == "officer 7"
        assert (found.kind, found.reference, found.redacted) == ("determination", f"S{number}", False)
    with pytest.raises(UnknownAccount, match="no receipt 99"):
        _get(recorded, 99)


def test_personal_values_stand_nowhere_in_the_chain(recorded: Ledger) -> None:
    with recorded.store.reading() as connection:
        chained = connection.exec_driver_sql("SELECT body FROM receipts WHERE kind = 'determination'").scalars().all()
        chained += connection.exec_driver_sql("SELECT body FROM parts").scalars().all()
    for name in (*(name for name in NAMES if len(name) > 3), "officer 7"):
        assert not any(canonical(name)[1:-1] in bytes(body) for body in chained), name


def test_pieces_are_stored_once(recorded: Ledger) -> None:
    with recorded.store.reading() as connection:
        # What is not modeled, and the rest of the answer: once for all names, and once with the two letters of "AB",
        # which could be a code and are not taken for a name there.
        assert connection.exec_driver_sql("SELECT count(*) FROM parts").scalar() == 3


def test_recording_again_with_the_key_gives_the_first_number(ledger: Ledger) -> None:
    first = ledger.record(answer(), stated=stated(), key="order 1")
    assert ledger.record(answer(), stated=stated(), key="order 1") == first
    with pytest.raises(KeyReused, match="stands for another transaction, receipt 1"):
        ledger.record(answer(), stated=stated("Other"), key="order 1")
    assert ledger.verify().receipts == 1


def test_what_json_cannot_hold_is_refused(ledger: Ledger) -> None:
    for value in ({1, 2}, 2**70, object()):
        with pytest.raises(LedgerError, match="cannot be recorded"):
            ledger.record({"x": value}, stated={})
    assert ledger.verify().receipts == 0


# Tampering: a file that anyone may write to, triggers dropped first.


def _tampered(ledger: Ledger, *statements: str) -> Any:
    """What verify finds after these statements; the database is put back afterwards."""
    with ledger.store.driver() as connection:
        if ledger.store.sqlite:
            connection.execute("PRAGMA foreign_keys=OFF")
            connection.execute("BEGIN IMMEDIATE")
            names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
            for name in names:
                connection.execute(f"DROP TRIGGER {name}")
        else:
            connection.execute("SET session_replication_role = replica")
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        if ledger.store.sqlite:
            connection.execute("PRAGMA foreign_keys=ON")
        else:
            connection.execute("SET session_replication_role = DEFAULT")
            connection.commit()
    return ledger.verify()


CHANGES = {
    "receipts": ("at", "kind", "reference", "parts", "commitments", "body", "hash", "key"),
    "postings": ("operation", "held", "consumed", "at", "day", "key", "reservation", "expires_at", "who", "reference",
                 "why", "request", "hash", "leg"),
    "parts": ("body",),
    "openings": ("body",),
    "heads": ("receipts", "hash"),
    "limits": ("amount", "first_day", "last_day", "citation", "set_at"),
    "accounts": ("kind", "subject", "period", "unit", "counts_only", "opened_at", "held", "postings", "last_at", "head",
                 "ceiling", "ceiling_from", "ceiling_until"),
    "notices": ("kind", "subject", "reference", "terms", "shipment_day", "opened_at", "key"),
    "notice_events": ("event", "day", "at", "who", "note"),
}  # fmt: skip


@pytest.fixture
def full(sqlite: str, clock: HandClock) -> Ledger:
    """A small ledger with a row in every table."""
    ledger = Ledger(sqlite, clock=clock)
    ledger.open_account(LPP, limit=[Limit(100, "§ 740.29(d)", "2025-01-01", "2025-12-31")])
    for number in range(3):
        ledger.reserve({LPP: 1}, f"r{number}", expires_at=clock().replace(year=2030), why="w", who="u", reference="S")
        ledger.record(answer(), stated=stated(), who="officer 7", reference="S", key=f"d{number}")
    notice = ledger.open_notice("pre-notice", "p", key="n", shipment_day="2025-07-02", reference="S")
    ledger.enter(notice, "sent", "2025-07-01", who="u", note="by e-mail")
    return ledger


def _one_byte_off(value: Any) -> Any:
    if isinstance(value, bytes):
        middle = len(value) // 2
        return value[:middle] + bytes([value[middle] ^ 1]) + value[middle + 1 :] if value else b"x"
    if isinstance(value, int):
        return value - 1 if value == 1 else value + 1
    return (value or "x")[:-1] + "~"


@pytest.mark.parametrize("table", CHANGES)
def test_altering_one_byte_anywhere_is_found(full: Ledger, sqlite: str, table: str, tmp_path: Path) -> None:
    assert full.verify().sound
    full.close()
    path = Path(sqlite.removeprefix("sqlite:///"))
    whole = path.read_bytes()
    for column in CHANGES[table]:
        path.write_bytes(whole)
        connection = sqlite3.connect(path)
        # The third receipt is a determination; of the other tables the first row will do.
        where = {"postings": "number = 1", "receipts": "number = 3", "openings": "receipt = 3"}.get(table, "true")
        value = connection.execute(f"SELECT {column} FROM {table} WHERE {where} LIMIT 1").fetchone()[0]
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        changed = _one_byte_off(value)
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (changed,))
        connection.commit()
        connection.close()
        try:
            again = Ledger(sqlite)
            found = again.verify()
            again.close()
        except ValueError as error:  # the change no longer fits the table's own checks
            pytest.fail(f"{table}.{column}: verify broke: {error}")
        assert not found.sound, f"{table}.{column}: {value!r} became {changed!r} unseen"


def test_the_last_one_dropped_is_found(recorded: Ledger) -> None:
    found = _tampered(recorded, "DELETE FROM openings WHERE receipt = 7", "DELETE FROM receipts WHERE number = 7")
    assert [str(fault) for fault in found.faults] == ["receipts 7: cut off: the head counts 7, the last one here is 6"]


def test_one_dropped_from_the_middle_is_found(recorded: Ledger) -> None:
    found = _tampered(recorded, "DELETE FROM openings WHERE receipt = 5", "DELETE FROM receipts WHERE number = 5")
    assert [str(f) for f in found.faults] == ["receipts 5: missing up to 5", "receipts 6: follows a missing one"]


def test_two_swapped_are_found(recorded: Ledger) -> None:
    found = _tampered(
        recorded,
        "UPDATE receipts SET number = 1005 WHERE number = 5",
        "UPDATE receipts SET number = 5 WHERE number = 6",
        "UPDATE receipts SET number = 6 WHERE number = 1005",
    )
    assert {fault.number for fault in found.faults if fault.where == "receipts"} == {5, 6, 7}


def test_a_posting_dropped_is_found(recorded: Ledger) -> None:
    found = _tampered(recorded, "DELETE FROM postings WHERE number = 5")
    assert any("cut off: the account counts 5" in str(fault) for fault in found.faults)
    assert any("not the sum of its postings" in str(fault) for fault in found.faults)


def test_a_personal_value_deleted_in_silence_is_found(recorded: Ledger) -> None:
    found = _tampered(recorded, "DELETE FROM openings WHERE receipt = 4")
    assert [str(f) for f in found.faults] == [
        "openings 4: personal value 0 was deleted without a redaction in the chain"
    ]


def test_a_chain_rewritten_as_a_whole_shows_against_a_checkpoint(url: str, clock: HandClock) -> None:
    """The one who can write to the database computes every hash anew: only what is kept elsewhere tells."""
    ledger = Ledger(url, clock=clock, seal_key=b"kept elsewhere")
    ledger.open_account(LPP, limit=[Limit(100)])
    ledger.reserve({LPP: 1}, "r")
    ledger.record(answer(), stated=stated())
    kept = ledger.checkpoint()
    assert ledger.verify(checkpoint=kept).sound
    ledger.record(answer(), stated=stated())
    ledger.reserve({LPP: 1}, "r2")
    assert ledger.verify(checkpoint=kept).sound, "a longer chain still holds what the checkpoint saw"
    rows = "SELECT hash FROM receipts WHERE number = 2"
    cut = _tampered(
        ledger,
        "DELETE FROM openings WHERE receipt > 2",
        "DELETE FROM receipts WHERE number > 2",
        f"UPDATE heads SET receipts = 2, hash = ({rows})",
    )
    assert [str(fault) for fault in cut.faults] == ["head: its seal was not made with this key"]
    found = ledger.verify(checkpoint=kept)
    assert "receipts 3: cut off: the checkpoint of 2025-07-01T12:00:00+00:00 counts 3" in [str(f) for f in found.faults]
    forged = {**kept, "receipts": 2}
    assert any("its seal" in str(fault) for fault in ledger.verify(checkpoint=forged).faults)
    with pytest.raises(LedgerError, match="not a checkpoint"):
        ledger.verify(checkpoint={"receipts": 2})
    ledger.close()


def test_verification_shared_among_processes_finds_the_same(recorded: Ledger) -> None:
    _tampered(recorded, "UPDATE receipts SET reference = 'S9' WHERE number = 6")
    assert (
        [str(f) for f in recorded.verify(workers=2).faults]
        == ["receipts 6: altered, or moved from another place"]
        == [str(f) for f in recorded.verify(workers=1).faults]
    )


@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_fault_at_a_seam_of_two_ranges_is_found(recorded: Ledger, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "RANGE", size)
    assert recorded.verify(workers=2).sound
    recorded.redact(4, why="asked", fields=[0])
    assert recorded.verify(workers=2).sound, "the redaction stands in another range than what it redacts"
    _tampered(
        recorded,
        "UPDATE receipts SET hash = body WHERE number = 2",
        "DELETE FROM openings WHERE receipt IN (5, 6)",
        "DELETE FROM receipts WHERE number = 5",
    )
    alone, shared = (recorded.verify(workers=workers) for workers in (1, 2))
    assert {(fault.where, fault.number) for fault in alone.faults} == {
        ("receipts", 2), ("receipts", 3), ("receipts", 5), ("receipts", 6), ("openings", 6)
    }  # fmt: skip
    assert {(fault.where, fault.number) for fault in shared.faults} == {
        (fault.where, fault.number) for fault in alone.faults
    }
    assert (alone.receipts, alone.head) == (shared.receipts, shared.head)


def test_what_sqlite_lets_stand_in_a_column_is_compared_too(full: Ledger) -> None:
    """SQLite keeps any type anywhere: the same letters as bytes would hide a determination from a replay."""
    found = _tampered(full, "UPDATE receipts SET kind = CAST(kind AS BLOB) WHERE number = 3")
    assert "receipts 3: altered, or moved from another place" in map(str, found.faults)
    _tampered(full, "UPDATE receipts SET kind = CAST(kind AS TEXT) WHERE number = 3")
    assert full.verify().sound
    found = _tampered(full, "INSERT INTO receipts SELECT 0, at, kind, reference, NULL, parts, commitments, body, hash"
                      " FROM receipts WHERE number = 3")  # fmt: skip
    assert "receipts: 1 rows numbered below 1" in map(str, found.faults)


def test_a_chain_without_its_head_takes_no_receipt_and_holds_no_lock(ledger: Ledger) -> None:
    ledger.record(answer(), stated=stated())
    _tampered(ledger, "DELETE FROM heads")
    with pytest.raises(LedgerError, match="lost its head row"):
        ledger.record(answer(), stated=stated())
    with ledger.store.writing() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM receipts").scalar() == 1


def test_alone_or_in_a_unit_the_same_is_recorded(ledger: Ledger) -> None:
    lists, balances = {"CSL": "ab" * 8}, {"consignee_lpp_tpp_this_year": 0}
    more: dict[str, Any] = {"who": "officer 7", "reference": "S", "lists": lists, "balances": balances}
    first = ledger.record(answer(), stated=stated(), **more)
    with ledger.unit() as unit:
        second = unit.record(answer(), stated=stated(), **more)
    one, two = _get(ledger, first), _get(ledger, second)
    assert one.document == two.document and one.document["who"] == "officer 7"
    with ledger.unit() as unit:
        keyed = unit.record(answer(), stated=stated(), key="order 1", **more)
    assert ledger.record(answer(), stated=stated(), key="order 1", **more) == keyed
    assert ledger.verify().receipts == 3


# Redaction


def test_redaction_keeps_the_chain_and_says_so(recorded: Ledger, clock: HandClock) -> None:
    before = _get(recorded, 3).hash
    kept = recorded.checkpoint()
    number = recorded.redact(3, why="kept five years, 15 CFR 762.6", who="officer 9")
    found = _get(recorded, 3)
    assert found.hash == before and found.redacted
    assert found.document["stated"]["parties"][0]["name"] == found.document["answer"]["ask"][0]["of"] == "[redacted]"
    assert _get(recorded, number).document["fields"] == [0, 1]
    assert recorded.verify(checkpoint=kept).sound
    with pytest.raises(LedgerError, match="redacted already"):
        recorded.redact(3, why="again")
    with pytest.raises(LedgerError, match="reason"):
        recorded.redact(4, why="")
    recorded.redact(4, why="one field", fields=[1])
    assert _get(recorded, 4).document["who"] == "officer 7"
    with pytest.raises(LedgerError, match="there is no 9"):
        recorded.redact(5, why="x", fields=[9])
    assert recorded.verify().sound


def test_retention_lists_what_is_old_and_still_holds_names(recorded: Ledger, clock: HandClock) -> None:
    from datetime import timedelta

    assert recorded.kept_longer_than(timedelta(days=5 * 365)) == []
    clock.move(days=5 * 366)
    assert recorded.kept_longer_than(timedelta(days=5 * 365)) == [3, 4, 5, 6, 7]
    recorded.redact(5, why="five years are over")
    assert recorded.kept_longer_than(timedelta(days=5 * 365)) == [3, 4, 6, 7]


def test_what_was_redacted_is_gone_from_the_file(sqlite: str) -> None:
    ledger = Ledger(sqlite)
    ledger.record(answer("Geheimnis Holding"), stated=stated("Geheimnis Holding"))
    ledger.redact(1, why="asked")
    with ledger.store.driver() as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    ledger.close()
    assert b"Geheimnis" not in Path(sqlite.removeprefix("sqlite:///")).read_bytes()


# Replay


def test_replay_tells_what_would_differ_and_by_which_instrument(recorded: Ledger) -> None:
    def evaluate(given: Any) -> Any:
        found: Any = copy.deepcopy(answer())
        if given["parties"][0]["name"] == "AB":
            found["outcome"] = found["text"]["outcome"] = "license_exception"
            found["text"]["exceptions"] = [{"symbol": "LPP", "usable": True}]
            found["citations"] = ["§ 740.29 (90 FR 4544, effective 2025-01-13)"]
            found["law"] = {"digest": "bb" * 32}
        return found

    found = list(recorded.replay(evaluate))
    assert [one is None for one in found] == [True, True, True, False, True]
    different = found[3]
    assert different is not None
    assert different.changed == (
        ("outcome", "license_required", "license_exception"),
        ("text.outcome", "license_required", "license_exception"),
        ("text.exceptions", [], ["LPP"]),
    )
    assert different.instruments_gained == ("§ 740.29 (90 FR 4544, effective 2025-01-13)",)
    assert different.instruments_lost == ("§ 742.6(a)(6)(iii) (88 FR 73458, effective 2023-11-17)",)
    assert (different.law_then[:4], different.law_now[:4]) == ("aaaa", "bbbb")

    def broken(_: Any) -> Any:
        raise ValueError("unknown fact 'x'")

    assert commands.replay(recorded, broken, last=3)["different"][0]["error"] == "unknown fact 'x'"


def test_the_desk_itself_can_be_recorded_and_replayed(sqlite: str) -> None:
    from exeat.desk import Desk

    desk, ledger = Desk(), Ledger(sqlite)
    given = {"date": "2025-07-01", "activity": "export", "item": "NVIDIA H100 SXM", "quantity": 512, "origin": "US",
             "destination": "DE", "parties": [{"role": "ultimate_consignee", "name": "Beispiel GmbH", "country": "DE",
             "headquarters": "DE", "ultimate_parent_headquarters": "AE"}]}  # fmt: skip
    made = desk.check(given).to_dict()
    number = ledger.record(made, stated=given, who="officer 7")
    assert _get(ledger, number).document["answer"] == json.loads(json.dumps(made))
    assert list(ledger.replay(lambda stated: desk.check(stated).to_dict())) == [None]
    ledger.redact(number, why="five years are over")
    assert list(ledger.replay(lambda stated: desk.check(stated).to_dict())) == [None], "a name decides nothing"
    ledger.close()


# The pack


def test_one_shipments_pack_can_be_read(recorded: Ledger, tmp_path: Path) -> None:
    recorded.open_notice("pre-notice", "Beispiel GmbH <1>", key="n", shipment_day="2025-07-10", reference="S1")
    recorded.redact(4, why="asked <now>", fields=[0])
    written = commands.export(recorded, "S1", tmp_path / "out")
    assert written["written"] == {"json": "S1.json", "html": "S1.html", "pdf": "S1.pdf"}
    kept = json.loads((tmp_path / "out" / "S1.json").read_text(encoding="utf-8"))
    assert kept["receipts"][0]["document"]["answer"]["parties"][0]["name"] == "Пример"
    assert len(kept["postings"]) == 5
    page = (tmp_path / "out" / "S1.html").read_text(encoding="utf-8")
    for text in (
        "Пример",
        "license required",
        "742.6(a)(6)(iii)",
        "2025-07-09: notify before",
        "asked &lt;now&gt;",
        "&lt;1&gt;",
    ):
        assert text in page, text
    assert (tmp_path / "out" / "S1.pdf").read_bytes().startswith(b"%PDF-")
    with pytest.raises(UnknownAccount, match="nothing is kept under the reference 'S77'"):
        commands.export(recorded, "S77", tmp_path)


def test_letters_a_built_in_font_lacks_are_written_as_codes() -> None:
    from exeat.latin import latin

    assert latin("§ 740 – 中 ž é ≥") == "§ 740 - [U+4E2D] z é >="


def test_blocks_hold_texts_only(recorded: Ledger) -> None:
    with recorded.store.reading() as connection:
        found = pack.gather(connection, "S1", recorded.clock().date())
    for heading, rows in pack.blocks(found):
        assert heading and all(isinstance(label, str) and isinstance(text, str) for label, text in rows)
    assert AccountName("LPP", "parent 1", "2025") == LPP
