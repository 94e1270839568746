"""Alembic's entry point: runs the missing changes on the connection that `migrate` opened and locked."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    # SQLite takes part in this too: `migrate` begins the transaction itself, before the driver could.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
