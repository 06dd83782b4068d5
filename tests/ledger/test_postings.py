"""What may be posted and what is refused, alike on both databases."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from ledger_samples import LPP, HandClock

from exeat.ledger.book import AccountName, Ledger, Limit, Share, Unit
from exeat.ledger.errors import (
    KeyReused,
    LedgerError,
    LimitReached,
    LimitUndefined,
    ReservationClosed,
    StoreError,
    UnknownAccount,
)


@pytest.fixture(autouse=True)
def opened(ledger: Ledger) -> None:
    ledger.open_account(LPP, limit=[Limit(26_900_000, "§ 740.29(d)", "2025-01-01", "2025-12-31")])


def test_1699_chips_fit_and_1700_do_not(ledger: Ledger) -> None:
    ledger.reserve({LPP: 1_699 * 15_832}, "order 1")
    assert ledger.balance(LPP).remaining == 1_432
    with pytest.raises(LimitReached) as refused:
        ledger.reserve({LPP: 15_832}, "order 2")
    assert refused.value.remaining == 1_432
    assert str(refused.value) == (
        "LPP / parent 1 / 2025: 15,832 TPP asked, 1,432 TPP remain of 26,900,000 (§ 740.29(d)); nothing was posted"
    )
    assert ledger.reserve({LPP: 1_432}, "order 3").remaining == {1: Decimal(0)}, "exactly the limit fits"


def test_a_second_sender_sees_what_the_first_has_used(ledger: Ledger) -> None:
    ledger.consume({LPP: 1_000 * 15_832}, "sender x")
    with pytest.raises(LimitReached) as refused:
        ledger.reserve({LPP: 700 * 15_832}, "sender y")
    assert refused.value.remaining == 11_068_000
    assert ledger.balances({"consignee_lpp_tpp_this_year": LPP}) == {"consignee_lpp_tpp_this_year": 15_832_000}


def test_an_account_never_opened_is_unknown_not_zero(ledger: Ledger) -> None:
    never = AccountName("LPP", "parent 2", "2025")
    assert ledger.balances({"consignee_lpp_tpp_this_year": never}) == {"consignee_lpp_tpp_this_year": None}
    with pytest.raises(UnknownAccount, match="there are: LPP / parent 1 / 2025"):
        ledger.reserve({never: 1}, "k")


def test_the_same_request_again_is_done_once(ledger: Ledger) -> None:
    first = ledger.reserve({LPP: "1000.5"}, "k", reference="S1")
    again = ledger.reserve({LPP: "1000.5"}, "k", reference="S1")
    assert (first.repeated, again.repeated) == (False, True)
    assert ledger.balance(LPP).held == Decimal("1000.5")
    with pytest.raises(KeyReused, match="'k' stands for another reserve of 2025-07-01"):
        ledger.reserve({LPP: 7}, "k", reference="S1")
    ledger.consume_reserved("k", "c")
    assert ledger.consume_reserved("k", "c").repeated
    assert ledger.reserve({LPP: "1000.5"}, "k", reference="S1").repeated, "also when it is consumed meanwhile"


def test_a_repeated_request_stands_even_when_the_account_is_full(ledger: Ledger) -> None:
    ledger.reserve({LPP: 26_900_000}, "all")
    assert ledger.reserve({LPP: 26_900_000}, "all").repeated


def test_the_short_way_and_the_long_way_post_the_same(ledger: Ledger) -> None:
    said = {"who": "u7", "reference": "S1", "why": "w"}
    ledger.reserve({LPP: 1}, "the account is known from here on, and the short way open")
    for number, amount in enumerate((5, "2.5", Decimal("0.0001"))):
        ledger.reserve({LPP: amount}, f"short {number}", **said)
        ledger.consume({LPP: amount}, f"short consumed {number}", **said)
        with ledger.unit() as unit:
            assert unit.reserve({LPP: amount}, f"short {number}", **said).repeated
            assert unit.consume({LPP: amount}, f"short consumed {number}", **said).repeated
            unit.reserve({LPP: amount}, f"long {number}", **said)
        assert ledger.reserve({LPP: amount}, f"long {number}", **said).repeated
    with ledger.store.reading() as connection:
        columns = "operation, held, consumed, day, leg, expires_at, who, reference, why, request"
        for number in range(3):
            rows = connection.exec_driver_sql(
                f"SELECT {columns} FROM postings WHERE key IN ('short {number}', 'long {number}')"
            ).all()
            assert len(rows) == 2 and rows[0] == rows[1]
    assert ledger.verify().sound


def test_the_short_way_refuses_what_would_pass_the_limit(ledger: Ledger) -> None:
    ledger.reserve({LPP: 26_899_998}, "nearly all")
    for key in ("a", "b"):
        assert ledger.reserve({LPP: 1}, key).remaining == {1: Decimal(1 if key == "a" else 0)}
    for amount in (1, "0.0001"):
        with pytest.raises(LimitReached) as refused:
            ledger.reserve({LPP: amount}, f"too much {amount}")
        assert refused.value.remaining == 0
    for wrong in ({LPP: 0}, {LPP: -1}, {LPP: "1.00001"}, {LPP: 1.5}):
        with pytest.raises(LedgerError, match="expected"):
            ledger.reserve(wrong, "k")
    for key in ("", "k" * 191):
        with pytest.raises(LedgerError, match="1 to 190 characters"):
            ledger.reserve({LPP: 1}, key)
    assert ledger.balance(LPP).held == 26_900_000
    assert ledger.verify().sound


def test_one_key_on_two_accounts_is_refused(ledger: Ledger) -> None:
    other = AccountName("AIA", "parent 1")
    ledger.open_account(other, counts_only=True)
    ledger.reserve({LPP: 1}, "k")
    with pytest.raises(KeyReused):
        ledger.reserve({other: 1}, "k")
    assert ledger.balance(other).used == 0


def test_reserve_consume_in_part_release_the_rest(ledger: Ledger) -> None:
    ledger.reserve({LPP: 100}, "r")
    ledger.consume_reserved("r", "c1", amounts={LPP: 60})
    found = ledger.balance(LPP)
    assert (found.held, found.consumed) == (40, 60)
    with pytest.raises(ReservationClosed, match="holds 40; 41 was asked"):
        ledger.consume_reserved("r", "c2", amounts={LPP: 41})
    ledger.release("r", "back")
    found = ledger.balance(LPP)
    assert (found.held, found.consumed) == (0, 60)
    with pytest.raises(ReservationClosed, match="holds nothing any more"):
        ledger.release("r", "back again")
    with pytest.raises(UnknownAccount, match="no reservation 'x'"):
        ledger.release("x", "y")


def test_a_reservation_lapses_and_never_stands_in_the_way(ledger: Ledger, clock: HandClock) -> None:
    ledger.reserve({LPP: 26_900_000}, "r", expires_at=clock() + timedelta(days=2))
    clock.move(days=1)
    assert ledger.expire() == []
    clock.move(days=1)
    with pytest.raises(ReservationClosed, match="lapsed at 2025-07-03"):
        ledger.consume_reserved("r", "late")
    assert ledger.reserve({LPP: 26_900_000}, "next").remaining == {1: Decimal(0)}
    assert ledger.balance(LPP).held == 26_900_000
    assert ledger.expire() == []
    with pytest.raises(LedgerError, match="expected a moment to come"):
        ledger.reserve({LPP: 1}, "past", expires_at=clock() - timedelta(seconds=1))


def test_balances_as_of_any_past_moment(ledger: Ledger, clock: HandClock) -> None:
    start = clock()
    for day in range(1, 6):
        clock.move(days=1)
        ledger.consume({LPP: 1_000_000}, f"day {day}")
    ledger.set_limit(LPP, Limit(10_000_000, "a later amendment"))
    for day in range(6):
        found = ledger.balance(LPP, at=start + timedelta(days=day, hours=1))
        assert (found.consumed, found.limit) == (day * 1_000_000, 26_900_000 if day < 5 else 10_000_000)
    assert ledger.balances({"f": (LPP, "remaining")}, at=start + timedelta(days=2)) == {"f": 24_900_000}


def test_a_clock_set_back_puts_nothing_before_what_stands(ledger: Ledger, clock: HandClock) -> None:
    ledger.consume({LPP: 1}, "a")
    then = clock()
    clock.move(hours=-5)
    ledger.consume({LPP: 2}, "b")
    assert ledger.balance(LPP, at=then - timedelta(minutes=1)).consumed == 0
    assert ledger.balance(LPP, at=then).consumed == 3
    assert ledger.verify().sound


def test_limits_by_day_and_none_after_the_last(ledger: Ledger) -> None:
    base = AccountName("NVEU installed base", "company 1 in IN")
    quarters = [("2025-01-01", "2025-03-31", 633_000_000), ("2025-04-01", "2025-06-30", 949_500_000)]
    ledger.open_account(base, limit=[Limit(amount, "§ 748.15, table 1", a, b) for a, b, amount in quarters])
    ledger.consume({base: 633_000_000}, "q1", on="2025-03-31")
    with pytest.raises(LimitReached) as refused:
        ledger.consume({base: 1}, "q1 more", on="2025-03-31")
    assert refused.value.remaining == 0
    ledger.consume({base: 316_500_000}, "q2", on="2025-04-01")
    with pytest.raises(LimitUndefined, match="no limit is stated for 2028-01-01; undefined is neither"):
        ledger.consume({base: 1}, "later", on="2028-01-01")
    with pytest.raises(LimitUndefined):
        ledger.consume({LPP: 1}, "before", on="2024-12-31")
    ledger.retire({base: 500_000}, "scrapped", why="500 boards failed, report 17")
    assert ledger.consume({base: 500_000}, "in their place", on="2025-06-30").remaining == {2: Decimal(0)}
    with pytest.raises(LedgerError, match="only 949,500,000 TPP are consumed"):
        ledger.retire({base: 949_500_001}, "too many", why="a typing error")


def _uveu(ledger: Ledger) -> tuple[AccountName, AccountName]:
    whole, abroad = AccountName("installed base", "group 1"), AccountName("installed outside AIA", "group 1")
    ledger.open_account(whole, counts_only=True)
    ledger.open_account(abroad, share=[Share(whole, 25, "15 CFR 748 supp. 10, paragraph 6")])
    return whole, abroad


def test_a_share_is_tested_after_the_transfer_and_25_percent_fits(ledger: Ledger) -> None:
    whole, abroad = _uveu(ledger)
    ledger.consume({whole: 750}, "at home")
    with pytest.raises(LimitReached, match=r"251 TPP asked, 250 TPP remain of 250 \(25% of installed base"):
        ledger.reserve({abroad: 251, whole: 251}, "one too many")
    ledger.reserve({abroad: 250, whole: 250}, "abroad")
    ledger.consume_reserved("abroad", "installed")
    assert ledger.balance(abroad).consumed * 4 == ledger.balance(whole).consumed == 1_000
    with pytest.raises(LimitReached):
        ledger.consume({abroad: 1}, "moved from home")


def test_what_is_only_held_in_the_whole_makes_no_room(ledger: Ledger) -> None:
    whole, abroad = _uveu(ledger)
    ledger.reserve({whole: 750}, "planned at home")
    with pytest.raises(LimitReached):
        ledger.reserve({abroad: 250, whole: 250}, "abroad")
    ledger.release("planned at home", "never built")
    assert ledger.balance(abroad).remaining == 0


def test_a_whole_that_shrinks_leaves_the_share_passed_and_says_so(ledger: Ledger) -> None:
    whole, abroad = _uveu(ledger)
    ledger.consume({whole: 1_000}, "home")
    ledger.consume({abroad: 250}, "moved")
    ledger.retire({whole: 200}, "dead", why="failed")
    found = ledger.correct({abroad: -10}, "counted twice", why="stocktaking")
    assert found.exceeded == (
        "installed outside AIA / group 1: 240 TPP is over 25% of 800 in installed base / group 1",
    )
    with pytest.raises(LimitReached):
        ledger.consume({abroad: 1}, "more")


def test_a_correction_up_is_refused_unless_it_is_a_fact_of_the_world(ledger: Ledger) -> None:
    ledger.consume({LPP: 26_900_000}, "all")
    with pytest.raises(LimitReached):
        ledger.correct({LPP: 5}, "fix", why="five more were found shipped")
    found = ledger.correct({LPP: 5}, "fix", why="five more were found shipped", even_over_limit=True)
    assert found.exceeded == ("LPP / parent 1 / 2025: 26,900,005 of 26,900,000 TPP",)
    assert ledger.balance(LPP).remaining == 0
    with pytest.raises(LedgerError, match="the reason"):
        ledger.correct({LPP: -5}, "no reason", why=" ")


def test_a_lowered_limit_stops_what_was_reserved(ledger: Ledger) -> None:
    ledger.reserve({LPP: 20_000_000}, "r")
    ledger.set_limit(LPP, Limit(10_000_000, "an amendment", "2025-01-01", "2025-12-31"))
    with pytest.raises(LimitReached):
        ledger.consume_reserved("r", "c")
    assert ledger.release("r", "back").remaining == {1: Decimal(10_000_000)}


def test_a_license_is_written_off_in_units_and_dollars_together(ledger: Ledger) -> None:
    units, dollars = (AccountName("license", "D1234567", "", unit) for unit in ("units", "USD"))
    ledger.open_account(units, limit=[Limit(100, "license D1234567", None, "2027-06-30")])
    ledger.open_account(dollars, limit=[Limit("2500000.00", "license D1234567", None, "2027-06-30")])
    ledger.consume({units: 60, dollars: "1500000.25"}, "shipment 1", reference="S1")
    with pytest.raises(LimitReached, match=r"license / D1234567: 1,000,000 USD asked, 999,999\.75 USD remain"):
        ledger.consume({units: 40, dollars: "1000000"}, "shipment 2")
    assert ledger.balance(units).consumed == 60, "all legs or none"
    with pytest.raises(LimitUndefined):
        ledger.consume({units: 1, dollars: 1}, "too late", on="2027-07-01")


def test_a_unit_stands_as_a_whole_or_not_at_all(ledger: Ledger) -> None:

    def fails(unit: Unit) -> None:
        unit.reserve({LPP: 5}, "a")
        unit.open_account(AccountName("x", "y"), counts_only=True)
        raise RuntimeError("the desk failed")

    with pytest.raises(RuntimeError):
        ledger.run(fails)
    assert ledger.balance(LPP).used == 0
    assert ledger.balances({"f": AccountName("x", "y")}) == {"f": None}
    with ledger.unit() as unit:
        unit.reserve({LPP: 5}, "a")
        number = unit.record({"outcome": "unknown"}, stated={"date": "2025-07-01"})
    assert ledger.balance(LPP).held == 5
    assert number == ledger.verify().receipts


def test_opening_again_is_no_change_and_other_terms_are_refused(ledger: Ledger) -> None:
    same = [Limit(26_900_000, "§ 740.29(d)", "2025-01-01", "2025-12-31")]
    assert ledger.open_account(LPP, limit=same) == 1
    with pytest.raises(LedgerError, match="open with other terms"):
        ledger.open_account(LPP, limit=[Limit(27_000_000)])
    with pytest.raises(LedgerError, match="expected a limit or a share"):
        ledger.open_account(AccountName("x", "y"))


def test_what_is_no_amount(ledger: Ledger) -> None:
    for amount in (0, -1, True, 1.5, "1.00001", "x", 10**14, "NaN", "1e400", None):
        with pytest.raises(LedgerError):
            ledger.reserve({LPP: amount}, "k")
    assert ledger.balance(LPP).used == 0


def test_rows_may_only_be_added(ledger: Ledger) -> None:
    with ledger.unit() as unit:
        unit.reserve({LPP: 5}, "a")
        unit.record({"ask": ["x" * 300]}, stated={})
        unit.open_account(AccountName("s", "s"), share=[Share(LPP, 5)])
        notice = unit.open_notice("pre-notice", "p", key="n", shipment_day="2025-07-02")
        unit.enter(notice, "sent", "2025-07-01")
    columns = {"parts": "body", "receipts": "body", "postings": "at", "notice_events": "at", "limits": "set_at"}
    for table, column in {**columns, "shares": "set_at"}.items():
        for change in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
            with pytest.raises(StoreError, match="append-only"), ledger.store.writing() as connection:
                connection.exec_driver_sql(change)
