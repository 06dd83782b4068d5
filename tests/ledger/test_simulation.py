"""A seeded simulation: requests in any order, repeated, crashed before or after the commit, raced, with a wild clock.

After every step: no limit passed, no posting lost or doubled, every balance the sum of its postings.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from ledger_samples import HandClock

from exeat.ledger import balances
from exeat.ledger.book import AccountName, Ledger, Limit, Share, Unit
from exeat.ledger.errors import LimitReached, ReservationClosed

A, B = AccountName("LPP", "a"), AccountName("LPP", "b")
WHOLE, PART = AccountName("base", "all"), AccountName("base", "abroad")
LIMITS = {A: 20, B: 7}
AMOUNT = st.integers(1, 12)
NAME = st.sampled_from([A, B])


class CrashError(Exception):
    """The process died before the commit."""


class Simulation(RuleBasedStateMachine):
    """The ledger beside a plain model of it."""

    make: ClassVar[Any]

    @initialize()
    def begin(self) -> None:
        self.clock = HandClock()
        self.url, self.end = self.make()
        self.ledger = Ledger(self.url, clock=self.clock)
        for name, limit in LIMITS.items():
            self.ledger.open_account(name, limit=[Limit(limit)])
        self.ledger.open_account(WHOLE, counts_only=True)
        self.ledger.open_account(PART, share=[Share(WHOLE, 25)])
        self.number, self.postings = 0, 0
        self.held: dict[str, tuple[AccountName, int, Any]] = {}
        self.used = {A: 0, B: 0, WHOLE: 0, PART: 0}
        self.done: list[tuple[AccountName, int, str]] = []

    def key(self) -> str:
        self.number += 1
        return f"k{self.number}"

    def live(self) -> list[str]:
        return [key for key, (_, _, lapses) in self.held.items() if lapses is None or lapses > self.clock()]

    def sweep(self) -> None:
        """What a sweep gives back."""
        for key in [key for key in self.held if key not in self.live()]:
            name, amount, _ = self.held.pop(key)
            self.used[name] -= amount
            self.postings += 1

    def room(self, name: AccountName) -> int:
        return LIMITS[name] - self.used[name]

    @rule(name=NAME, amount=AMOUNT, lapses=st.sampled_from([None, None, 1, 30]), crash=st.sampled_from(["", "before"]))
    def reserve(self, name: AccountName, amount: int, lapses: int | None, crash: str) -> None:
        key, until = self.key(), None if lapses is None else self.clock() + timedelta(days=lapses)
        if amount > self.room(name) and crash != "before":
            swept = [k for k, (n, _, _) in self.held.items() if n == name and k not in self.live()]
            freed = sum(self.held[k][1] for k in swept)
            if amount > self.room(name) + freed:
                with pytest.raises(LimitReached) as refused:
                    self.ledger.reserve({name: amount}, key, expires_at=until)
                assert refused.value.remaining == self.room(name) + freed
                return
            for k in swept:
                self.used[name] -= self.held.pop(k)[1]
                self.postings += 1
        if crash == "before":

            def dies(unit: Unit) -> None:
                unit.reserve({name: amount}, key, expires_at=until)
                raise CrashError

            with pytest.raises((CrashError, LimitReached)):
                self.ledger.run(dies)
            return
        self.ledger.reserve({name: amount}, key, expires_at=until)
        self.held[key] = (name, amount, until)
        self.used[name] += amount
        self.postings += 1
        if until is None:
            self.done.append((name, amount, key))

    @rule(name=NAME)
    def to_the_brim(self, name: AccountName) -> None:
        """Exactly what remains fits, and then not one more."""
        self.ledger.expire()
        self.sweep()
        if self.room(name):
            key, room = self.key(), self.room(name)
            self.ledger.reserve({name: room}, key)
            self.held[key] = (name, room, None)
            self.used[name] += room
            self.postings += 1
        with pytest.raises(LimitReached):
            self.ledger.reserve({name: "0.0001"}, self.key())

    @precondition(lambda self: self.done)
    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        """The answer was lost; the client asks again, perhaps from a new process."""
        name, amount, key = data.draw(st.sampled_from(self.done))
        ledger = Ledger(self.url, clock=self.clock)
        assert ledger.reserve({name: amount}, key).repeated
        ledger.close()

    @precondition(lambda self: self.held)
    @rule(data=st.data(), verb=st.sampled_from(["consume", "release"]), twice=st.booleans())
    def close_one(self, data: st.DataObject, verb: str, twice: bool) -> None:
        reservation, key = data.draw(st.sampled_from(sorted(self.held))), self.key()
        close = self.ledger.consume_reserved if verb == "consume" else self.ledger.release
        if verb == "consume" and reservation not in self.live():
            with pytest.raises(ReservationClosed):
                close(reservation, key)
            return
        close(reservation, key)
        name, amount, _ = self.held.pop(reservation)
        self.used[name] -= amount if verb == "release" else 0
        self.postings += 1
        if twice:
            assert close(reservation, key).repeated

    @rule()
    def expire(self) -> None:
        self.ledger.expire()
        self.sweep()

    @rule(days=st.integers(-3, 5))
    def clock_jumps(self, days: int) -> None:
        self.clock.move(days=days)

    @rule(name=NAME, amount=AMOUNT)
    def correct(self, name: AccountName, amount: int) -> None:
        key = self.key()
        if amount > self.room(name):
            with pytest.raises(LimitReached):
                self.ledger.correct({name: amount}, key, why="stocktaking")
            return
        self.ledger.correct({name: amount}, key, why="stocktaking")
        self.used[name] += amount
        self.postings += 1

    @rule(home=AMOUNT, abroad=AMOUNT)
    def build(self, home: int, abroad: int) -> None:
        key = self.key()
        fits = 4 * (self.used[PART] + abroad) <= self.used[WHOLE] + home + abroad
        if not fits:
            with pytest.raises(LimitReached):
                self.ledger.consume({WHOLE: home + abroad, PART: abroad}, key)
            return
        self.ledger.consume({WHOLE: home + abroad, PART: abroad}, key)
        self.used[WHOLE] += home + abroad
        self.used[PART] += abroad
        self.postings += 2

    @rule(name=NAME, amounts=st.lists(AMOUNT, min_size=2, max_size=3), same=st.booleans())
    def race(self, name: AccountName, amounts: list[int], same: bool) -> None:
        """Threads at once, with keys of their own or all with one."""
        key, got = self.key(), []
        amounts = [amounts[0]] * len(amounts) if same else amounts

        def one(number: int) -> None:
            try:
                mine = key if same else f"{key}-{number}"
                if not self.ledger.reserve({name: amounts[number]}, mine).repeated:
                    got.append((mine, amounts[number]))
            except LimitReached:
                pass

        threads = [threading.Thread(target=one, args=(number,)) for number in range(len(amounts))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with self.ledger.store.reading() as connection:
            held, consumed = balances.sums(connection, self.ledger._ids[name]) if name in self.ledger._ids else (0, 0)
        before = self.used[name]
        for mine, amount in got:
            self.held[mine] = (name, amount, None)
            self.used[name] += amount
            self.postings += 1
        if got and held + consumed != self.used[name] * 10_000:  # a loser swept what had lapsed
            for k in [k for k, (n, _, _) in self.held.items() if n == name and k not in self.live()]:
                self.used[name] -= self.held.pop(k)[1]
                self.postings += 1
        elif not got and held + consumed != before * 10_000 and name in self.ledger._ids:
            raise AssertionError("a race without a winner changed the balance")

    @invariant()
    def holds(self) -> None:
        if not hasattr(self, "ledger"):
            return
        with self.ledger.store.reading() as connection:
            rows = connection.exec_driver_sql(
                "SELECT subject, kind, id, held, consumed FROM accounts ORDER BY id"
            ).all()
            count = connection.exec_driver_sql("SELECT count(*) FROM postings").scalar()
            for row in rows:
                assert balances.sums(connection, row.id) == (row.held, row.consumed)
                name = AccountName(row.kind, row.subject)
                assert row.held + row.consumed == self.used[name] * 10_000
                assert name not in LIMITS or row.held + row.consumed <= LIMITS[name] * 10_000
        assert count == self.postings
        assert 4 * self.used[PART] <= self.used[WHOLE]

    def teardown(self) -> None:
        if hasattr(self, "ledger"):
            found = self.ledger.verify()
            self.ledger.close()
            self.end()
            assert found.sound, found.faults


def _settings(examples: int) -> settings:
    quiet = list(HealthCheck)
    return settings(
        max_examples=examples, stateful_step_count=25, deadline=None, suppress_health_check=quiet, database=None
    )


@pytest.mark.parametrize(("database", "examples"), [("sqlite", 8), ("postgresql", 4)])
def test_simulation(request: pytest.FixtureRequest, database: str, examples: int) -> None:
    if database == "sqlite":
        prototype = request.getfixturevalue("sqlite_template")

        def make() -> tuple[str, Any]:
            folder = Path(tempfile.mkdtemp(prefix="exeat-sim-"))
            shutil.copy(prototype, folder / "ledger.db")
            return f"sqlite:///{folder / 'ledger.db'}", lambda: shutil.rmtree(folder)
    else:
        import itertools

        import psycopg

        server, numbers = request.getfixturevalue("template"), itertools.count()

        def make() -> tuple[str, Any]:
            name = f"simulated_{next(numbers)}"
            with psycopg.connect(server, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name} TEMPLATE ledger_template")
            return server.replace("/postgres?", f"/{name}?"), lambda: None

    class Bound(Simulation):
        pass

    Bound.make = staticmethod(make)
    run_state_machine_as_test(seed(20250115)(Bound), settings=_settings(examples))
