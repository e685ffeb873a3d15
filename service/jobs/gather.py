"""Facts for decisions: re-read from GitHub and the ledger each time, never from a payload."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.decisions.facts import OpenRun, Person, Policy, PullRequestFacts
from service.decisions.policy import POLICY_FILE, parse_policy
from service.github.client import GitHub, PullRequest
from service.jobs.clones import make_sure_of, read_file
from service.jobs.tools import Tools
from service.ledger import contributions, runs
from service.ledger.tables import Contribution, Run, RunKind, RunState, Stage
from taxonomy_schema.errors import TreeError
from taxonomy_schema.tree import changed_paths, merge_base

log = logging.getLogger(__name__)

ROOTS = ("knowledge/", "compositional_skills/", "foundational_skills/")
_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class World:
    """A pull request as GitHub has it now, and what its branches hold."""

    pull: PullRequest
    author: Person
    touches_taxonomy: bool
    policy: Policy


def look(tools: Tools, github: GitHub, repository: str, number: int) -> World:
    """Ask GitHub and Git; no transaction is open meanwhile."""
    pull = github.pull_request(repository, number)
    author = Person(login=pull.author, role=github.role(repository, pull.author), is_author=True)
    clone = make_sure_of(tools.settings, github, repository, (pull.base_sha, pull.head_sha), number=number)
    policy = parse_policy(read_file(clone, pull.base_sha, POLICY_FILE))
    if not isinstance(policy, Policy):
        log.warning("%s of %s cannot be read: nobody is trusted by policy", POLICY_FILE, repository)
        policy = Policy()
    return World(pull, author, _touches_taxonomy(clone, pull), policy)


def _touches_taxonomy(clone: Path, pull: PullRequest) -> bool:
    try:
        start = merge_base(clone, pull.base_sha, pull.head_sha)
        return any(path.startswith(ROOTS) for path in changed_paths(clone, start, pull.head_sha))
    except TreeError:
        return True  # unrelated histories: the check says so in the pull request


def facts_of(session: Session, world: World, *, now: datetime) -> PullRequestFacts:
    """The world and the ledger together. The ledger's row is left as it was."""
    pull = world.pull
    known = contributions.find(session, pull.repository, pull.number)
    approval = contributions.live_approval(session, known.id) if known else None
    open_runs = runs.open_runs(session, known.id) if known else []
    return PullRequestFacts(
        number=pull.number,
        state=pull.state,
        draft=pull.draft,
        held=known.held if known else False,
        author=world.author,
        head_sha=pull.head_sha,
        base_sha=pull.base_sha,
        known_head_sha=known.head_sha if known else None,
        approved_sha=approval.head_sha if approval else None,
        check_passed=check_passed(session, pull.repository, pull.number, pull.head_sha),
        spent_minutes=spent_minutes(session, pull.repository, pull.author, now=now),
        open_runs=tuple(OpenRun(run.id, run.kind, run.head_sha) for run in open_runs),
        touches_taxonomy=world.touches_taxonomy,
        policy=world.policy,
    )


def newest_run(
    session: Session, repository: str, number: int, head_sha: str, kind: RunKind, *states: RunState
) -> Run | None:
    query = select(Run).where(
        Run.repository == repository, Run.number == number, Run.head_sha == head_sha, Run.kind == kind
    )
    if states:
        query = query.where(Run.state.in_(states))
    return session.scalars(query.order_by(Run.id.desc()).limit(1)).one_or_none()


def check_passed(session: Session, repository: str, number: int, head_sha: str) -> bool | None:
    """What the newest finished check said of this head; None when there is none."""
    run = newest_run(
        session, repository, number, head_sha, RunKind.CHECK, RunState.SUCCEEDED, RunState.FAILED
    )
    return None if run is None else run.state is RunState.SUCCEEDED


def was_evaluated(session: Session, repository: str, number: int, head_sha: str) -> bool:
    """Whether this head had an evaluate run, whatever became of it."""
    return newest_run(session, repository, number, head_sha, RunKind.EVALUATE) is not None


def spent_minutes(session: Session, repository: str, author: str, *, now: datetime) -> float:
    """Accelerator-minutes that the author's pull requests used in the last seven days."""
    seconds = session.scalar(
        select(func.sum(Stage.seconds))
        .join(Run, Run.id == Stage.run_id)
        .join(Contribution, Contribution.id == Run.contribution_id)
        .where(
            Contribution.repository == repository,
            Contribution.author == author,
            Stage.queue == "gpu",
            Stage.reused.is_(False),
            Run.created_at > now - _WEEK,
        )
    )
    return (seconds or 0.0) / 60
