"""A press of a button of our check run, or of GitHub's own `Re-run`: who pressed is judged as for a command."""

import logging
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.decisions.facts import Person
from service.decisions.on_click import RERUN, ClickFacts, decide
from service.github.client import GitHub
from service.jobs import people
from service.jobs.carry_out import Scene, carry_out
from service.jobs.gather import World, facts_of, look
from service.jobs.looks import look_at_pull
from service.jobs.tools import Tools
from service.jobs.undisturbed import undisturbed
from service.ledger import contributions, deliveries, outbox
from service.ledger.session import nudge_after_commit
from service.ledger.tables import Delivery, Outbox

log = logging.getLogger(__name__)


def handle(tools: Tools, client: GitHub, delivery: Delivery, body: dict[str, Any]) -> None:
    """Carry out what was pressed. Which check run it is comes from the ledger, never from the payload.

    That a person pressed and which button stands in the signed payload alone: GitHub cannot be asked for it.
    """
    repository, pressed, login = delivery.repository or "", _pressed(delivery, body), _sender(body)
    with tools.read() as session:
        letter = _letter(session, repository, body.get("check_run"))
    if pressed is None or login is None or letter is None:
        with tools.write() as session:
            deliveries.processed(session, delivery.id, now=tools.now())
        return
    number, head_sha = int(letter.payload["number"]), str(letter.payload["head_sha"])

    def around() -> tuple[World, Person]:
        world = look(tools, client, repository, number)
        by = people.look_up(
            client,
            repository,
            login,
            world.policy,
            routes=world.routes,
            is_author=login == world.pull.author,
            waits=people.is_worth_waiting(delivery, now=tools.now()),
        )
        return world, by

    def write(session: Session, seen: tuple[World, Person]) -> None:
        world, by = seen
        now = tools.now()
        facts = facts_of(session, world, now=now)
        if facts.known_head_sha != facts.head_sha:
            look_at_pull(session, repository, number, why=f"press:{facts.head_sha}", now=now)
        click = ClickFacts(
            about=str(delivery.id),
            pressed=pressed,
            head_sha=head_sha,
            by=by,
            from_bot=login == tools.settings.bot_login,
            pull_request=facts,
        )
        contribution = contributions.upsert(session, world.pull, now=now)
        carry_out(Scene(session, tools.settings, repository, number, contribution, now), decide(click))
        if pressed == RERUN:
            # GitHub has reset the suite: whatever comes of this press, the check run is to be written again.
            nudge_after_commit(session, "send_outbox", outbox.show_again(session, letter.key) or 0)
        deliveries.processed(session, delivery.id, now=now)

    undisturbed(tools, repository, number, around, write)


def _pressed(delivery: Delivery, body: dict[str, Any]) -> str | None:
    """The button's identifier, or RERUN; None for what is no press (our own writing of the check run)."""
    if delivery.action == "rerequested":
        return RERUN
    action = body.get("requested_action")
    if delivery.action != "requested_action" or not isinstance(action, dict):
        return None
    identifier = action.get("identifier")
    return identifier[:40] if isinstance(identifier, str) and identifier else None


def _sender(body: dict[str, Any]) -> str | None:
    """Who pressed; None for programs."""
    sender = body.get("sender")
    if not isinstance(sender, dict) or sender.get("type") != "User":
        return None
    login = sender.get("login")
    return login if isinstance(login, str) and login else None


def _letter(session: Session, repository: str, check_run: Any) -> Outbox | None:
    """What we wrote as this check run; None when it is none of ours."""
    if not isinstance(check_run, dict) or not isinstance(check_run.get("id"), int):
        return None
    written = select(Outbox).where(
        Outbox.kind == "check", Outbox.repository == repository, Outbox.remote_id == check_run["id"]
    )
    return session.scalars(written.limit(1)).one_or_none()
