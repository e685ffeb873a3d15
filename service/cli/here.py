"""Which service a command of the shell speaks of: the settings', or one whose home is named."""

from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from service.errors import Misconfigured
from service.ledger import migrations
from service.ledger.session import make_engine
from service.settings import Settings, get_settings


def settings_of(home: Path | None) -> Settings:
    """The settings, with this home in place of theirs (`graft up --home`)."""
    settings = get_settings()
    return settings if home is None else settings.model_copy(update={"home": home.absolute()})


def require_ledger(settings: Settings) -> None:
    """Raises Misconfigured when there is no ledger of this version's where the settings say."""
    if settings.ledger_url.startswith("sqlite:///") and not Path(settings.ledger_url[10:]).exists():
        raise Misconfigured(
            f"there is no ledger at {settings.ledger_url[10:]}",
            mend="Name the home of your service: --home, or GRAFT_HOME; `graft up` has it in .graft.",
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
