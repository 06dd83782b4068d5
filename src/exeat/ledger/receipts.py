"""Receipts: every determination as it was given, chained by hash. Rows are added, never changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, select

from exeat.ledger.chain import DIGEST, GENESIS, canonical, digest, parsed, receipt_link, seal
from exeat.ledger.clock import moment_of
from exeat.ledger.errors import KeyReused, LedgerError, UnknownAccount
from exeat.ledger.sealing import Sealer, opened, opening, personal_values, unsealed
from exeat.ledger.tables import heads, openings, parts, receipts

#: A piece of a determination at least so long is stored by its digest, once for all receipts that share it.
PART_BYTES = 200
PART_MARK = "⟦part⟧"
#: What is left of an answer then, but for these keys, is much the same from order to order: it is a piece too.
REST_MARK = "⟦rest⟧"
VARYING = frozenset({"date", "facts", "item", "notes", "parties", "screening"})
DETERMINATION = "determination"


@dataclass(frozen=True, slots=True)
class Receipt:
    """One entry. ``document`` has its personal values back where they were not redacted."""

    number: int
    at: datetime
    kind: str
    reference: str
    key: str | None
    hash: bytes
    document: Any
    redacted: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """All of an entry but its place in the chain, made before anything is locked. ``opens`` is empty without values."""

    kind: str
    reference: str
    key: str | None
    body: bytes
    commitments: bytes = b""
    opens: bytes = b""
    pieces: Mapping[bytes, bytes] = field(default_factory=dict)
    part_list: bytes = b""


def append(
    connection: Connection,
    at: int,
    kind: str,
    body: Mapping[str, Any],
    *,
    reference: str = "",
    key: str | None = None,
    seal_key: bytes | None = None,
) -> int:
    """Add one entry to the chain and move its head. Returns its number, counted from 1."""
    draft = Draft(kind, reference, key, canonical(body))
    return write(connection.exec_driver_sql, connection.dialect.name, at, draft, seal_key=seal_key)


def write(
    execute: Callable[..., Any],
    dialect: str,
    at: int,
    draft: Draft,
    *,
    seal_key: bytes | None = None,
    stored: StoredParts | None = None,
) -> int:
    """Add a drafted entry, within a transaction: SQLAlchemy's way to execute a driver's statement, or the driver's."""
    say = _SAID[dialect]
    known: Collection[bytes] = () if stored is None else stored.sure
    # In order of digest, so that two writers never wait for each other.
    for name in sorted(name for name in draft.pieces if name not in known):
        execute(say["part"], (name, draft.pieces[name]))
        if stored is not None:
            stored.added.add(name)
    head = execute(say["head"]).fetchall()
    if not head:
        raise LedgerError("the chain has lost its head row: run verify, and restore a backup")
    ((count, last),) = head
    number = int(count) + 1
    row = (number, at, draft.kind, draft.reference, draft.key, draft.part_list, draft.commitments, draft.body)
    link = receipt_link(bytes(last), *row)
    execute(say["add"], (*row, link))
    if draft.opens:
        execute(say["open"], (number, draft.opens))
    execute(say["move"], (number, link, seal(seal_key, number, link)))
    return number


def _said(sign: str, lock: str) -> dict[str, str]:
    """The statements of one receipt as the driver takes them: composing them anew costs more than running them."""
    return {
        "head": f"SELECT receipts, hash FROM heads WHERE id = 1{lock}",
        "add": "INSERT INTO receipts (number, at, kind, reference, key, parts, commitments, body, hash) "
        f"VALUES ({', '.join([sign] * 9)})",
        "open": f"INSERT INTO openings (receipt, body) VALUES ({sign}, {sign})",
        "move": f"UPDATE heads SET receipts = {sign}, hash = {sign}, seal = {sign} WHERE id = 1",
        "part": f"INSERT INTO parts (digest, body) VALUES ({sign}, {sign}) ON CONFLICT DO NOTHING",
    }


_SAID = {"sqlite": _said("?", ""), "postgresql": _said("%s", " FOR UPDATE")}


@dataclass(slots=True)
class StoredParts:
    """Digests of pieces that are in the database for good (``sure``), and those this transaction adds."""

    sure: set[bytes]
    added: set[bytes]


def drafted(
    determination: Mapping[str, Any],
    *,
    stated: Mapping[str, Any],
    who: str = "",
    reference: str = "",
    key: str | None = None,
    lists: Mapping[str, str] | None = None,
    balances: Mapping[str, Any] | None = None,
) -> Draft:
    """What is recorded of a determination: what was stated, the answer with its trace, digests of law and lists,
    engine, who asked.
    """
    # Names stand in what was stated and in the parties of the answer; wherever else they turn up they are hidden too.
    found = personal_values({"stated": stated, "parties": determination.get("parties", ())})
    sealer = Sealer([who, *found] if who else found)
    short, pieces, order = split(determination, sealer)
    document = {
        "stated": stated,
        "who": who,
        "lists": dict(lists or {}),
        "balances": dict(balances or {}),
    }
    body = canonical({**sealer.sealed(document)[0], "answer": short})
    hidden = opening(sealer.values) if sealer.values else (b"", b"")
    return Draft(DETERMINATION, reference, key, body, *hidden, pieces, b"".join(order))


def record(
    connection: Connection,
    at: int,
    draft: Draft,
    stated: Mapping[str, Any],
    *,
    seal_key: bytes | None = None,
    stored: StoredParts | None = None,
) -> int:
    """Record a drafted determination. Again with the same key, it gives the first receipt's number.

    Raises:
        KeyReused: the key stands for another transaction.
    """
    if draft.key is not None:
        first = connection.execute(select(receipts).where(receipts.c.key == draft.key)).one_or_none()
        if first is not None:
            return _same(connection, first, stated)
    execute, dialect = connection.exec_driver_sql, connection.dialect.name
    return write(execute, dialect, at, draft, seal_key=seal_key, stored=stored)


