"""Brings the database to the tables of this version."""

from pathlib import Path

from alembic import command
from alembic.config import Config

from service.ledger.session import make_engine
from service.settings import Settings

_ADVISORY_LOCK = 0x6772616674  # "graft": any number that nothing else uses


def upgrade(settings: Settings) -> None:
    """Create or migrate the ledger, in one transaction. Several processes may do so at once."""
    engine = make_engine(settings)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()
