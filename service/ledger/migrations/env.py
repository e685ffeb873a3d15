"""Alembic's entry: runs the migrations on the connection that `upgrade` opened."""

from alembic import context

from service.ledger.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
)
context.run_migrations()