def _same(connection: Connection, first: Row[Any], stated: Mapping[str, Any]) -> int:
    before = load(connection, first).document
    if not isinstance(before, dict) or canonical(before.get("stated")) != canonical(stated):
        raise KeyReused(f"key {first.key!r} stands for another transaction, receipt {first.number}")
    return int(first.number)


def split(answer: Mapping[str, Any], sealer: Sealer) -> tuple[dict[str, Any], dict[bytes, bytes], list[bytes]]:
    """A sealed answer with its long pieces (two levels deep) replaced by their place in the list of digests."""
    pieces: dict[bytes, bytes] = {}
    order: list[bytes] = []

    def put(value: Any) -> Any:
        if not value or not isinstance(value, (dict, list, tuple)):
            return sealer.text(value) if isinstance(value, str) else value
        marked, data = sealer.sealed(value)
        if len(data) < PART_BYTES:
            return marked
        name = _part_digest(data)
        pieces[name] = data
        order.append(name)
        return {PART_MARK: len(order) - 1}

    short: dict[str, Any] = {}
    for name, value in answer.items():
        short[name] = {k: put(v) for k, v in value.items()} if isinstance(value, dict) else put(value)
    rest = {name: value for name, value in short.items() if name not in VARYING}
    data = canonical(rest)
    if len(data) >= PART_BYTES:
        digest_of_rest = _part_digest(data)
        pieces[digest_of_rest] = data
        order.append(digest_of_rest)
        short = {name: value for name, value in short.items() if name in VARYING}
        short[REST_MARK] = len(order) - 1
    return short, pieces, order


@lru_cache(maxsize=512)
def _part_digest(data: bytes) -> bytes:
    """The digest of a piece; the same few come again and again."""
    return digest(data)


def joined(value: Any, bodies: Sequence[bytes]) -> Any:
    """The value with its pieces back in place."""
    if isinstance(value, dict):
        if len(value) == 1 and PART_MARK in value:
            return _piece(value[PART_MARK], bodies)
        if REST_MARK in value:
            rest = _piece(value[REST_MARK], bodies)
            value = {**rest, **{key: item for key, item in value.items() if key != REST_MARK}}
        return {key: joined(item, bodies) for key, item in value.items()}
    return value


def _piece(index: object, bodies: Sequence[bytes]) -> Any:
    if not isinstance(index, int) or not 0 <= index < len(bodies):
        raise LedgerError("a receipt names a piece it does not have")
    return parsed(bodies[index])


def load(connection: Connection, row: Row[Any]) -> Receipt:
    """A row of the table with its pieces and personal values.

    Raises:
        LedgerError: a piece is missing, or a personal value is not the one committed to (run verify).
    """
    order = bytes(row.parts)
    names = [order[i : i + DIGEST] for i in range(0, len(order), DIGEST)]
    bodies: dict[bytes, bytes] = {}
    if names:
        found = connection.execute(select(parts.c.digest, parts.c.body).where(parts.c.digest.in_(set(names))))
        bodies = {bytes(name): bytes(body) for name, body in found}
    if missing := [name.hex()[:12] for name in names if name not in bodies]:
        raise LedgerError(f"receipt {row.number} lacks pieces {', '.join(missing)}: run verify")
    document = parsed(bytes(row.body))
    if names and isinstance(document, dict):
        document["answer"] = joined(document.get("answer"), [bodies[name] for name in names])
    values: list[str | None] = []
    if row.commitments:
        opens = connection.execute(select(openings.c.body).where(openings.c.receipt == row.number)).scalar()
        found_values = opened(bytes(row.commitments), None if opens is None else bytes(opens))
        if found_values is None:
            raise LedgerError(f"receipt {row.number}: a personal value is not the one committed to: run verify")
        values = found_values
    shown = unsealed(document, values)
    moment = moment_of(row.at)
    return Receipt(row.number, moment, row.kind, row.reference, row.key, bytes(row.hash), shown, None in values)


def get(connection: Connection, number: int) -> Receipt:
    """One receipt.

    Raises:
        UnknownAccount: there is none of that number.
    """
    row = connection.execute(select(receipts).where(receipts.c.number == number)).one_or_none()
    if row is None:
        raise UnknownAccount(f"no receipt {number}")
    return load(connection, row)


def of_reference(connection: Connection, reference: str) -> list[Receipt]:
    """Every entry made for one shipment, in order."""
    rows = connection.execute(select(receipts).where(receipts.c.reference == reference).order_by(receipts.c.number))
    return [load(connection, row) for row in rows.all()]


def latest(connection: Connection, kind: str, reference: str) -> dict[str, Any] | None:
    """The body of the last entry of a kind for a reference, or None."""
    where = (receipts.c.kind == kind) & (receipts.c.reference == reference)
    body = connection.execute(select(receipts.c.body).where(where).order_by(receipts.c.number.desc()).limit(1)).scalar()
    return None if body is None else dict(parsed(bytes(body)))


def head_of(connection: Connection) -> tuple[int, bytes, bytes]:
    """The chain's length, last hash and seal; nothing yet is (0, GENESIS, b"")."""
    row = connection.execute(select(heads).where(heads.c.id == 1)).one_or_none()
    return (0, GENESIS, b"") if row is None else (row.receipts, bytes(row.hash), bytes(row.seal))
