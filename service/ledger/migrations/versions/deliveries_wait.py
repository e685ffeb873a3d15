"""A delivery whose handling failed waits before it is tried again."""

import sqlalchemy as sa
from alembic import op

revision = "0004_deliveries_wait"
down_revision = "0003_trust"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("not_before", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("deliveries", "not_before")
