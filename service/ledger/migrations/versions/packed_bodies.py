"""PostgreSQL no longer tries to compress bodies, which come packed. Those that are there stay as they are."""

from alembic import op

revision = "0007_packed_bodies"
down_revision = "0006_lease_expiries"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _store("EXTERNAL")


def downgrade() -> None:
    _store("EXTENDED")


def _store(storage: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE deliveries ALTER COLUMN body SET STORAGE {storage}")
