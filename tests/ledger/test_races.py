"""Many processes at once, and processes killed in the middle: exactly the limit, nothing lost, nothing twice."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import random
import signal
from collections.abc import Callable
from typing import Any

import pytest

from exeat.ledger.book import AccountName, Ledger, Limit
from exeat.ledger.errors import LimitReached

if "fork" not in multiprocessing.get_all_start_methods():
    pytest.skip("needs processes that fork", allow_module_level=True)

FORK = multiprocessing.get_context("fork")
LAST = AccountName("license", "D1", "", "units")
#: For the full run of ten times 10,000: EXEAT_LEDGER_KILLS=10000.
RESERVATIONS = int(os.environ.get("EXEAT_LEDGER_KILLS", "600"))


def _together(count: int, work: Callable[[int, Any], Any]) -> list[Any]:
    """What ``count`` processes give back that all begin at the same moment."""
    start, answers = FORK.Barrier(count), FORK.Queue()

    def one(number: int) -> None:
        try:
            answers.put(work(number, start))
        except BaseException as error:
            answers.put(f"{type(error).__name__}: {error}")

    processes = [FORK.Process(target=one, args=(number,)) for number in range(count)]
    for process in processes:
        process.start()
    found = [answers.get(timeout=280) for _ in processes]
    for process in processes:
        process.join()
    return found


@pytest.mark.parametrize(
    ("database", "writers", "each"), [("postgresql", 32, 3), ("sqlite", 8, 6)], ids=["postgresql-32", "sqlite-8"]
)
def test_exactly_the_limit_is_taken(request: pytest.FixtureRequest, database: str, writers: int, each: int) -> None:
    url = request.getfixturevalue(database)
    limit = writers * each * 2 // 3
    first = Ledger(url)
    first.open_account(LAST, limit=[Limit(limit)])
    first.close()

    def fight(number: int, start: Any) -> int:
        ledger, got = Ledger(url, pool_size=1), 0
        start.wait()
        for turn in range(each):
            try:
                ledger.reserve({LAST: 1}, f"{number}-{turn}")
                got += 1
            except LimitReached as refused:
                got += int(refused.remaining) * 1000  # nothing remains; anything else would show in the sum
        return got

    taken = _together(writers, fight)
    assert all(isinstance(one, int) for one in taken), taken
    ledger = Ledger(url)
    assert sum(taken) == limit
    assert ledger.balance(LAST).held == limit
    assert ledger.verify().sound
    ledger.close()


def test_the_same_key_from_many_processes_is_done_once(url: str) -> None:
    first = Ledger(url)
    first.open_account(LAST, limit=[Limit(3)])
    first.close()

    def repeat(number: int, start: Any) -> bool:
        ledger = Ledger(url, pool_size=1)
        start.wait()
        if number % 2:
            return ledger.reserve({LAST: 3}, "one order").repeated
        with ledger.unit() as unit:
            return unit.reserve({LAST: 3}, "one order").repeated

    found = _together(8, repeat)
    ledger = Ledger(url)
    assert ledger.balance(LAST).held == 3
    # A unit that loses the race may be refused as a whole ("another writer came first"); it is never done twice.
    assert found.count(False) == 1, found
    assert all(one in (True, False) or "came first" in one for one in found), found
    ledger.close()


def test_crossing_transactions_do_not_deadlock(postgresql: str) -> None:
    names = [AccountName("x", f"{number}") for number in range(3)]
    first = Ledger(postgresql)
    for name in names:
        first.open_account(name, limit=[Limit(1_000)])
    first.close()

    def cross(number: int, start: Any) -> int:
        ledger, mixed = Ledger(postgresql, pool_size=1), random.Random(number)
        start.wait()
        for turn in range(4):
            order = mixed.sample(names, 3)
            ledger.run(
                lambda unit, order=order, turn=turn: [  # type: ignore[misc]
                    unit.reserve({name: 1}, f"{number}-{turn}-{name.subject}") for name in order
                ]
            )
        return 4

    assert _together(4, cross) == [4] * 4
    ledger = Ledger(postgresql)
    assert [ledger.balance(name).held for name in names] == [16] * 3
    assert ledger.verify().sound
    ledger.close()


@pytest.mark.parametrize(("database", "kills"), [("sqlite", 10), ("postgresql", 3)])
def test_killed_in_the_middle_of_reservations(request: pytest.FixtureRequest, database: str, kills: int) -> None:
    url, mixed = request.getfixturevalue(database), random.Random(740)
    name = AccountName("LPP", "parent 1", "2025")
    ledger = Ledger(url)
    ledger.open_account(name, limit=[Limit(10**9)])
    acknowledged = 0
    for _ in range(kills):
        reader, writer = FORK.Pipe(duplex=False)

        def work(begin: int = acknowledged, writer: Any = writer) -> None:
            mine = Ledger(url, pool_size=1)
            for number in itertools.count(begin):  # until it is killed, however late that is
                # What was killed before its answer came is asked again, with its key.
                mine.reserve({name: 1}, f"r{number}")
                if number % 20 == 0:
                    mine.record({"outcome": "unknown"}, stated={"number": number}, key=f"d{number}", who="officer")
                writer.send(number)

        process = FORK.Process(target=work)
        process.start()
        writer.close()
        aim = acknowledged + mixed.randrange(5, RESERVATIONS // kills)
        while acknowledged < aim:
            acknowledged = reader.recv() + 1
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        while True:
            try:
                acknowledged = reader.recv() + 1
            except EOFError:
                break
        found = ledger.verify()
        assert found.sound, found.faults
        held = int(ledger.balance(name).held)
        assert acknowledged <= held <= acknowledged + 1, "only the one request on its way may stand unanswered"
    for number in range(acknowledged, acknowledged + 40):
        ledger.reserve({name: 1}, f"r{number}")
    assert ledger.balance(name).held == acknowledged + 40
    assert ledger.verify().sound
    ledger.close()
