"""A run keeps the id of the delivery that it came from, so that its log lines can be followed."""

import sqlalchemy as sa
from alembic import op

revision = "0002_run_delivery"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("delivery", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("runs", "delivery")
