"""Answers that follow a run: which comment each answers, and whether it is behind."""

import sqlalchemy as sa
from alembic import op

revision = "0005_trials"
down_revision = "0004_deliveries_wait"
branch_labels = None
depends_on = None

big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "run_answers",
        sa.Column("id", big, nullable=False),
        sa.Column("run_id", big, nullable=False),
        sa.Column("number", big, nullable=False),
        sa.Column("comment_id", big, nullable=False),
        sa.Column("wanted", big, nullable=False),
        sa.Column("made", big, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("run_id", "comment_id"),
    )


def downgrade() -> None:
    op.drop_table("run_answers")
