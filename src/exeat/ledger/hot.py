"""The common reservation in as few statements as there can be: one account, one limit, nothing else bound to it; and
the common receipt without what SQLAlchemy adds to each statement.

The check is made on the row's newest version: under SQLite's write lock, or in PostgreSQL by the update's own
condition; whoever comes second sees what the first one left. Whatever does not match here (a full account, dated
limits, shares, a repeated key) is left to :mod:`exeat.ledger.postings`, which decides it with the account locked.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from typing import Any, TypeAlias

from exeat.ledger.amounts import Amount, scaled, unscaled
from exeat.ledger.chain import posting_link, posting_rest
from exeat.ledger.clock import day_of
from exeat.ledger.moves import checked_key, raise_digest
from exeat.ledger.postings import Move, Posted
from exeat.ledger.receipts import Draft, StoredParts, write
from exeat.ledger.store import RACES, Store

_COLUMNS = (
    "account_id, number, operation, held, consumed, at, day, key, leg, reservation, expires_at, who, reference, why, "
    "request, hash"
)
#: On SQLite the same is one INSERT into a view of the connection's own: its trigger changes the account and, if that
#: was allowed, adds the posting. A statement by itself is a transaction; three fewer of them are a third of the time.
_TOLD = (
    "account, raised, operation, held, consumed, at, day, key, reservation, expires_at, who, reference, why, request"
)
_SQLITE_VIEW = (
    f"CREATE TEMP VIEW IF NOT EXISTS exeat_raises AS SELECT {', '.join(f'0 AS {n}' for n in _TOLD.split(', '))}"
)
_SQLITE_TRIGGER = f"""
CREATE TEMP TRIGGER IF NOT EXISTS exeat_raise INSTEAD OF INSERT ON exeat_raises BEGIN
  UPDATE accounts SET held = held + NEW.held, consumed = consumed + NEW.consumed, postings = postings + 1,
    last_at = max(last_at, NEW.at),
    head = exeat_link(head, postings + 1, max(last_at, NEW.at), ceiling - held - consumed - NEW.raised)
  WHERE id = NEW.account AND ceiling IS NOT NULL AND held + consumed + NEW.raised <= ceiling
    AND ceiling_from <= NEW.day AND ceiling_until >= NEW.day;
  INSERT INTO postings ({_COLUMNS})
  SELECT id, postings, NEW.operation, NEW.held, NEW.consumed, last_at, NEW.day, NEW.key, 0, NEW.reservation,
    NEW.expires_at, NEW.who, NEW.reference, NEW.why, NEW.request, head
  FROM accounts WHERE id = NEW.account AND changes() = 1;
END"""
_SQLITE_RAISE = f"INSERT INTO exeat_raises ({_TOLD}) VALUES ({', '.join('?' * 14)})"

_SQLITE_KEY = "SELECT number FROM receipts WHERE key = ?"

#: One statement is one transaction and one round trip: the row is locked for no longer than that.
_CHANGED = """
UPDATE accounts SET held = held + %s, consumed = consumed + %s, postings = postings + 1,
  last_at = GREATEST(last_at, %s),
  head = sha256(head || convert_to((postings + 1) || '|' || GREATEST(last_at, %s) || %s, 'UTF8'))
WHERE id = %s AND ceiling IS NOT NULL AND held + consumed + %s <= ceiling AND ceiling_from <= %s AND ceiling_until >= %s
RETURNING id, postings, last_at, head, ceiling - held - consumed AS room"""
_POSTGRESQL = f"""
WITH changed AS ({_CHANGED}), posted AS (INSERT INTO postings ({_COLUMNS})
  SELECT id, postings, %s, %s, %s, last_at, %s, %s, 0, %s, %s::bigint, %s, %s, %s, %s, head FROM changed)
