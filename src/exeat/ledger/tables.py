"""The tables. Postings, limits, notice events and receipts are only ever added to (triggers refuse anything else)."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()
#: SQLite numbers rows by itself only in a column called INTEGER.
Serial = BigInteger().with_variant(Integer, "sqlite")

#: What a limit says it counts. ``held`` and ``consumed`` are the sums of the postings, kept for speed and checked by
#: verify; ``ceiling`` (with the days it holds) is the limit where there is just one and no share, for the hot path.
accounts = Table(
    "accounts",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("kind", String(80), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("period", String(40), nullable=False),
    Column("unit", String(20), nullable=False),
    Column("counts_only", Boolean, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("held", BigInteger, nullable=False),
    Column("consumed", BigInteger, nullable=False),
    Column("postings", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("head", LargeBinary, nullable=False),
    Column("ceiling", BigInteger),
    Column("ceiling_from", String(10), nullable=False),
    Column("ceiling_until", String(10), nullable=False),
    UniqueConstraint("kind", "subject", "period", "unit", name="uq_accounts_name"),
    CheckConstraint("held >= 0", name="ck_accounts_held"),
    CheckConstraint("consumed >= 0", name="ck_accounts_consumed"),
)

#: A limit with the first and last day it holds; a later row replaces an earlier one for the days of both.
limits = Table(
    "limits",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("amount", BigInteger, nullable=False),
    Column("first_day", String(10), nullable=False),
    Column("last_day", String(10), nullable=False),
    Column("citation", Text, nullable=False),
    Column("set_at", BigInteger, nullable=False),
)

#: An account may come to at most ``percent`` (ten-thousandths of a percent) of what another has consumed.
shares = Table(
    "shares",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("whole_id", ForeignKey("accounts.id"), nullable=False),
    Column("percent", BigInteger, nullable=False),
    Column("citation", Text, nullable=False),
    Column("set_at", BigInteger, nullable=False),
)

postings = Table(
    "postings",
    metadata,
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("operation", String(20), nullable=False),
    Column("held", BigInteger, nullable=False),
    Column("consumed", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("day", String(10), nullable=False),
    Column("key", String(200), nullable=False),
    Column("leg", Integer, nullable=False),
    Column("reservation", String(200), nullable=False),
    Column("expires_at", BigInteger),
    Column("who", String(200), nullable=False),
    Column("reference", String(200), nullable=False),
    Column("why", Text, nullable=False),
    Column("request", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("account_id", "number", name="pk_postings"),
    UniqueConstraint("key", "leg", name="uq_postings_key"),
    sqlite_with_rowid=False,
)
#: A reserving posting is found by its key; only what closes a reservation is in this index.
Index(
    "ix_postings_reservation",
    postings.c.reservation,
    sqlite_where=postings.c.operation != "reserve",
    postgresql_where=postings.c.operation != "reserve",
)
#: Only what can expire is in this index: the sweep reads nothing else.
Index(
    "ix_postings_expires",
    postings.c.expires_at,
    sqlite_where=postings.c.expires_at.is_not(None),
    postgresql_where=postings.c.expires_at.is_not(None),
)

notices = Table(
    "notices",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("kind", String(80), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("reference", String(200), nullable=False, index=True),
    Column("terms", Text, nullable=False),
    Column("shipment_day", String(10)),
    Column("opened_at", BigInteger, nullable=False),
    Column("key", String(200), nullable=False, unique=True),
)

notice_events = Table(
    "notice_events",
    metadata,
    Column("notice_id", ForeignKey("notices.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("event", String(40), nullable=False),
    Column("day", String(10), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("who", String(200), nullable=False),
    Column("note", Text, nullable=False),
    PrimaryKeyConstraint("notice_id", "number", name="pk_notice_events"),
)

#: Pieces of receipts by SHA-256 digest: a trace that a thousand answers share is stored and verified once.
parts = Table(
    "parts",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

#: ``parts`` and ``commitments`` are 32-byte digests end to end; ``hash`` covers every column and the row before.
receipts = Table(
    "receipts",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("reference", String(200), nullable=False, index=True),
    Column("key", String(200), unique=True),
    Column("parts", LargeBinary, nullable=False),
    Column("commitments", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

#: What opens the commitments of a receipt: personal values with their salts. Emptied, field by field, by redaction.
openings = Table(
    "openings",
    metadata,
    Column("receipt", ForeignKey("receipts.number"), primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
)

#: One row: how many receipts there are and the hash of the last, so that a dropped last one is missed.
heads = Table(
    "heads",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("receipts", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("seal", LargeBinary, nullable=False),
)

#: Tables whose rows stay as they were written.
APPEND_ONLY = ("postings", "limits", "shares", "notice_events", "parts", "receipts")
