"""Stages count how often their lease ran out; of before, nobody knows."""

import sqlalchemy as sa
from alembic import op

revision = "0006_lease_expiries"
down_revision = "0005_trials"
branch_labels = None
depends_on = None

big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("stages", sa.Column("lease_expiries", big, nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("stages", "lease_expiries")