SELECT room FROM changed"""


#: What ``_TOLD`` names, in that order.
_Row: TypeAlias = tuple[int, int, str, int, int, int, str, str, str, int | None, str, str, str, bytes]
#: A key that stands already, or a lost race.
_LONG_WAY = {"23505", *RACES}


class _Link(threading.local):
    """SQLite's function ``exeat_link``: the hash of the posting that the calling thread is making.

    What the statement is not told (``rest``), and what it cannot answer (``room``), stand here meanwhile.
    """

    connection: Any = None
    rest = ""
    room: int | None = None

    def __call__(self, head: bytes, number: int, at: int, room: int) -> bytes:
        self.room = room
        return posting_link(head, number, at, self.rest)


class HotPath:
    """Posts raises of single accounts on a connection of the driver's own, one for each thread.

    Each method returns None if it must be decided the long way; nothing is written then.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._link = _Link()
        self._once = self._on_sqlite if store.sqlite else self._on_postgresql

    def raised(
        self,
        operation: str,
        account: int,
        name: object,
        amount: Amount,
        key: str,
        at: int,
        *,
        who: str = "",
        reference: str = "",
        why: str = "",
    ) -> Posted | None:
        """As :func:`exeat.ledger.moves.raising` and :meth:`post`, of today and without an end: what most are.

        Raises:
            LedgerError: an amount that is not positive, a key too long. StoreError: the database cannot be used.
        """
        whole, key = scaled(amount, name), checked_key(key)
        held, consumed, reservation = (whole, 0, key) if operation == "reserve" else (0, whole, "")
        request = raise_digest(operation, [[account, held, consumed]], None, None, reference)
        said = (reservation, None, who, reference, why, request)
        return self._post((account, whole, operation, held, consumed, at, day_of(at), key, *said))

    def post(self, move: Move) -> Posted | None:
        """Post a move of one leg.

        Raises:
            StoreError: the database cannot be used.
        """
        ((account, held, consumed),) = move.legs
        said = (move.reservation, move.expires_at, move.who, move.reference, move.why, move.request)
        return self._post(
            (account, held + consumed, move.operation, held, consumed, move.at, move.day, move.key, *said)
        )

    def record(self, draft: Draft, now: Callable[[], int], stored: StoredParts, seal_key: bytes | None) -> int | None:
        """Record a drafted determination in one transaction; its number. Only on SQLite, where whatever is under the
        driver costs more than what is under the disk.

        Raises:
            StoreError: the database cannot be used.
        """
        if not self._store.sqlite:
            return None
        connection = self._store.pinned()
        try:
            execute = connection.cursor().execute
            execute("BEGIN IMMEDIATE")
            if draft.key is not None and execute(_SQLITE_KEY, (draft.key,)).fetchall():
                execute("ROLLBACK")
                return None
            number = write(execute, "sqlite", now(), draft, seal_key=seal_key, stored=stored)
            execute("COMMIT")
        except self._store.errors as error:
            self._store.unpin()
            raise self._store.explained(error) from error
        except BaseException:
            self._store.unpin()  # refused or interrupted: what was begun is undone
            raise
        return number

    def _post(self, row: _Row) -> Posted | None:
        account, _, operation, held, consumed, _, day, key, reservation, expires_at, who, reference, why, request = row
        said = (reservation, expires_at, who, reference, why, request)
        rest = posting_rest(account, operation, held, consumed, day, key, 0, *said)
        connection = self._store.pinned()
        try:
            room = self._once(connection, row, rest)
        except self._store.errors as error:
            self._store.unpin()
            raise self._store.explained(error) from error
        except BaseException:
            self._store.unpin()  # interrupted: what was begun is undone
            raise
        return None if room is None else Posted(key, reservation, {account: unscaled(room)})

    def _on_sqlite(self, connection: Any, row: _Row, rest: str) -> int | None:
        link = self._link
        if link.connection is not connection:
            connection.create_function("exeat_link", 4, link)
            connection.execute(_SQLITE_VIEW)
            connection.execute(_SQLITE_TRIGGER)
            link.connection = connection
        link.rest, link.room = rest, None
        try:
            connection.execute(_SQLITE_RAISE, row)
        except sqlite3.IntegrityError:
            return None  # the key stands already: the long way tells for what
        return link.room

    def _on_postgresql(self, connection: Any, row: _Row, rest: str) -> int | None:
        account, raised, operation, held, consumed, at, day, key, *said = row
        change = (held, consumed, at, at, "|" + rest, account, raised, day, day)
        try:
            found = connection.execute(_POSTGRESQL, (*change, operation, held, consumed, day, key, *said)).fetchone()
        except self._store.errors as error:
            if getattr(error, "sqlstate", None) in _LONG_WAY:
                return None  # nothing was written; the long way tells why
            raise
        return None if found is None else int(found[0])
