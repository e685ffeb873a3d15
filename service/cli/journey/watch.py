"""What the journey reads of the ledger while it waits."""

from types import TracebackType
from typing import Self

from sqlalchemy import Engine

from service.ledger import contributions, deliveries, outbox, queries
from service.ledger.queries import RunDetail, RunView
from service.ledger.session import make_engine, read_scope
from service.ledger.tables import RunKind
from service.settings import Settings


class Ledger:
    """The service's ledger, for reading."""

    def __init__(self, settings: Settings) -> None:
        self._engine: Engine = make_engine(settings)
        self.repository = settings.repositories[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._engine.dispose()

    def newest_run(self, kind: RunKind) -> RunView | None:
        with read_scope(self._engine) as session:
            found = queries.runs(session, repository=self.repository, kind=kind)
        return next((run for run in found if not run.dry_run), None)

    def run(self, run_id: int) -> RunDetail:
        with read_scope(self._engine) as session:
            found = queries.run(session, run_id)
        if found is None:
            raise LookupError(f"run {run_id} is not in the ledger")
        return found

    def all_is_said(self) -> bool:
        """Nothing waits to be reported or sent."""
        with read_scope(self._engine) as session:
            return not contributions.reports_due(session) and not outbox.pending(session)

    def deliveries(self) -> int:
        """How many webhooks were taken in."""
        with read_scope(self._engine) as session:
            return deliveries.count(session)

    def is_merged(self, number: int) -> bool:
        with read_scope(self._engine) as session:
            found = contributions.find(session, self.repository, number)
        return found is not None and found.state == "merged"

    def is_published(self, run_id: int) -> bool:
        with read_scope(self._engine) as session:
            releases = queries.releases(session, self.repository)
        return any(release.run_id == run_id and release.state == "published" for release in releases)
