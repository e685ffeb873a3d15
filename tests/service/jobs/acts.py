"""What tests do to a house: deliver webhooks, and look at what came of them."""

import json
from typing import Any

from service.github.standin.driver import StandIn
from service.ledger import contributions, deliveries, queries
from service.ledger.queries import RunView
from service.ledger.session import nudge_after_commit
from service.ledger.tables import Contribution, Delivery, RunKind
from tests.service.jobs.conftest import House, OpenPull, Pull


def deliver(
    house: House, name: str, event: str, body: dict[str, Any], *, action: str = "opened", repository: str = ""
) -> int:
    """As the web process would: recorded, and nudged when new."""
    with house.tools.write() as session:
        row_id, fresh = deliveries.record(
            session,
            delivery_id=name,
            event=event,
            action=action,
            repository=repository or house.tools.settings.repositories[0],
            body=json.dumps(body).encode(),
            now=house.tools.now(),
        )
        if fresh:
            nudge_after_commit(session, "handle_delivery", row_id)
    return row_id


def deliver_pull(house: House, number: int, name: str = "") -> int:
    return deliver(house, name or f"pull-{number}", "pull_request", {"number": number})


def deliver_comment(house: House, number: int, comment_id: int, name: str = "") -> int:
    body = {"issue": {"number": number}, "comment": {"id": comment_id}}
    return deliver(house, name or f"comment-{comment_id}", "issue_comment", body, action="created")


def processed(house: House, row_id: int) -> bool:
    with house.tools.read() as session:
        return session.get_one(Delivery, row_id).processed_at is not None


def run_list(house: House, number: int, kind: RunKind | None = None) -> list[RunView]:
    """Oldest first."""
    with house.tools.read() as session:
        return queries.runs(session, number=number, kind=kind)[::-1]


def contribution(house: House, number: int) -> Contribution:
    with house.tools.read() as session:
        found = contributions.find(session, house.tools.settings.repositories[0], number)
    assert found is not None
    return found


def checked_pull(house: House, open_pull: OpenPull) -> Pull:
    """A pull request whose check has passed."""
    pull = open_pull()
    deliver_pull(house, pull.number)
    house.heed()
    return pull


def say(house: House, standin: StandIn, pull: Pull, login: str, body: str) -> int:
    """Somebody comments, and the delivery is handled; returns its row."""
    comment = standin.person(login).comment(pull.number, body)
    row_id = deliver_comment(house, pull.number, comment.id)
    house.heed()
    return row_id


def evaluations(house: House, pull: Pull) -> list[RunView]:
    return run_list(house, pull.number, RunKind.EVALUATE)


def comment_bodies(standin: StandIn, number: int) -> list[str]:
    return [c.body for c in standin.person("ada").repo().get_issue(number).get_comments()]


def answers(standin: StandIn, pull: Pull) -> list[str]:
    """What we said in comments of their own, oldest first."""
    return [body for body in comment_bodies(standin, pull.number) if "graftlab:answer" in body]
