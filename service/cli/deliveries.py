"""`graft deliveries`: which webhooks arrived, what became of them, and handling one again."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from pipelines.errors import OutsideFailed, WrongUse
from service.cli.here import require_ledger, settings_of
from service.ledger import deliveries as ledger
from service.ledger.deliveries import Filter
from service.ledger.session import make_engine, nudge_after_commit, read_scope, session_scope
from service.ledger.tables import Delivery
from service.logging import Redact
from service.queue import nudging

deliveries = typer.Typer(
    help="Look at the webhooks that arrived, and have one handled again.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_AGO: Final = re.compile(r"(\d{1,6})([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SHOWN_BODY: Final = 200_000
_LONGEST_ERROR: Final = 80

Json = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]


@deliveries.command("list")
def list_(
    *,
    unprocessed: Annotated[bool, typer.Option(help="Only those still to be handled.")] = False,
    failed: Annotated[bool, typer.Option(help="Only those whose handling failed so far.")] = False,
    event: Annotated[str, typer.Option(help="Only of this event, such as issue_comment.")] = "",
    repository: Annotated[str, typer.Option(help="Only of this repository: OWNER/NAME.")] = "",
    since: Annotated[str, typer.Option(help="Only newer than 30m, 12h, 7d, or a time in ISO 8601.")] = "",
    limit: Annotated[int, typer.Option(help="At most so many, the newest first.", min=1, max=10_000)] = 50,
    as_json: Json = False,
) -> None:
    """List deliveries, the newest first."""
    wanted = Filter(
        unprocessed=unprocessed,
        failed=failed,
        event=event or None,
        repository=repository or None,
        since=_moment(since) if since else None,
    )
    with _reading() as session:
        found = ledger.find(session, wanted, limit=limit)
    if as_json:
        typer.echo(json.dumps([_facts(one) for one in found], indent=2))
        return
    console = Console(highlight=False)
    if not found:
        console.print("No delivery is like that.")
        return
    console.print(_table(found))


@deliveries.command()
def show(
    delivery: Annotated[str, typer.Argument(help="Its number in the list, or GitHub's delivery id.")],
    *,
    body: Annotated[bool, typer.Option(help="Also what was sent.")] = True,
    as_json: Json = False,
) -> None:
    """Show one delivery: what it is, what became of it, and its body. What looks like a credential is hidden."""
    with _reading() as session:
        found = _one(session, delivery)
    facts = _facts(found) | ({"body": _body(found.body)} if body else {})
    if as_json:
        typer.echo(json.dumps(facts, indent=2))
        return
    for name, value in facts.items():
        if name != "body":
            typer.echo(f"{name:12} {_plain('-' if value is None else str(value))}")
    if body:
        text = facts["body"] if isinstance(facts["body"], str) else json.dumps(facts["body"], indent=2)
        typer.echo(f"\n{_plain(text[:_SHOWN_BODY])}")
        if len(text) > _SHOWN_BODY:
            typer.echo(f"... and {len(text) - _SHOWN_BODY:,} characters more; --json shows all of it")


@deliveries.command()
def replay(
    chosen: Annotated[list[str], typer.Argument(metavar="DELIVERY...", help="Numbers, or GitHub's ids.")],
) -> None:
    """Have deliveries handled again.

    The workers of the running service do it. Handling reads the world anew, so a replay never repeats what was done:
    it does what is still lacking.
    """
    settings = settings_of(None)
    require_ledger(settings)
    with _readable(), nudging(settings) as nudge, session_scope(make_engine(settings), nudge) as session:
        found = [_one(session, name) for name in chosen]
        for one in found:
            if one.repository not in settings.repositories:
                raise WrongUse(
                    "not_served",
                    f"delivery {one.id} is about {one.repository or 'no repository'}, which is not served here",
                    mend="Add it to GRAFT_REPOSITORIES first; without that a replay does nothing.",
                )
        for one in found:
            ledger.replay(session, one.id)
            nudge_after_commit(session, "handle_delivery", one.id)
    for one in found:
        typer.echo(f"delivery {one.id} ({one.event} {one.action or ''}) is to be handled again")
    typer.echo("Watch it: graft deliveries list --unprocessed")


@contextmanager
def _reading() -> Iterator[Session]:
    settings = settings_of(None)
    require_ledger(settings)
    with _readable(), read_scope(make_engine(settings)) as session:
        yield session


@contextmanager
def _readable() -> Iterator[None]:
    """A ledger that does not answer is said in a sentence."""
    try:
        yield
    except SQLAlchemyError as error:
        raise OutsideFailed(
            "ledger_unreadable",
            f"the ledger does not answer ({type(error).__name__})",
            mend="Check GRAFT_HOME and GRAFT_DATABASE_URL; `graft doctor` says more.",
        ) from error


def _one(session: Session, name: str) -> Delivery:
    found = ledger.one(session, name)
    if found is None:
        raise WrongUse(
            "no_such_delivery",
            f"there is no delivery {name!r}",
            mend="`graft deliveries list` shows those that are there.",
        )
    return found


def _moment(text: str) -> datetime:
    ago = _AGO.fullmatch(text)
    if ago:
        return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise WrongUse(
            "no_time", f"{text!r} is no time", mend="Say 30m, 12h or 7d, or a time such as 2026-03-02T06:00."
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _facts(one: Delivery) -> dict[str, Any]:
    """What is said of a delivery, without its body."""
    return {
        "id": one.id,
        "delivery": one.delivery_id,
        "event": one.event,
        "action": one.action,
        "repository": one.repository,
        "received": one.received_at.isoformat(),
        "state": ledger.state(one),
        "processed": one.processed_at and one.processed_at.isoformat(),
        "attempts": one.attempts,
        "error": None if one.error is None else Redact().text(one.error),
        "bytes": len(one.body),
    }


def _table(found: Sequence[Delivery]) -> Table:
    table = Table("id", "received", "event", "repository", "state", "attempts", "error", "delivery")
    for one in found:
        facts = _facts(one)
        cells = (
            str(one.id),
            one.received_at.strftime("%Y-%m-%d %H:%M:%S"),
            f"{one.event}.{one.action}" if one.action else one.event,
            one.repository or "-",
            facts["state"],
            str(one.attempts),
            (facts["error"] or "")[:_LONGEST_ERROR],
            one.delivery_id,
        )
        table.add_row(*(_escaped(cell) for cell in cells))
    return table


def _escaped(text: str) -> str:
    return _plain(text).replace("[", r"\[")


def _plain(text: str) -> str:
    """Without what a terminal would obey."""
    return _CONTROL.sub("�", text)


def _body(raw: bytes) -> Any:
    """The body as JSON, credentials hidden; as text when it is no JSON."""
    text = Redact().text(raw.decode(errors="replace"))
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
