"""The ledger's front: each method is one transaction; :meth:`Ledger.unit` puts several into one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from time import time_ns
from typing import Any, TypeVar

from sqlalchemy import Connection

from exeat.ledger import audit, calendar, moves, notices, replay, retention, schema
from exeat.ledger import balances as sums
from exeat.ledger.accounts import AccountName, Limit, Share
from exeat.ledger.clock import Clock, micros, system_clock
from exeat.ledger.errors import StoreError
from exeat.ledger.hot import HotPath
from exeat.ledger.postings import Posted
from exeat.ledger.receipts import StoredParts, drafted
from exeat.ledger.store import Store
from exeat.ledger.unit import Unit
from exeat.ledger.verify import Verification, verify

Result = TypeVar("Result")
#: So many digests of pieces are remembered (32 bytes each).
_PARTS = 50_000
#: What may be said of a posting without changing what it does.
_SAID = frozenset({"who", "reference", "why"})

__all__ = ["AccountName", "Ledger", "Limit", "Posted", "Share", "Unit"]


class Ledger:
    """A ledger in one database.

    Every method that writes is one transaction: it is done, on disk, when the method returns, or nothing was written
    and an error says why. All that change a balance take a ``key``; repeating a request with its key is safe at any
    time and does it once.

    Raises:
        StoreError: the database cannot be opened, or its schema is older or newer than this version.
    """

    def __init__(
        self,
        url: str = "sqlite:///exeat-ledger.db",
        *,
        clock: Clock = system_clock,
        seal_key: bytes | None = None,
        pool_size: int = 5,
        busy_ms: int | None = None,
        create: bool = True,
    ) -> None:
        more = {} if busy_ms is None else {"busy_ms": busy_ms}
        self.store = Store(url, pool_size=pool_size, **more)
        self.clock = clock
        self.seal_key = seal_key
        # Of what is committed only: ids never change, and pieces are never deleted.
        self._ids: dict[AccountName, int] = {}
        self._parts: set[bytes] = set()
        schema.ensure(self.store, create=create)
        self._hot = HotPath(self.store)

    def close(self) -> None:
        """Give back the connections."""
        self.store.close()

    @contextmanager
    def unit(self) -> Iterator[Unit]:
        """Several operations in one transaction: all stand, or none.

        Reserve before recording, as all users do, so that no two wait for each other. A lost race raises StoreError
        at the end; :meth:`run` tries again instead.
        """
        with self.store.writing() as connection:
            unit = self._unit(connection)
            yield unit
        self._committed(unit)

    def _unit(self, connection: Connection) -> Unit:
        return Unit(connection, self.clock, self.seal_key, self._ids, self._parts)

    def _committed(self, unit: Unit) -> None:
        self._ids.update(unit.found)
        self._remember(unit.parts)

    def _remember(self, parts: StoredParts) -> None:
        if len(self._parts) > _PARTS:
            self._parts.clear()
        self._parts.update(parts.added)

    def run(self, work: Callable[[Unit], Result]) -> Result:
        """``work`` in one transaction, done again if another writer came first (so it may run more than once)."""

        def once(connection: Connection) -> tuple[Result, Unit]:
            unit = self._unit(connection)
            return work(unit), unit

        result, unit = self.store.run(once)
        self._committed(unit)
        return result

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self.store.reading() as connection:
            yield connection

    # Accounts

    def open_account(self, name: AccountName, **terms: Any) -> int:
        """See :meth:`Unit.open_account`."""
        return self.run(lambda unit: unit.open_account(name, **terms))

    def set_limit(self, name: AccountName, limit: Limit, *, who: str = "") -> None:
        """Set a limit for the days it names."""
        self.run(lambda unit: unit.set_limit(name, limit, who=who))

    def set_share(self, name: AccountName, share: Share, *, who: str = "") -> None:
        """Bind an account to a share of another."""
        self.run(lambda unit: unit.set_share(name, share, who=who))

    # Postings

    def reserve(self, amounts: Mapping[AccountName, Any], key: str, **more: Any) -> Posted:
        """Hold amounts until they are consumed, released or expire. See :meth:`Unit.reserve`."""
        return self._raise("reserve", amounts, key, **more)

    def consume(self, amounts: Mapping[AccountName, Any], key: str, **more: Any) -> Posted:
        """Consume amounts that were not reserved (a license written off, say). See :meth:`Unit.consume`."""
        return self._raise("consume", amounts, key, **more)

    def consume_reserved(self, reservation: str, key: str, **more: Any) -> Posted:
        """Consume what a reservation holds, wholly or in part. See :meth:`Unit.consume_reserved`."""
        return self.run(lambda unit: unit.consume_reserved(reservation, key, **more))

    def release(self, reservation: str, key: str, **more: Any) -> Posted:
        """Give back what a reservation holds, wholly or in part."""
        return self.run(lambda unit: unit.release(reservation, key, **more))

    def retire(self, amounts: Mapping[AccountName, Any], key: str, *, why: str, **more: Any) -> Posted:
        """A stock shrinks: chips lost, dead, moved away or resold."""
        return self.run(lambda unit: unit.retire(amounts, key, why=why, **more))

    def correct(self, amounts: Mapping[AccountName, Any], key: str, *, why: str, **more: Any) -> Posted:
        """Set right what was consumed, up or down, by a posting of its own."""
        return self.run(lambda unit: unit.correct(amounts, key, why=why, **more))

    def expire(self) -> list[str]:
        """Give back every reservation whose time is over. Returns their names."""
        return self.run(lambda unit: unit.expire())

    def _raise(self, operation: str, amounts: Mapping[AccountName, Any], key: str, **more: Any) -> Posted:
        """The short way where there is one; the long way decides all else."""
        if len(amounts) == 1:
            ((name, amount),) = amounts.items()
            account = self._ids.get(name)
            if account is not None:
                if _SAID.issuperset(more):
                    found = self._hot.raised(operation, account, name, amount, key, self.now(), **more)
                else:
                    ids = self._ids.__getitem__
                    found = self._hot.post(moves.raising(operation, amounts, key, ids=ids, now=self.now(), **more))
                if found is not None:
                    return found
        if operation == "reserve":
            return self.run(lambda unit: unit.reserve(amounts, key, **more))
        return self.run(lambda unit: unit.consume(amounts, key, **more))

    # Balances

    def balance(self, name: AccountName, *, at: datetime | None = None, day: date | None = None) -> sums.Balance:
        """One account's balance now or as of a past moment."""
        with self._reading() as connection:
            return sums.balance(connection, name, self.clock(), at=at, day=day)

    def balances(
        self, wanted: Mapping[str, AccountName | tuple[AccountName, sums.Figure]], *, at: datetime | None = None
    ) -> dict[str, int | Decimal | None]:
        """Facts by name from accounts; an account never opened is None (unknown), never zero."""
        with self._reading() as connection:
            return sums.facts(connection, wanted, self.clock(), at=at)

    # Receipts

    def record(self, determination: Mapping[str, Any], *, stated: Mapping[str, Any], **more: Any) -> int:
        """Record a determination; its number. See :meth:`Unit.record`."""
        draft = drafted(determination, stated=stated, **more)
        parts = StoredParts(self._parts, set())
        number = self._hot.record(draft, self.now, parts, self.seal_key)
        if number is None:
            return self.run(lambda unit: unit.record_draft(draft, stated))
        self._remember(parts)
        return number

    def verify(self, *, checkpoint: Mapping[str, Any] | None = None, workers: int | None = None) -> Verification:
        """Compare everything stored with its hashes."""
        return verify(self.store, checkpoint=checkpoint, seal_key=self.seal_key, workers=workers)

    def checkpoint(self) -> dict[str, Any]:
        """How long the chains are and their last hashes: to be kept away from the database."""
        with self._reading() as connection:
            return audit.checkpoint(connection, self.clock().isoformat(), self.seal_key)

    def replay(
        self, evaluate: replay.Evaluate, *, first: int = 1, last: int | None = None
    ) -> Iterator[replay.Difference | None]:
        """Every recorded answer given anew; None where it is the same."""
        with self._reading() as connection:
            yield from replay.replay(connection, evaluate, first=first, last=last)

    def redact(self, number: int, *, why: str, who: str = "", fields: Sequence[int] | None = None) -> int:
        """Delete personal values of a receipt; the chain stays valid and says so."""
        return self.run(lambda unit: unit.redact(number, why=why, who=who, fields=fields))

    def kept_longer_than(self, time: timedelta) -> list[int]:
        """Receipts older than that which still hold personal values."""
        with self._reading() as connection:
            return retention.older_than(connection, self.clock() - time)

    # Notices

    def open_notice(self, kind: str, subject: str, *, key: str, **more: Any) -> int:
        """Open a notice; its id. See :func:`exeat.ledger.notices.open_notice`."""
        return self.run(lambda unit: unit.open_notice(kind, subject, key=key, **more))

    def enter(self, notice: int, event: str, day: date | str, *, who: str = "", note: str = "") -> notices.Notice:
        """Enter what happened to a notice."""
        return self.run(lambda unit: unit.enter(notice, event, day, who=who, note=note))

    def notices(self, today: date | None = None, *, reference: str | None = None) -> list[notices.Notice]:
        """Every notice as it stands on a day (default: today, UTC), the first due first."""
        with self._reading() as connection:
            return notices.all_on_day(connection, today or self.clock().date(), reference=reference)

    def icalendar(self, today: date | None = None, *, remind_days: int = 3) -> str:
        """Everything awaited, as an iCalendar file."""
        return calendar.icalendar(self.notices(today), self.clock(), remind_days=remind_days)

    def now(self) -> int:
        """The clock's time in microseconds."""
        return time_ns() // 1000 if self.clock is system_clock else micros(self.clock())


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file.

    Raises:
        StoreError: the path is a folder.
    """
    if path.is_dir():
        raise StoreError(f"{path.name} is a folder; expected a file")
    return f"sqlite:///{path}"
