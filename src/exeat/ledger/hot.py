"""The common reservation in as few statements as there can be: one account, one limit, nothing else bound to it.

The check is made on the row's newest version: under SQLite's write lock, or in PostgreSQL by the update's own
condition; whoever comes second sees what the first one left. Whatever does not match here (a full account, dated
limits, shares, a repeated key) is left to :mod:`exeat.ledger.postings`, which decides it with the account locked.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from exeat.ledger.amounts import unscaled
from exeat.ledger.chain import posting_link, posting_rest
from exeat.ledger.postings import Leg, Move, Posted
from exeat.ledger.store import RACES, Store

_COLUMNS = (
    "account_id, number, operation, held, consumed, at, day, key, leg, reservation, expires_at, who, reference, why, "
    "request, hash"
)
#: SQLite has the lock from the beginning: what is read is what will be changed.
_SQLITE_READ = """
SELECT held, consumed, postings, last_at, head, ceiling FROM accounts
WHERE id = ? AND ceiling IS NOT NULL AND held + consumed + ? <= ceiling AND ceiling_from <= ? AND ceiling_until >= ?"""
_SQLITE_WRITE = "UPDATE accounts SET held = ?, consumed = ?, postings = ?, last_at = ?, head = ? WHERE id = ?"
_SQLITE_INSERT = f"INSERT INTO postings ({_COLUMNS}) VALUES ({', '.join('?' * 16)})"

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


#: A key that stands already, or a lost race.
_LONG_WAY = {"23505", *RACES}


class HotPath:
    """Posts raises of single accounts on a connection of the driver's own, one for each thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._once = self._on_sqlite if store.sqlite else self._on_postgresql

    def post(self, move: Move) -> Posted | None:
        """Post a move of one leg, or None if it must be decided the long way; nothing is written then.

        Raises:
            StoreError: the database cannot be used.
        """
        leg = move.legs[0]
        fixed = (move.day, move.key, 0, move.reservation, move.expires_at, move.who, move.reference, move.why)
        rest = posting_rest(leg.account, move.operation, leg.held, leg.consumed, *fixed, move.request)
        connection = self._store.pinned()
        try:
            room = self._once(connection, move, leg, rest)
        except self._store.errors as error:
            self._store.unpin()
            raise self._store.explained(error) from error
        except BaseException:
            self._store.unpin()  # interrupted: what was begun is undone
            raise
        if room is None:
            return None
        return Posted(move.key, move.reservation, {leg.account: unscaled(room)})

    def _on_sqlite(self, connection: Any, move: Move, leg: Leg, rest: str) -> int | None:
        cursor = connection.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        raised, account = leg.held + leg.consumed, leg.account
        found = cursor.execute(_SQLITE_READ, (account, raised, move.day, move.day)).fetchone()
        if found is None:
            cursor.execute("ROLLBACK")
            return None
        held, consumed, number, at, head, ceiling = found
        held, consumed, number, at = held + leg.held, consumed + leg.consumed, number + 1, max(at, move.at)
        head = posting_link(head, number, at, rest)
        said = (move.reservation, move.expires_at, move.who, move.reference, move.why, move.request, head)
        row = (account, number, move.operation, leg.held, leg.consumed, at, move.day, move.key, 0, *said)
        try:
            cursor.execute(_SQLITE_INSERT, row)
        except sqlite3.IntegrityError:
            cursor.execute("ROLLBACK")
            return None  # the key stands already: the long way tells for what
        cursor.execute(_SQLITE_WRITE, (held, consumed, number, at, head, account))
        cursor.execute("COMMIT")
        return int(ceiling - held - consumed)

    def _on_postgresql(self, connection: Any, move: Move, leg: Leg, rest: str) -> int | None:
        change = (leg.held, leg.consumed, move.at, move.at, "|" + rest, leg.account, leg.held + leg.consumed)
        said = (move.reservation, move.expires_at, move.who, move.reference, move.why, move.request)
        values = (*change, move.day, move.day, move.operation, leg.held, leg.consumed, move.day, move.key, *said)
        try:
            found = connection.execute(_POSTGRESQL, values).fetchone()
        except self._store.errors as error:
            if getattr(error, "sqlstate", None) in _LONG_WAY:
                return None  # nothing was written; the long way tells why
            raise
        return None if found is None else int(found[0])
