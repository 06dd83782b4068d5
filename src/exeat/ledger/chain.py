"""Canonical bytes and the two chains: each account's postings, and all receipts."""

from __future__ import annotations

import hmac
import struct
from hashlib import sha256
from typing import Any

import orjson

from exeat.ledger.errors import LedgerError

#: What the first row of a chain follows.
GENESIS = bytes(32)
DIGEST = 32

_pack = struct.Struct(">QqIIIII").pack
_OPTIONS = orjson.OPT_SORT_KEYS


def canonical(value: Any) -> bytes:
    """JSON in one spelling: UTF-8, keys sorted, no spaces. Digests are always taken over stored bytes, never over a
    second writing of them, so that another writer's spelling of a number cannot break a chain.

    Raises:
        LedgerError: something JSON cannot hold (a Decimal, a set, a number over 64 bits).
    """
    try:
        return orjson.dumps(value, option=_OPTIONS)
    except (TypeError, ValueError) as error:
        raise LedgerError(f"cannot be recorded: {error}") from None


def parsed(data: bytes) -> Any:
    """What :func:`canonical` wrote.

    Raises:
        LedgerError: not JSON.
    """
    try:
        return orjson.loads(data)
    except ValueError:
        raise LedgerError("a stored body is not JSON") from None


def digest(data: bytes) -> bytes:
    """SHA-256."""
    return sha256(data).digest()


def posting_link(previous: bytes, number: int, at: int, rest: str) -> bytes:
    """The hash of a posting. ``rest`` is :func:`posting_rest`. The databases compute the same in SQL."""
    return sha256(previous + f"{number}|{at}|{rest}".encode()).digest()


def posting_rest(
    account: int,
    operation: str,
    held: int,
    consumed: int,
    day: str,
    key: str,
    leg: int,
    reservation: str,
    expires_at: int | None,
    who: str,
    reference: str,
    why: str,
    request: bytes,
) -> str:
    """Everything about a posting that its writer knows before the account is locked."""
    row = [account, operation, held, consumed, day, key, leg, reservation, expires_at, who, reference, why]
    return canonical([*row, request.hex()]).decode()


def receipt_link(
    previous: bytes,
    number: int,
    at: int,
    kind: str,
    reference: str,
    key: str | None,
    parts: bytes,
    commitments: bytes,
    body: bytes,
) -> bytes:
    """The hash of a receipt: every column, each with its length, after the hash of the row before."""
    k, r, i = kind.encode(), reference.encode(), b"" if key is None else b"=" + key.encode()
    header = _pack(number, at, len(k), len(r), len(i), len(parts), len(commitments))
    return sha256(b"".join((previous, header, k, r, i, parts, commitments, body))).digest()


def seal(key: bytes | None, count: int, head: bytes) -> bytes:
    """HMAC-SHA256 of a chain's length and last hash, with a key kept outside the database; empty without a key."""
    if key is None:
        return b""
    return hmac.new(key, b"exeat head" + count.to_bytes(8, "big") + head, sha256).digest()
