"""Budgets count accelerators; a contribution keeps what it needs next, when to look again, and who may unhold it.

Columns are added singly, with plain texts as defaults: SQLite then leaves the tables, which others refer to, in place.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003_trust"
down_revision = "0002_run_delivery"
branch_labels = None
depends_on = None

big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("stages", sa.Column("accelerators", big, nullable=False, server_default="1"))
    op.add_column("contributions", sa.Column("needed", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("contributions", sa.Column("look_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "contributions", sa.Column("held_by_triager", sa.Boolean(), nullable=False, server_default="0")
    )


def downgrade() -> None:
    for column in ("held_by_triager", "look_at", "needed"):
        op.drop_column("contributions", column)
    op.drop_column("stages", "accelerators")
