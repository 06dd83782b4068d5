"""Runs the migrations on the connection the ledger hands over; never opens one of its own."""

from __future__ import annotations

from alembic import context

from exeat.ledger.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
