"""The common reservation in as few statements as there can be: one account, one limit, nothing else bound to it.

The update's own condition is the check, on the row's newest version in either database: whoever comes second sees
what the first one left. Whatever does not match here (a full account, dated limits, shares, a repeated key) is left
to :mod:`exeat.ledger.postings`, which decides it with the account locked.
"""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from typing import Any

from exeat.ledger.amounts import unscaled
from exeat.ledger.chain import posting_rest
from exeat.ledger.postings import Leg, Move, Posted
from exeat.ledger.store import RACES, Store

_COLUMNS = (
    "account_id, number, operation, held, consumed, at, day, key, leg, reservation, expires_at, who, reference, why, "
    "request, hash"
)
_UPDATE = """
UPDATE accounts SET held = held + {p}, consumed = consumed + {p}, postings = postings + 1,
  last_at = {larger}(last_at, {p}), head = {link}
WHERE id = {p} AND ceiling IS NOT NULL AND held + consumed + {p} <= ceiling
  AND ceiling_from <= {p} AND ceiling_until >= {p}
RETURNING {back}"""
_ROOM = "ceiling - held - consumed"

#: ``exeat_link`` is given to SQLite by the store.
_SQLITE = _UPDATE.format(
    p="?",
    larger="max",
    link="exeat_link(head, (postings + 1) || '|' || max(last_at, ?) || ?)",
    back=f"postings, last_at, head, {_ROOM}",
)
_SQLITE_INSERT = f"INSERT INTO postings ({_COLUMNS}) VALUES ({', '.join('?' * 16)})"

#: One statement is one transaction and one round trip: the row is locked for no longer than that.
_CHANGED = _UPDATE.format(
    p="%s",
    larger="GREATEST",
    link="sha256(head || convert_to((postings + 1) || '|' || GREATEST(last_at, %s) || %s, 'UTF8'))",
    back=f"id, postings, last_at, head, {_ROOM} AS room",
)
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
        rest = "|" + posting_rest(leg.account, move.operation, leg.held, leg.consumed, *fixed, move.request)
        raised = leg.held + leg.consumed
        change = (leg.held, leg.consumed, move.at, move.at, rest, leg.account, raised, move.day, move.day)
        connection = self._store.pinned()
        try:
            room = self._once(connection, move, leg, change)
        except self._store.errors as error:
            self._store.unpin()
            raise self._store.explained(error) from error
        except BaseException:
            self._store.unpin()  # interrupted: what was begun is undone
            raise
        if room is None:
            return None
        left: dict[int, Decimal | None] = {leg.account: unscaled(room)}
        return Posted(move.key, move.reservation, left)

    def _on_sqlite(self, connection: Any, move: Move, leg: Leg, change: tuple[Any, ...]) -> int | None:
        cursor = connection.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        try:
            found = cursor.execute(_SQLITE, change).fetchall()
            if not found:
                cursor.execute("ROLLBACK")
                return None
            number, at, head, room = found[0]
            said = (move.reservation, move.expires_at, move.who, move.reference, move.why, move.request, head)
            row = (leg.account, number, move.operation, leg.held, leg.consumed, at, move.day, move.key, 0, *said)
            cursor.execute(_SQLITE_INSERT, row)
            cursor.execute("COMMIT")
        except sqlite3.IntegrityError:
            cursor.execute("ROLLBACK")
            return None  # the key stands already: the long way tells for what
        return int(room)

    def _on_postgresql(self, connection: Any, move: Move, leg: Leg, change: tuple[Any, ...]) -> int | None:
        said = (move.reservation, move.expires_at, move.who, move.reference, move.why, move.request)
        values = (*change, move.operation, leg.held, leg.consumed, move.day, move.key, *said)
        try:
            found = connection.execute(_POSTGRESQL, values).fetchone()
        except self._store.errors as error:
            if getattr(error, "sqlstate", None) in _LONG_WAY:
                return None  # nothing was written; the long way tells why
            raise
        return None if found is None else int(found[0])
