"""The postings' own chains, the sums beside them, and the limits and notices against what the receipts say of them."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from exeat.ledger import receipts
from exeat.ledger.amounts import unscaled
from exeat.ledger.chain import GENESIS, canonical, parsed, posting_link, posting_rest, seal
from exeat.ledger.errors import LedgerError
from exeat.ledger.tables import accounts, limits, notice_events, notices, postings, shares
from exeat.ledger.tables import receipts as receipt_table

#: Where, number, what: a fault before it has its class.
Wrong = tuple[str, int | None, str]
_ROWS = 5_000
CHECKPOINT = "exeat ledger checkpoint 1"


def audit(connection: Connection, told: Sequence[tuple[str, bytes]]) -> tuple[int, list[Wrong]]:
    """Every posting against its hash, every balance against the sum of its postings, names and limits and notices
    against what the receipts say of them (``told``: kind and body of each). Also how many postings were read.
    """
    state = {row.id: row for row in connection.execute(select(accounts))}
    read = 0
    wrong: list[Wrong] = []
    heads: dict[int, tuple[int, bytes, int, int]] = {}
    times: dict[int, int] = {}
    query = select(postings).order_by(postings.c.account_id, postings.c.number)
    for row in connection.execute(query, execution_options={"yield_per": _ROWS}):
        read += 1
        number, head, held, consumed = heads.get(row.account_id, (0, GENESIS, 0, 0))
        if row.number != number + 1:
            wrong.append((f"account {row.account_id} posting", number + 1, f"missing up to {row.number - 1}"))
        elif posting_link(head, row.number, row.at, _rest(row)) != row.hash:
            wrong.append((f"account {row.account_id} posting", row.number, "altered, or moved from another place"))
        heads[row.account_id] = (row.number, bytes(row.hash), held + row.held, consumed + row.consumed)
        times[row.account_id] = row.at
    for account, row in state.items():
        number, head, held, consumed = heads.get(account, (0, GENESIS, 0, 0))
        if (row.postings, bytes(row.head)) != (number, head):
            wrong.append((f"account {account} posting", number + 1, f"cut off: the account counts {row.postings}"))
        if row.last_at != times.get(account, 0):
            wrong.append(("account", account, "its last moment is not that of its last posting"))
        if (row.held, row.consumed) != (held, consumed):
            sums = f"held {unscaled(held)}, consumed {unscaled(consumed)}"
            wrong.append(("account", account, f"its balance is not the sum of its postings ({sums})"))
    wrong += list(_terms(connection, state, told))
    wrong += list(_notices(connection, told))
    return read, wrong


def _rest(row: Row[Any]) -> str:
    return posting_rest(
        row.account_id,
        row.operation,
        row.held,
        row.consumed,
        row.day,
        row.key,
        row.leg,
        row.reservation,
        row.expires_at,
        row.who,
        row.reference,
        row.why,
        bytes(row.request),
    )


def _said(told: Sequence[tuple[str, bytes]], kind: str, key: str) -> dict[int, dict[str, Any]]:
    """What the receipts say of each row, by the row's number."""
    found: dict[int, dict[str, Any]] = {}
    for what, body in told:
        if what != kind:
            continue
        try:
            entry = parsed(bytes(body))
            found[int(entry[key])] = entry
        except (LedgerError, KeyError, TypeError, ValueError):
            continue  # the receipt's own hash does not hold either
    return found


def _terms(connection: Connection, state: Mapping[int, Row[Any]], told: Sequence[tuple[str, bytes]]) -> Iterator[Wrong]:
    said = _said(told, "account opened", "account")
    for account, row in state.items():
        name = {"kind": row.kind, "subject": row.subject, "period": row.period, "unit": row.unit}
        entry = said.get(account, {})
        stored = (name, row.counts_only, row.opened_at)
        if stored != (entry.get("name"), entry.get("terms", {}).get("counts_only"), entry.get("opened_at")):
            yield "account", account, "its name is not the one it was opened with"
    for account in said.keys() - state.keys():
        yield "account", account, "missing"
    set_limits = {row.id: row for row in connection.execute(select(limits))}
    for number, entry in _said(told, "limit set", "limit").items():
        limit = set_limits.pop(number, None)
        if limit is None or not _same_limit(limit, entry):
            yield "limit", number, "missing" if limit is None else "not as it was set"
    yield from (("limit", number, "was never set") for number in set_limits)
    set_shares = {row.id: row for row in connection.execute(select(shares))}
    for number, entry in _said(told, "share set", "share").items():
        rule = set_shares.pop(number, None)
        if rule is None or not _same_share(rule, entry):
            yield "share", number, "missing" if rule is None else "not as it was set"
    yield from (("share", number, "was never set") for number in set_shares)
    yield from _ceilings(connection, state)


def _same_limit(row: Row[Any], entry: Mapping[str, Any]) -> bool:
    stored = (row.account_id, f"{unscaled(row.amount):f}", row.first_day, row.last_day, row.citation, row.set_at)
    return stored == tuple(entry.get(k) for k in ("account", "amount", "first_day", "last_day", "citation", "set_at"))


