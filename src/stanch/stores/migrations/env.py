"""Alembic runs this file for each upgrade; the connection, its lock and its transaction are the opener's."""

from alembic import context

from stanch.stores.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,  # SQLite can; being killed in the middle must leave the old schema
)
with context.begin_transaction():
    context.run_migrations()
