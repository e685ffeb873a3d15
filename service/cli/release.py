"""`graft release`: cut a release now, as `/graft release` and the weekly slot do."""

from typing import Annotated

import typer

from service.errors import Misconfigured
from service.github.connect import connect
from service.jobs.start_release import start_release
from service.ledger.session import make_engine, session_scope
from service.queue import nudge
from service.settings import get_settings


def release(
    *,
    repository: Annotated[
        str, typer.Option(help="Which taxonomy, when several are served: OWNER/NAME.")
    ] = "",
) -> None:
    """Queue a release of the merged leaves; the workers of the running service cut it."""
    settings = get_settings()
    chosen = repository or (settings.repositories[0] if len(settings.repositories) == 1 else "")
    if chosen not in settings.repositories:
        raise Misconfigured(
            f"{chosen or 'no repository'} is not served",
            mend=f"--repository: {', '.join(settings.repositories)}",
        )
    with session_scope(make_engine(settings), nudge) as session:
        run = start_release(session, connect(settings), settings, chosen, requested_by="graft release")
    typer.echo(f"release queued: {settings.public_url}/runs/{run.id}")
