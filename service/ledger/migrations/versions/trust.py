"""Budgets count accelerators; a contribution keeps what it needs next, when to look again, and who may unhold it."""

import sqlalchemy as sa
from alembic import op

revision = "0003_trust"
down_revision = "0002_run_delivery"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("stages") as stages:
        stages.add_column(
            sa.Column(
                "accelerators",
                sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
                nullable=False,
                server_default="1",
            )
        )
    with op.batch_alter_table("contributions") as contributions:
        contributions.add_column(sa.Column("needed", sa.JSON(), nullable=False, server_default="{}"))
        contributions.add_column(sa.Column("look_at", sa.DateTime(timezone=True), nullable=True))
        contributions.add_column(
            sa.Column("held_by_triager", sa.Boolean(), nullable=False, server_default=sa.false())
        )


def downgrade() -> None:
    with op.batch_alter_table("contributions") as contributions:
        for column in ("held_by_triager", "look_at", "needed"):
            contributions.drop_column(column)
    with op.batch_alter_table("stages") as stages:
        stages.drop_column("accelerators")
