"""Alembic's entry: runs the migrations on the connection that `upgrade` opened."""

from alembic import context

from service.ledger import answers  # noqa: F401 - a table of its own, which the metadata is to know
from service.ledger.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
)
context.run_migrations()
