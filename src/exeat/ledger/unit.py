"""What may be done within one transaction of the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from exeat.ledger import accounts as book
from exeat.ledger import moves, notices, receipts, retention
from exeat.ledger.accounts import AccountName, Limit, Share
from exeat.ledger.amounts import scaled
from exeat.ledger.clock import Clock, day_of, micros, moment_of
from exeat.ledger.errors import LimitReached, ReservationClosed
from exeat.ledger.moves import Amounts
from exeat.ledger.postings import (
    Leg,
    Move,
    Posted,
    closing_legs,
    earlier,
    expiry,
    post,
    request_digest,
    reserved_accounts,
)
from exeat.ledger.tables import postings


class Unit:
    """Operations on one open transaction; made by :meth:`Ledger.unit` and :meth:`Ledger.run`."""

    def __init__(
        self,
        connection: Connection,
        clock: Clock,
        seal_key: bytes | None = None,
        known: Mapping[AccountName, int] | None = None,
        parts: set[bytes] | None = None,
    ) -> None:
        self.connection = connection
        self._clock = clock
        self._seal_key = seal_key
        self._known = known or {}
        #: Ids looked up here; they hold for good once this transaction is committed.
        self.found: dict[AccountName, int] = {}
        self.parts = receipts.StoredParts(set() if parts is None else parts, set())

    def _id(self, name: AccountName) -> int:
        account = self._known.get(name)
        if account is None:
            account = self.found[name] = book.need(self.connection, name)
        return account

    @property
    def _now(self) -> int:
        return micros(self._clock())

    def open_account(
        self,
        name: AccountName,
        *,
        limit: Sequence[Limit] = (),
        share: Sequence[Share] = (),
        counts_only: bool = False,
        who: str = "",
    ) -> int:
        """Open an account with its limits and shares (or ``counts_only``); the same again is no change."""
        terms = {"limit": limit, "share": share, "counts_only": counts_only}
        return book.open_account(self.connection, self._now, name, **terms, who=who, seal_key=self._seal_key)  # type: ignore[arg-type]

    def set_limit(self, name: AccountName, limit: Limit, *, who: str = "") -> None:
        """Set a limit for the days it names."""
        account = self._id(name)
        book.set_limit(self.connection, self._now, account, limit, who=who, seal_key=self._seal_key)

    def set_share(self, name: AccountName, share: Share, *, who: str = "") -> None:
        """Bind an account to a share of another."""
        account = self._id(name)
        book.set_share(self.connection, self._now, account, share, who=who, seal_key=self._seal_key)

    def lock(self, names: Iterable[AccountName]) -> None:
        """Hold accounts against other writers from now on, in one fixed order. Whoever touches several accounts in
        several steps locks them first, so that no two wait for each other.
        """
        book.lock(self.connection, [self._id(name) for name in names])

    # Raising a balance

    def reserve(self, amounts: Amounts, key: str, **more: Any) -> Posted:
        """Hold amounts on accounts, all or none. ``on``: the day whose limits count (default today, UTC);
        ``expires_at``: the moment the reservation lapses; ``who`` an identifier, no name; ``reference`` the shipment.

        Raises:
            LimitReached: with what remains. LimitUndefined, UnknownAccount, KeyReused.
        """
        return self._post_after_sweep(moves.raising("reserve", amounts, key, ids=self._id, now=self._now, **more))

    def consume(self, amounts: Amounts, key: str, **more: Any) -> Posted:
        """Consume amounts that were not reserved. As :meth:`reserve`, without ``expires_at``."""
        return self._post_after_sweep(moves.raising("consume", amounts, key, ids=self._id, now=self._now, **more))

    def _post_after_sweep(self, move: Move) -> Posted:
        """A reservation that has lapsed but was not yet given back never stands in the way."""
        ids = [leg.account for leg in move.legs]
        try:
            return post(self.connection, move, ids, lambda: move.legs)
        except LimitReached:
            if not self.expire(ids):
                raise
        return post(self.connection, move, ids, lambda: move.legs)

    # Closing a reservation

    def consume_reserved(self, reservation: str, key: str, *, amounts: Amounts | None = None, **more: Any) -> Posted:
        """Consume what a reservation holds, wholly or the stated amounts; each limit of the day must (still) hold.

        Raises:
            ReservationClosed: it has lapsed, or holds less. LimitReached: a limit was lowered meanwhile.
        """
        return self._close("consume", reservation, key, amounts, **more)

    def release(self, reservation: str, key: str, *, amounts: Amounts | None = None, **more: Any) -> Posted:
        """Give back what a reservation holds, wholly or the stated amounts."""
        return self._close("release", reservation, key, amounts, **more)

    def _close(self, operation: str, reservation: str, key: str, amounts: Amounts | None, **more: Any) -> Posted:
        now = self._now
        wanted = None
        if amounts is not None:
            wanted = {self._id(name): scaled(amount, str(name)) for name, amount in amounts.items()}
        move = moves.closing(operation, reservation, key, now=now, wanted=wanted, **more)

        def legs() -> list[Leg]:
            lapses = expiry(self.connection, reservation)
            if operation == "consume" and lapses is not None and lapses <= now:
                raise ReservationClosed(f"reservation {reservation!r} lapsed at {moment_of(lapses)}; reserve anew")
            return closing_legs(self.connection, reservation, wanted, consume=operation == "consume")

        return post(self.connection, move, reserved_accounts(self.connection, reservation), legs)

    def expire(self, ids: Iterable[int] | None = None) -> list[str]:
        """Give back every reservation whose time is over (on some accounts). Returns their names."""
        now = self._now
        closers = postings.alias()
        closed = (
            select(func.coalesce(func.sum(closers.c.held), 0))
            .where(closers.c.reservation == postings.c.key, closers.c.operation != "reserve")
            .where(closers.c.account_id == postings.c.account_id)
            .scalar_subquery()
        )
        query = select(postings.c.key).where(postings.c.expires_at <= now, postings.c.held + closed > 0)
        if ids is not None:
            query = query.where(postings.c.account_id.in_(sorted(ids)))
        found = sorted(set(self.connection.execute(query).scalars()))
        for name in found:
            self._expire(name, now)
        return found

    def _expire(self, name: str, now: int) -> None:
        request, key = request_digest("expire", name), f"expire {name}"
        if earlier(self.connection, key, request):
            return
        move = Move("expire", key[:200], now, day_of(now), request, reservation=name, why="its time was over")
        accounts = reserved_accounts(self.connection, name)
        post(self.connection, move, accounts, lambda: closing_legs(self.connection, name, None, consume=False))

    # Facts of the world

    def retire(self, amounts: Amounts, key: str, *, why: str, **more: Any) -> Posted:
        """A stock shrinks (chips lost, dead, moved away, resold): never refused but below zero. A share that other
        accounts have of this stock may then be passed; that shows when they are read or next posted to.
        """
        return self._adjust("retire", {n: -scaled(a, str(n)) for n, a in amounts.items()}, key, why=why, **more)

    def correct(self, amounts: Amounts, key: str, *, why: str, even_over_limit: bool = False, **more: Any) -> Posted:
        """Set right what was consumed, by signed amounts. ``even_over_limit``: what was shipped was shipped; the
        posting stands and ``exceeded`` says which limits it passes.
        """
        signed = {name: scaled(amount, str(name), signed=True) for name, amount in amounts.items()}
        return self._adjust("correct", signed, key, why=why, over=even_over_limit, **more)

    def _adjust(self, operation: str, amounts: Mapping[AccountName, int], key: str, **more: Any) -> Posted:
        move = moves.adjusting(operation, amounts, key, ids=self._id, now=self._now, **more)
        return post(self.connection, move, [leg.account for leg in move.legs], lambda: move.legs)

    # Receipts and notices

    def record(self, determination: Mapping[str, Any], *, stated: Mapping[str, Any], **more: Any) -> int:
        """Record a determination (as plain data) with what was ``stated``; further ``lists`` (digests by name),
        ``balances`` it used, ``reference``, ``key``, and ``who`` asked (sealed like the parties' names). Returns the
        receipt's number.
        """
        draft = receipts.drafted(determination, stated=stated, **more)
        return self.record_draft(draft, stated)

    def record_draft(self, draft: receipts.Draft, stated: Mapping[str, Any]) -> int:
        """As :meth:`record`."""
        more: dict[str, Any] = {"seal_key": self._seal_key, "stored": self.parts}
        return receipts.record(self.connection, self._now, draft, stated, **more)

    def redact(self, number: int, *, why: str, who: str = "", fields: Sequence[int] | None = None) -> int:
        """Delete personal values of a receipt."""
        more = {"why": why, "who": who, "fields": fields, "seal_key": self._seal_key}
        return retention.redact(self.connection, self._now, number, **more)  # type: ignore[arg-type]

    def open_notice(self, kind: str, subject: str, *, key: str, **more: Any) -> int:
        """Open a notice."""
        return notices.open_notice(
            self.connection, self._now, kind, subject, key=moves.checked_key(key), seal_key=self._seal_key, **more
        )

    def enter(self, notice: int, event: str, day: date | str, *, who: str = "", note: str = "") -> notices.Notice:
        """Enter what happened to a notice."""
        more = {"who": who, "note": note, "seal_key": self._seal_key}
        notices.enter(self.connection, self._now, notice, event, day, **more)  # type: ignore[arg-type]
        return notices.on_day(self.connection, notice, moment_of(self._now).date())