def _same_share(row: Row[Any], entry: Mapping[str, Any]) -> bool:
    stored = (row.account_id, row.whole_id, f"{unscaled(row.percent):f}", row.citation, row.set_at)
    return stored == tuple(entry.get(k) for k in ("account_id", "whole_id", "percent", "citation", "set_at"))


def _ceilings(connection: Connection, state: Mapping[int, Row[Any]]) -> Iterator[Wrong]:
    """The limit kept beside the sums must be the account's one limit."""
    one: dict[int, list[tuple[int, str, str]]] = {}
    for row in connection.execute(select(limits)):
        one.setdefault(row.account_id, []).append((row.amount, row.first_day, row.last_day))
    shared = set(connection.execute(select(shares.c.account_id)).scalars())
    for account, row in state.items():
        if row.ceiling is None:
            continue
        kept = (row.ceiling, row.ceiling_from, row.ceiling_until)
        if account in shared or one.get(account) != [kept]:
            yield "account", account, "the limit kept beside its balance is not the limit that was set"


def _notices(connection: Connection, told: Sequence[tuple[str, bytes]]) -> Iterator[Wrong]:
    said: dict[tuple[int, int], dict[str, Any]] = {}
    for kind, body in told:
        if kind != "notice":
            continue
        try:
            entry = parsed(bytes(body))
            said[int(entry["notice"]), int(entry["number"])] = entry
        except (LedgerError, KeyError, TypeError, ValueError):
            continue
    opened = {row.id: row for row in connection.execute(select(notices))}
    for row in connection.execute(select(notice_events)):
        entry = said.pop((row.notice_id, row.number), {})
        stored = {"event": row.event, "day": row.day, "at": row.at, "who": row.who, "note": row.note}
        if any(entry.get(name) != value for name, value in stored.items()):
            yield f"notice {row.notice_id} event", row.number, "not as it was entered"
    for notice, number in said:
        if number or notice not in opened:
            yield f"notice {notice} event", number, "missing"
        else:
            row, entry = opened[notice], said[notice, number]
            names = ("kind", "subject", "reference", "terms", "shipment_day", "key", "opened_at")
            if any(getattr(row, name) != entry.get(name) for name in names):
                yield "notice", notice, "not as it was opened"


def checkpoint(connection: Connection, at: str, seal_key: bytes | None = None) -> dict[str, Any]:
    """How long each chain is and its last hash, to be kept away from the database; sealed if there is a key."""
    count, head, _ = receipts.head_of(connection)
    rows = connection.execute(select(accounts.c.id, accounts.c.postings, accounts.c.head).order_by(accounts.c.id))
    data = {
        "what": CHECKPOINT,
        "at": at,
        "receipts": count,
        "head": head.hex(),
        "accounts": {str(row.id): [row.postings, bytes(row.head).hex()] for row in rows if row.postings},
    }
    return {**data, "seal": _checkpoint_seal(data, seal_key)}


def _checkpoint_seal(data: Mapping[str, Any], seal_key: bytes | None) -> str:
    return seal(seal_key, 0, canonical(data)).hex()


def against_checkpoint(connection: Connection, given: Mapping[str, Any], seal_key: bytes | None) -> Iterator[Wrong]:
    """Whether the chains still hold what they held when the checkpoint was made.

    Raises:
        LedgerError: not a checkpoint.
    """
    try:
        count, head = int(given["receipts"]), bytes.fromhex(given["head"])
        held = {int(k): (int(n), bytes.fromhex(h)) for k, (n, h) in given["accounts"].items()}
        known = given["what"] == CHECKPOINT
    except (KeyError, TypeError, ValueError, AttributeError):
        raise LedgerError(f"not a checkpoint; expected what {CHECKPOINT!r}, receipts, head and accounts") from None
    data = {key: value for key, value in given.items() if key != "seal"}
    sealed = str(given.get("seal", ""))
    if not known or (seal_key is not None and not hmac.compare_digest(sealed, _checkpoint_seal(data, seal_key))):
        yield "checkpoint", None, "its seal was not made with this key"
    where = receipt_table.c.number == count
    found = connection.execute(select(receipt_table.c.hash).where(where)).scalar() if count else GENESIS
    if found is None:
        yield "receipts", count, f"cut off: the checkpoint of {given.get('at')} counts {count}"
    elif bytes(found) != head:
        yield "receipts", count, "rewritten: another hash than in the checkpoint"
    for account, (number, link) in held.items():
        at = (postings.c.account_id == account) & (postings.c.number == number)
        stored = connection.execute(select(postings.c.hash).where(at)).scalar()
        if stored is None:
            yield f"account {account} posting", number, "cut off: the checkpoint counts it"
        elif bytes(stored) != link:
            yield f"account {account} posting", number, "rewritten: another hash than in the checkpoint"
