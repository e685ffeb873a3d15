"""Which service a command of the shell speaks of: the settings', or one whose home is named."""

from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from service.cli.stack import BROKER_FILE
from service.errors import Misconfigured
from service.ledger import migrations
from service.ledger.session import make_engine
from service.settings import Settings, get_settings


def settings_of(home: Path | None) -> Settings:
    """The settings, with this home in place of theirs and the broker that `graft up` started there."""
    settings = get_settings()
    if home is not None:
        settings = settings.model_copy(update={"home": home.absolute()})
    started = settings.home / BROKER_FILE
    if "broker_url" in settings.model_fields_set or not started.is_file():
        return settings
    return settings.model_copy(update={"broker_url": started.read_text().strip()})


def require_ledger(settings: Settings) -> None:
    """Raises Misconfigured when there is no ledger of this version's where the settings say."""
    if settings.ledger_url.startswith("sqlite:///") and not Path(settings.ledger_url[10:]).exists():
        raise Misconfigured(
            f"there is no ledger at {settings.ledger_url[10:]}",
            mend="Name your service's home: GRAFT_HOME, or --home where there is one; `graft up` has it in .graft.",
        )
    engine = make_engine(settings)
    try:
        with engine.connect() as connection:
            present = migrations.present(connection)
    except SQLAlchemyError as error:
        raise Misconfigured(
            f"the ledger cannot be reached ({type(error).__name__})",
            mend="Start the database, or check GRAFT_DATABASE_URL.",
        ) from error
    finally:
        engine.dispose()
    if present != migrations.newest():
        raise Misconfigured(
            f"the ledger's tables are those of {present or 'no version'}, not of {migrations.newest()}",
            mend="Migrate it: python -m service.ledger.migrations, or start the service.",
        )
