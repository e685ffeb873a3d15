"""A delivery whose handling failed waits before it is tried again, and is given up after so many faults of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0004_deliveries_wait"
down_revision = "0003_trust"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("not_before", sa.DateTime(timezone=True), nullable=True))
    faults = sa.Column(
        "faults", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, server_default="0"
    )
    op.add_column("deliveries", faults)


def downgrade() -> None:
    op.drop_column("deliveries", "faults")
    op.drop_column("deliveries", "not_before")
