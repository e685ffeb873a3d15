"""Which service a command of the shell speaks of: the settings', or one whose home is named."""

from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.exc import SQLAlchemyError

from service.cli.broker import broker_answers
from service.cli.stack import BROKER_FILE
from service.errors import Misconfigured
from service.ledger import migrations
from service.ledger.session import make_engine
from service.settings import Settings, get_settings


def settings_of(home: Path | None) -> Settings:
    """The settings, with this home in place of theirs and the broker that `graft up` started there.

    That broker goes before one that is set: who reads the variable is `graft up`'s file of settings too, and its
    workers hear of no other. One that no longer answers was left behind by a `graft up` that was killed.
    """
    settings = get_settings()
    if home is not None:
        settings = settings.model_copy(update={"home": home.absolute()})
    started = settings.home / BROKER_FILE
    url = started.read_text().strip() if started.is_file() else ""
    port = urlsplit(url).port
    if port is None or not broker_answers(port):
        return settings
    return settings.model_copy(update={"broker_url": url})


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
