"""A delivery becomes commands: the world is re-read, decided on, changed and stamped in one transaction."""

import json
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from service.decisions.comment_commands import ParsedCommand, parse
from service.decisions.facts import Person
from service.decisions.on_comment import CommentFacts
from service.decisions.on_comment import decide as decide_on_comment
from service.decisions.on_pull_request import decide as decide_on_pull_request
from service.errors import GitHubFailed, GitHubGone
from service.github.client import Comment, GitHub
from service.jobs.carry_out import Scene, carry_out
from service.jobs.client import github
from service.jobs.clones import fetch, make_sure_of
from service.jobs.gather import World, facts_of, look, was_evaluated
from service.jobs.looks import look_at_pull
from service.jobs.standing import standing
from service.jobs.start_trial import trial_facts
from service.jobs.tools import Tools, tools
from service.ledger import contributions, deliveries
from service.ledger.session import insert_or_ignore
from service.ledger.tables import Delivery, HandledComment
from service.queue import app

log = logging.getLogger(__name__)

_PULL_EVENTS = frozenset({"pull_request", "pull_request_target", "pull_request_review"})
_IGNORED_ACTIONS = frozenset({"deleted"})


@app.task(name="handle_delivery")
def task(row_id: int) -> None:
    handle(tools(), github(), row_id)


def handle(tools: Tools, client: GitHub, row_id: int) -> None:
    """Handle one delivery, unless it was. What fails is noted, and tried again by the sweeper."""
    with tools.read() as session:
        delivery = session.get(Delivery, row_id)
    if delivery is None or delivery.processed_at is not None:
        return
    try:
        _dispatch(tools, client, delivery)
    except GitHubGone as error:
        log.info("delivery %d speaks of what is gone: %s", row_id, error)
        _stamp(tools, row_id)
    except GitHubFailed as error:
        log.warning("delivery %d waits: %s", row_id, error)
        with tools.write() as session:
            deliveries.failed(session, row_id, error=str(error))
    except Exception as error:
        with tools.write() as session:
            deliveries.failed(session, row_id, error=f"{type(error).__name__}: {error}")
        raise


def _dispatch(tools: Tools, client: GitHub, delivery: Delivery) -> None:
    repository, body = delivery.repository, _json(delivery.body)
    if repository not in tools.settings.repositories or delivery.action in _IGNORED_ACTIONS:
        _stamp(tools, delivery.id)
        return
    number = _number(body)
    if delivery.event in _PULL_EVENTS and number:
        _on_pull_request(tools, client, repository, number, delivery.id)
    elif delivery.event == "issue_comment" and number and (comment_id := body.get("comment", {}).get("id")):
        _on_comment(tools, client, repository, int(comment_id), delivery.id)
    elif delivery.event == "push":
        fetch(tools.settings, client, repository)
        _stamp(tools, delivery.id)
    else:
        _stamp(tools, delivery.id)


def _json(body: bytes) -> dict[str, Any]:
    try:
        read = json.loads(body)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _number(body: dict[str, Any]) -> int:
    """The pull request or issue that a payload is about; 0 when it is about none."""
    for part in (body, body.get("pull_request"), body.get("issue")):
        if isinstance(part, dict) and isinstance(part.get("number"), int):
            return int(part["number"])
    return 0


def _stamp(tools: Tools, row_id: int) -> None:
    with tools.write() as session:
        deliveries.processed(session, row_id, now=tools.now())


def _on_pull_request(tools: Tools, client: GitHub, repository: str, number: int, row_id: int) -> None:
    world = look(tools, client, repository, number)
    with tools.write() as session:
        now = tools.now()
        facts = facts_of(session, world, now=now)
        known = contributions.find(session, repository, number)
        just_merged = world.pull.merged_sha if known is None or known.state != "merged" else None
        evaluated = was_evaluated(session, repository, number, world.pull.head_sha)
        commands = decide_on_pull_request(facts, merged_sha=just_merged, evaluated=evaluated)
        contribution = contributions.upsert(session, world.pull, now=now)
        scene = Scene(session, tools.settings, repository, number, contribution, now)
        carry_out(scene, commands)
        deliveries.processed(session, row_id, now=now)


def _on_comment(tools: Tools, client: GitHub, repository: str, comment_id: int, row_id: int) -> None:
    comment = client.comment(repository, comment_id)
    from_bot = comment.author_is_bot or comment.author == tools.settings.bot_login
    if from_bot or not parse(comment.body):
        _stamp(tools, row_id)
        return
    around = _around(tools, client, repository, comment)
    with tools.write() as session:
        now = tools.now()
        handled = {"repository": repository, "comment_id": comment_id, "author": comment.author}
        handled |= {"commands": comment.body[:1000], "answer": "", "at": now}
        if insert_or_ignore(session, HandledComment, handled) is not None:
            _obey(session, tools, comment, around, now)
        deliveries.processed(session, row_id, now=now)


@dataclass(frozen=True)
class _Around:
    """What GitHub says around a comment. `world` is None under an issue."""

    repository: str
    world: World | None
    by: Person
    default_head_sha: str


def _around(tools: Tools, client: GitHub, repository: str, comment: Comment) -> _Around:
    try:
        world = look(tools, client, repository, comment.number)
    except GitHubGone:
        world = None
    is_author = world is not None and comment.author == world.pull.author
    by = Person(comment.author, client.role(repository, comment.author), is_author)
    head = ""
    if any(said.name == "release" for said in parse(comment.body) if isinstance(said, ParsedCommand)):
        _, head = client.default_branch_head(repository)
        make_sure_of(tools.settings, client, repository, (head,))
    return _Around(repository, world, by, head)


def _obey(session: Session, tools: Tools, comment: Comment, around: _Around, now: datetime) -> None:
    repository, world = around.repository, around.world
    known = contributions.find(session, repository, comment.number)
    # Facts come first: what was known of the head before is one of them.
    pull = facts_of(session, world, now=now) if world else None
    older = known is not None and comment.created_at < known.head_seen_at
    contribution = None
    if world is not None:
        if known is None or known.head_sha != world.pull.head_sha:
            why = f"comment:{world.pull.head_sha}"
            look_at_pull(session, repository, comment.number, why=why, now=now)
        contribution = contributions.upsert(session, world.pull, now=now)
    facts = CommentFacts(
        comment_id=comment.id,
        body=comment.body,
        by=around.by,
        from_bot=False,
        pull_request=pull,
        default_head_sha=around.default_head_sha,
        older_than_head=older,
        standing=standing(session, tools.settings, contribution.id if contribution else None, repository),
        trials=trial_facts(session, repository, comment.number, world.pull.head_sha if world else None),
    )
    scene = Scene(session, tools.settings, repository, comment.number, contribution, now)
    carry_out(scene, decide_on_comment(facts))
