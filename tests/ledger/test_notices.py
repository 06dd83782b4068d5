"""Notices: what is due when, what is overdue, what follows from what, and the calendar."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from ledger_samples import HandClock

from exeat.ledger import commands
from exeat.ledger.book import Ledger
from exeat.ledger.errors import KeyReused, LedgerError, NoticeError, UnknownAccount
from exeat.ledger.machines import MACHINES
from exeat.ledger.named_limits import NamedLimit, read_limits
from exeat.ledger.notices import Notice, owed

ROOT = Path(__file__).resolve().parents[2]
LIMITS = read_limits(ROOT / "law" / "limits.csv")
NAC = [LIMITS["nac_days"]]


def _on(ledger: Ledger, day: str, number: int = 1) -> Notice:
    return next(n for n in ledger.notices(date.fromisoformat(day)) if n.id == number)


def test_a_nac_without_an_answer_is_no_consent(ledger: Ledger) -> None:
    number = ledger.open_notice("NAC", "consignee 1", key="n1", terms=NAC, shipment_day="2025-08-01", reference="S1")
    drafted = _on(ledger, "2025-07-01")
    assert (drafted.state, drafted.due) == ("draft", date(2025, 7, 7)), "25 days before the shipment"
    assert _on(ledger, "2025-07-08").overdue
    ledger.enter(number, "submitted", "2025-07-02", who="officer 7")
    waiting = _on(ledger, "2025-07-26")
    assert (waiting.shown, waiting.due, waiting.citation) == ("submitted", date(2025, 7, 27), "§ 740.8(c)(1)")
    assert [_on(ledger, day).shown for day in ("2025-07-27", "2025-09-01")] == ["no answer"] * 2
    ledger.enter(number, "confirmed", "2025-07-28", note="NAC number A000000")
    cleared = _on(ledger, "2025-09-01")
    assert (cleared.shown, cleared.due) == ("cleared", None)


def test_the_clock_of_a_nac_stops_and_runs_on(ledger: Ledger) -> None:
    number = ledger.open_notice("NAC", "consignee 1", key="n1", terms=NAC)
    assert _on(ledger, "2025-10-01").due is None, "no shipment day is known"
    ledger.enter(number, "submitted", "2025-09-20")
    ledger.enter(number, "clock_stopped", "2025-10-01", note="lapse in appropriations")
    assert (_on(ledger, "2025-12-01").shown, _on(ledger, "2025-12-01").due) == ("clock stopped", None)
    ledger.enter(number, "clock_resumed", "2025-11-13")
    assert _on(ledger, "2025-11-20").due == date(2025, 10, 15 + 0).replace(month=11, day=27)
    ledger.enter(number, "clock_stopped", "2025-11-20")
    ledger.enter(number, "clock_resumed", "2025-11-22")
    assert _on(ledger, "2025-11-23").due == date(2025, 11, 29)


def test_an_lpp_certification_and_its_copy(ledger: Ledger) -> None:
    terms = [LIMITS["copy_days"]]
    number = ledger.open_notice("LPP certification", "parent 1", key="c", terms=terms, shipment_day="2025-07-10")
    assert _on(ledger, "2025-07-01").due == date(2025, 7, 9)
    ledger.enter(number, "obtained", "2025-07-05")
    assert _on(ledger, "2025-07-06").due is None
    ledger.enter(number, "shipped", "2025-07-10")
    assert (_on(ledger, "2025-08-09").shown, _on(ledger, "2025-08-10").shown) == ("copy due", "overdue")
    assert _on(ledger, "2025-08-10").due == date(2025, 8, 9)
    ledger.enter(number, "copy_sent", "2025-08-11")
    assert _on(ledger, "2025-08-12").shown == "done"


@pytest.mark.parametrize(
    ("kind", "due"), [("pre-notice", "2025-07-09"), ("AIA certificate", "2025-07-09"), ("limit reached", "2025-07-10")]
)
def test_notices_bound_to_the_shipment(ledger: Ledger, kind: str, due: str) -> None:
    number = ledger.open_notice(kind, "parent 1", key="k", shipment_day="2025-07-10")
    assert _on(ledger, "2025-07-01").due == date.fromisoformat(due)
    assert not _on(ledger, due).overdue
    assert _on(ledger, "2025-07-11").overdue
    ledger.enter(number, "sent", "2025-07-11")
    assert not _on(ledger, "2025-07-12").overdue


def test_what_a_shipment_owes_by_the_numbers_of_the_law() -> None:
    single, total = LIMITS["lpp_pre_notice_tpp"], LIMITS["aia_certificate_tpp"]
    assert owed(shipment=3_200_000, single=single) == {"lpp_pre_notice_tpp": True}
    assert owed(shipment=3_199_999, single=single) == {"lpp_pre_notice_tpp": False}
    before = 15_980 * 15_832
    assert owed(shipment=15_832, received_before=before - 15_832, total=total) == {"aia_certificate_tpp": False}
    assert owed(shipment=15_832, received_before=before, total=total) == {"aia_certificate_tpp": True}
    assert owed(shipment=15_832, total=total) == {"aia_certificate_tpp": None}, "what is not known is never no"
    assert owed(shipment=253_000_000, total=total) == {"aia_certificate_tpp": True}


def test_what_does_not_follow_is_refused(ledger: Ledger) -> None:
    number = ledger.open_notice("NAC", "c", key="n", terms=NAC)
    with pytest.raises(NoticeError, match="notice 1 is draft: 'confirmed' does not follow; expected one of submitted"):
        ledger.enter(number, "confirmed", "2025-07-01")
    ledger.enter(number, "submitted", "2025-07-01")
    ledger.enter(number, "submitted", "2025-07-01")  # the same again changes nothing
    with pytest.raises(NoticeError, match="perhaps 'confirmed'"):
        ledger.enter(number, "confirm", "2025-07-02")
    with pytest.raises(NoticeError, match="lies before submitted on 2025-07-01"):
        ledger.enter(number, "refused", "2025-06-30")
    ledger.enter(number, "refused", "2025-07-05")
    with pytest.raises(NoticeError, match="nothing follows"):
        ledger.enter(number, "confirmed", "2025-07-06")
    with pytest.raises(NoticeError, match="perhaps 'NAC'"):
        ledger.open_notice("NACC", "c", key="m")
    with pytest.raises(NoticeError, match="expected the term 'nac_days'"):
        ledger.open_notice("NAC", "c", key="m")
    assert ledger.open_notice("NAC", "c", key="n", terms=NAC) == number
    with pytest.raises(KeyReused):
        ledger.open_notice("NAC", "other", key="n", terms=NAC)
    with pytest.raises(UnknownAccount, match="no notice 9"):
        ledger.enter(9, "sent", "2025-07-01")
    assert ledger.verify().sound


def test_the_terms_of_an_opened_notice_stay_as_they_were(ledger: Ledger) -> None:
    number = ledger.open_notice("NAC", "c", key="n", terms=[NamedLimit("nac_days", Decimal(10), "days", "a draft")])
    ledger.enter(number, "submitted", "2025-07-01")
    assert (_on(ledger, "2025-07-02").due, _on(ledger, "2025-07-02").citation) == (date(2025, 7, 11), "a draft")


@pytest.mark.parametrize("machine", MACHINES.values(), ids=lambda machine: machine.kind)
def test_machines_are_whole(machine: object) -> None:
    from exeat.ledger.machines import Machine

    assert isinstance(machine, Machine)
    reached, ahead = set(), [machine.start]
    while ahead:
        state = ahead.pop()
        if state not in reached:
            reached.add(state)
            ahead += machine.moves.get(state, {}).values()
    assert reached == machine.states, "every state can be reached"
    assert machine.ends, "and there is an end"
    assert set(machine.waits) <= machine.states
    assert {wait.term for wait in machine.waits.values()} - {"", "none"} <= set(machine.terms)


def test_the_calendar_reads_back(ledger: Ledger, clock: HandClock, tmp_path: Path) -> None:
    icalendar = pytest.importorskip("icalendar")
    name = "Société; Énergie, 中文 \\ " + "ä" * 60
    ledger.open_notice("NAC", name, key="a", terms=NAC, shipment_day="2025-08-01", reference="S,1")
    ledger.open_notice("pre-notice", "parent 1", key="b", shipment_day="2025-06-01")
    done = ledger.open_notice("limit reached", "parent 1", key="c", shipment_day="2025-06-01")
    ledger.enter(done, "sent", "2025-06-01")
    assert commands.calendar(ledger, tmp_path / "due.ics") == {"file": "due.ics", "events": 2}
    raw = (tmp_path / "due.ics").read_bytes()
    assert all(len(line) <= 75 for line in raw.split(b"\r\n")) and b"\n" not in raw.replace(b"\r\n", b"")
    read = icalendar.Calendar.from_ical(raw)
    events = {str(event["UID"]): event for event in read.walk("VEVENT")}
    assert not any(event.errors for event in events.values())
    first = events["notice-1@exeat"]
    assert (first["DTSTART"].dt, first["DTEND"].dt) == (date(2025, 7, 7), date(2025, 7, 8))
    assert name in str(first["DESCRIPTION"]) and "shipment S,1" in str(first["DESCRIPTION"])
    assert "OVERDUE" in str(events["notice-2@exeat"]["SUMMARY"])
    assert len(list(first.walk("VALARM"))) == 1


def test_named_limits_are_read_with_their_citations(tmp_path: Path) -> None:
    assert (LIMITS["lpp_tpp_per_year"].amount, LIMITS["lpp_tpp_per_year"].citation) == (26_900_000, "§ 740.29(d)")
    with pytest.raises(LedgerError, match="perhaps 'nac_days'"):
        LIMITS["nac_day"]
    head = "name,amount,unit,citation,confidence,note\n"
    for text, message in (
        ("name,amount\n", "table.csv:1: lacks the columns unit, citation"),
        (head + "a,x,TPP,c,,\n", "table.csv:2: amount is 'x'"),
        (head + "a,1,TPP,c,,\na,2,TPP,c,,\n", "table.csv:3: expected a name that stands once"),
        (head + "a,1,TPP,,,\n", "and a citation"),
    ):
        (tmp_path / "table.csv").write_text(text, encoding="utf-8")
        with pytest.raises(LedgerError, match=message):
            read_limits(tmp_path / "table.csv")
