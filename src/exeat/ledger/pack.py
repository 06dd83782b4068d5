"""Everything kept on one shipment, as a pack that a person can read: JSON, HTML, PDF."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from html import escape
from typing import Any

from sqlalchemy import Connection, select

from exeat.ledger import accounts as book
from exeat.ledger import notices, receipts
from exeat.ledger.amounts import unscaled
from exeat.ledger.clock import moment_of
from exeat.ledger.errors import UnknownAccount
from exeat.ledger.receipts import DETERMINATION
from exeat.ledger.tables import accounts, limits, postings

#: A block of the readable pack: a heading with its rows (label, text).
Block = tuple[str, list[tuple[str, str]]]


def gather(connection: Connection, reference: str, today: date) -> dict[str, Any]:
    """The pack as plain data: determinations with their traces, postings with their accounts, notices, hashes.

    Raises:
        UnknownAccount: nothing is kept under that reference.
    """
    entries = receipts.of_reference(connection, reference)
    rows = connection.execute(
        select(postings, accounts.c.kind, accounts.c.subject, accounts.c.period, accounts.c.unit)
        .join_from(postings, accounts)
        .where(postings.c.reference == reference)
        .order_by(postings.c.at, postings.c.key, postings.c.leg)
    ).all()
    kept = notices.all_on_day(connection, today, reference=reference)
    if not (entries or rows or kept):
        raise UnknownAccount(f"nothing is kept under the reference {reference!r}")
    count, head, _ = receipts.head_of(connection)
    return {
        "reference": reference,
        "written": today.isoformat(),
        "receipts": [
            {
                "number": entry.number,
                "at": entry.at.isoformat(),
                "kind": entry.kind,
                "hash": entry.hash.hex(),
                "redacted": entry.redacted,
                "document": entry.document,
            }
            for entry in entries
        ],
        "postings": [_posting(connection, row) for row in rows],
        "notices": [_notice(notice) for notice in kept],
        "chain": {"receipts": count, "head": head.hex()},
    }


def _posting(connection: Connection, row: Any) -> dict[str, Any]:
    name = book.AccountName(row.kind, row.subject, row.period, row.unit)
    limit = connection.execute(
        select(limits.c.amount, limits.c.citation)
        .where(limits.c.account_id == row.account_id, limits.c.first_day <= row.day, limits.c.last_day >= row.day)
        .where(limits.c.set_at <= row.at)
        .order_by(limits.c.id.desc())
        .limit(1)
    ).first()
    return {
        "account": str(name),
        "unit": name.unit,
        "number": row.number,
        "operation": row.operation,
        "held": str(unscaled(row.held)),
        "consumed": str(unscaled(row.consumed)),
        "at": moment_of(row.at).isoformat(),
        "day": row.day,
        "key": row.key,
        "who": row.who,
        "why": row.why,
        "limit": None if limit is None else str(unscaled(limit.amount)),
        "citation": "" if limit is None else limit.citation,
        "hash": bytes(row.hash).hex(),
    }


def _notice(notice: notices.Notice) -> dict[str, Any]:
    return {
        "id": notice.id,
        "title": notice.title,
        "subject": notice.subject,
        "state": notice.shown,
        "due": notice.due.isoformat() if notice.due else None,
        "does": notice.does,
        "citation": notice.citation,
        "events": [{"event": e.event, "day": e.day.isoformat(), "who": e.who, "note": e.note} for e in notice.events],
    }


def blocks(pack: Mapping[str, Any]) -> Iterator[Block]:
    """The pack in the order a reader asks: what was answered and why, what was used, what was notified, the seals."""
    for entry in pack["receipts"]:
        if entry["kind"] == DETERMINATION:
            yield from _determination(entry)
        elif entry["kind"] == "redaction":
            about = f"receipt {entry['document']['receipt']}, by {entry['document']['who'] or 'not said'}"
            yield f"Redaction, receipt {entry['number']}", [("of", about), ("reason", entry["document"]["why"])]
    for posting in pack["postings"]:
        change = " and ".join(
            f"{word} {posting[word]} {posting['unit']}" for word in ("held", "consumed") if posting[word] != "0"
        )
        rows = [("account", posting["account"]), ("change", change), ("when", f"{posting['at']} for {posting['day']}")]
        if posting["limit"] is not None:
            rows.append(("limit", f"{posting['limit']} {posting['unit']} ({posting['citation']})"))
        rows += [(word, posting[word]) for word in ("who", "why", "key") if posting[word]]
        yield f"Posting: {posting['operation']}", rows
    for notice in pack["notices"]:
        rows = [("state", notice["state"]), ("subject", notice["subject"])]
        if notice["due"]:
            rows.append(("due", f"{notice['due']}: {notice['does']}"))
        if notice["citation"]:
            rows.append(("under", notice["citation"]))
        rows += [
            (e["day"], " ".join(p for p in (e["event"].replace("_", " "), e["note"]) if p)) for e in notice["events"]
        ]
        yield f"Notice {notice['id']}: {notice['title']}", rows
    chain = pack["chain"]
    seals = [(f"receipt {entry['number']}", entry["hash"]) for entry in pack["receipts"]]
    yield "Hashes (SHA-256)", [("chain", f"{chain['receipts']} receipts, last {chain['head']}"), *seals]


_LISTS = (
    ("citations", "Citations"),
    ("presumed", "Presumed"),
    ("ask", "Open questions"),
    ("differences", "Differences between text and enforcement"),
    ("not_modeled", "Not modeled"),
)


def _determination(entry: Mapping[str, Any]) -> Iterator[Block]:
    document = entry["document"]
    stated, answer = document["stated"], document["answer"]
    yield (
        f"Determination of {entry['at'][:10]}, receipt {entry['number']}",
        [
            ("asked by", document["who"] or "not said"),
            ("law", f"{_path(answer, 'law.digest') or 'not said'}, engine {answer.get('engine', 'not said')}"),
            ("lists", ", ".join(f"{name} {mark}" for name, mark in sorted(document["lists"].items())) or "none stated"),
            ("personal data", "redacted in part or whole" if entry["redacted"] else "complete"),
        ],
    )
    yield "What was stated", list(_lines(stated))
    if document["balances"]:
        yield "Balances used", [(name, _text(value)) for name, value in document["balances"].items()]
    rows = [("ECCN", _text(answer.get("eccn")))]
    for track, title in (("text", "by the text"), ("enforced", "as enforced")):
        found = answer.get(track)
        if isinstance(found, Mapping):
            rows.append((title, _text(found.get("outcome")).replace("_", " ")))
            rows += [(f"{title}: review policy", p.replace("_", " ")) for p in [found.get("review_policy")] if p]
            rows += list(_reasons(title, found))
    yield "The answer", rows
    for name, title in _LISTS:
        if answer.get(name):
            yield title, [(str(i), _sentence(one)) for i, one in enumerate(answer[name], 1)]
    if answer.get("facts"):
        yield "Facts used", list(_lines(answer["facts"]))


def _reasons(title: str, track: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for one in track.get("requirements") or ():
        if isinstance(one, Mapping):
            yield f"{title}: requirement", f"{one.get('id')} applies: {one.get('applies')} ({_cited(one)})"
    for one in track.get("exceptions") or ():
        if isinstance(one, Mapping):
            usable = {True: "usable", False: "not usable"}.get(one.get("usable"), "unknown")  # type: ignore[arg-type]
            yield f"{title}: {one.get('symbol')}", f"{usable} ({_cited(one)})"


def _cited(one: Mapping[str, Any]) -> str:
    return ", ".join(str(one[name]) for name in ("provision", "instrument", "effective") if one.get(name))


def _path(data: Any, path: str) -> Any:
    for step in path.split("."):
        data = data.get(step) if isinstance(data, Mapping) else None
    return data


def _sentence(value: Any) -> str:
    if isinstance(value, Mapping):
        for name in ("question", "says", "what"):
            if value.get(name):
                more = value.get("why") or value.get("provision") or ""
                return f"{value[name]} ({more})" if more else str(value[name])
        return "; ".join(f"{k.replace('_', ' ')}: {_text(v)}" for k, v in value.items())
    return _text(value)


def _lines(value: Any, label: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _lines(item, f"{label} {key}".strip().replace("_", " "))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for number, item in enumerate(value, 1):
            yield from _lines(item, f"{label} {number}" if len(value) > 1 else label)
    elif value is not None:
        yield label, _text(value)


def _text(value: Any) -> str:
    return (
        {True: "yes", False: "no", None: "unknown"}[value] if value is None or isinstance(value, bool) else str(value)
    )


_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b}"
    "h1{font-size:1.5rem}h2{font-size:1.1rem;margin:1.8rem 0 .4rem;border-bottom:1px solid #bbb}"
    "table{border-collapse:collapse;width:100%}th{font-weight:600;text-align:left;width:15rem}"
    "th,td{vertical-align:top;padding:.15rem .6rem .15rem 0;overflow-wrap:anywhere}"
)


def html(pack: Mapping[str, Any]) -> str:
    """The pack as one HTML page that needs nothing else."""
    title = escape(f"Export record of shipment {pack['reference']}")
    parts = [
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>',
        f"<h1>{title}</h1><p>Written on {escape(pack['written'])} from the ledger of exeat.</p>",
    ]
    for heading, rows in blocks(pack):
        cells = "".join(f'<tr><th scope="row">{escape(label)}</th><td>{escape(text)}</td></tr>' for label, text in rows)
        parts.append(f"<h2>{escape(heading)}</h2><table>{cells}</table>")
    return "\n".join([*parts, "</html>\n"])
