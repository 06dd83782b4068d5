"""The ledger: accounts, limits, shares, postings, notices, receipts. There is no way back: a ledger is not unmade."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")
GENESIS = bytes(32)
APPEND_ONLY = ("postings", "limits", "shares", "notice_events", "parts", "receipts")


def _name(name: str, length: int = 200, **more: object) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False, **more)  # type: ignore[arg-type]


def _whole(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _bytes(name: str, **more: object) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=False, **more)  # type: ignore[arg-type]


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _of(column: str, target: str, **more: object) -> sa.Column[int]:
    return sa.Column(column, SERIAL, sa.ForeignKey(target), nullable=False, **more)  # type: ignore[arg-type]


def upgrade() -> None:
    """Make the tables, the head of the chain, and the triggers that refuse changes."""
    _accounts()
    _postings()
    _notices()
    _receipts()
    _append_only()


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", SERIAL, primary_key=True),
        _name("kind", 80),
        _name("subject"),
        _name("period", 40),
        _name("unit", 20),
        sa.Column("counts_only", sa.Boolean, nullable=False),
        *(_whole(name) for name in ("opened_at", "held", "consumed", "postings", "last_at")),
        _bytes("head"),
        sa.Column("ceiling", sa.BigInteger),
        _name("ceiling_from", 10),
        _name("ceiling_until", 10),
        sa.UniqueConstraint("kind", "subject", "period", "unit", name="uq_accounts_name"),
        sa.CheckConstraint("held >= 0", name="ck_accounts_held"),
        sa.CheckConstraint("consumed >= 0", name="ck_accounts_consumed"),
    )
    op.create_table(
        "limits",
        sa.Column("id", SERIAL, primary_key=True),
        _of("account_id", "accounts.id"),
        _whole("amount"),
        _name("first_day", 10),
        _name("last_day", 10),
        _text("citation"),
        _whole("set_at"),
    )
    op.create_table(
        "shares",
        sa.Column("id", SERIAL, primary_key=True),
        _of("account_id", "accounts.id"),
        _of("whole_id", "accounts.id"),
        _whole("percent"),
        _text("citation"),
        _whole("set_at"),
    )
    for table in ("limits", "shares"):
        op.create_index(f"ix_{table}_account_id", table, ["account_id"])


def _postings() -> None:
    op.create_table(
        "postings",
        _of("account_id", "accounts.id"),
        _whole("number"),
        _name("operation", 20),
        *(_whole(name) for name in ("held", "consumed", "at")),
        _name("day", 10),
        _name("key"),
        sa.Column("leg", sa.Integer, nullable=False),
        _name("reservation"),
        sa.Column("expires_at", sa.BigInteger),
        _name("who"),
        _name("reference"),
        _text("why"),
        _bytes("request"),
        _bytes("hash"),
        sa.PrimaryKeyConstraint("account_id", "number", name="pk_postings"),
        sa.UniqueConstraint("key", "leg", name="uq_postings_key"),
        sqlite_with_rowid=False,
    )
    closing = sa.text("operation != 'reserve'")
    op.create_index(
        "ix_postings_reservation", "postings", ["reservation"], sqlite_where=closing, postgresql_where=closing
    )
    lapses = sa.text("expires_at IS NOT NULL")
    op.create_index("ix_postings_expires", "postings", ["expires_at"], sqlite_where=lapses, postgresql_where=lapses)


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", SERIAL, primary_key=True),
        _name("kind", 80),
        _name("subject"),
        _name("reference"),
        _text("terms"),
        sa.Column("shipment_day", sa.String(10)),
        _whole("opened_at"),
        _name("key", unique=True),
    )
    op.create_index("ix_notices_reference", "notices", ["reference"])
    op.create_table(
        "notice_events",
        _of("notice_id", "notices.id"),
        sa.Column("number", sa.Integer, nullable=False),
        _name("event", 40),
        _name("day", 10),
        _whole("at"),
        _name("who"),
        _text("note"),
        sa.PrimaryKeyConstraint("notice_id", "number", name="pk_notice_events"),
    )


def _receipts() -> None:
    op.create_table("parts", sa.Column("digest", sa.LargeBinary, primary_key=True), _bytes("body"))
    op.create_table(
        "receipts",
        sa.Column("number", SERIAL, primary_key=True, autoincrement=False),
        _whole("at"),
        _name("kind", 40),
        _name("reference"),
        sa.Column("key", sa.String(200), unique=True),
        *(_bytes(name) for name in ("parts", "commitments", "body", "hash")),
    )
    op.create_index("ix_receipts_reference", "receipts", ["reference"])
    op.create_table(
        "openings",
        sa.Column("receipt", SERIAL, sa.ForeignKey("receipts.number"), primary_key=True, autoincrement=False),
        _bytes("body"),
    )
    heads = op.create_table(
        "heads",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        _whole("receipts"),
        _bytes("hash"),
        _bytes("seal"),
    )
    op.bulk_insert(heads, [{"id": 1, "receipts": 0, "hash": GENESIS, "seal": b""}])


def _append_only() -> None:
    """Against accidents. Whoever may drop a trigger is found by the hashes."""
    if op.get_bind().dialect.name == "sqlite":
        for table in APPEND_ONLY:
            for change in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION exeat_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION exeat_append_only()"
        )
