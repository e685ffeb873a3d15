"""Facts for decisions: re-read from GitHub and the ledger each time, never from a payload."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from service.decisions.budget import Budget, Charge, budget
from service.decisions.facts import Needed, OpenRun, Person, Policy, PullRequestFacts, Route
from service.decisions.policy import POLICY_FILE, parse_policy
from service.decisions.routing import routes_of
from service.github.client import GitHub, PullRequest
from service.jobs import collected, people
from service.jobs.clones import make_sure_of, read_file
from service.jobs.tools import Tools
from service.ledger import contributions, outbox, runs, spending
from service.ledger.tables import Contribution, RunKind, RunState
from taxonomy_schema.errors import TreeError
from taxonomy_schema.tree import changed_paths, merge_base

log = logging.getLogger(__name__)

ROOTS = ("knowledge/", "compositional_skills/", "foundational_skills/")
_KNOWN_HERE = frozenset({"OWNER", "MEMBER", "COLLABORATOR", "CONTRIBUTOR"})
"""What GitHub calls authors who are no strangers to a repository."""


@dataclass(frozen=True)
class World:
    """A pull request as GitHub has it now, and what its branches hold."""

    pull: PullRequest
    author: Person
    touches_taxonomy: bool
    policy: Policy
    touches_policy: bool = False
    routes: tuple[Route, ...] = ()
    """Of the leaves that it changes."""


def look(tools: Tools, github: GitHub, repository: str, number: int) -> World:
    """Ask GitHub and Git; no transaction is open meanwhile."""
    pull = github.pull_request(repository, number)
    tip = default_tip(github, repository)
    commits = (pull.base_sha, pull.head_sha, tip)
    clone = make_sure_of(tools.settings, github, repository, commits, number=number)
    policy = policy_at(clone, tip)
    changed = _changed(clone, pull)
    leaves = None if changed is None else [path for path in changed if path.startswith(ROOTS)]
    return World(
        pull,
        people.author_of(github, repository, pull.author, policy),
        # Of unrelated histories nothing can be told; the check says so in the pull request.
        touches_taxonomy=leaves is None or bool(leaves),
        policy=policy,
        touches_policy=changed is not None and POLICY_FILE in changed,
        routes=routes_of(leaves or (), policy.routes),
    )


def default_tip(github: GitHub, repository: str) -> str:
    """The commit whose `.graft.yaml` counts: the newest of the default branch.

    Whoever opens a pull request chooses its base, and might choose an old branch with an old policy.
    """
    return github.default_branch_head(repository)[1]


def policy_at(clone: Path, commit: str) -> Policy:
    """The policy of a commit that the clone has; one that cannot be read allows nothing."""
    policy = parse_policy(read_file(clone, commit, POLICY_FILE))
    if isinstance(policy, Policy):
        return policy
    log.warning("%s of %s in %s cannot be read: nothing is spent", POLICY_FILE, commit, clone)
    return Policy(unreadable=True)


def _changed(clone: Path, pull: PullRequest) -> Sequence[str] | None:
    """The paths that differ from where the branch began; None for unrelated histories."""
    try:
        return tuple(changed_paths(clone, merge_base(clone, pull.base_sha, pull.head_sha), pull.head_sha))
    except TreeError:
        return None


def facts_of(session: Session, world: World, *, now: datetime) -> PullRequestFacts:
    """The world and the ledger together. The ledger's row is left as it was."""
    pull = world.pull
    known = contributions.find(session, pull.repository, pull.number)
    approval = contributions.live_approval(session, known.id) if known else None
    open_runs = runs.open_runs(session, known.id) if known else []
    charged = spending.charges(session, pull.repository, now=now)
    mine = [charge for author, charge in charged if author.lower() == pull.author.lower()]
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
        spent_minutes=sum(charge.minutes for charge in mine),
        open_runs=tuple(OpenRun(run.id, run.kind, run.head_sha) for run in open_runs),
        touches_taxonomy=world.touches_taxonomy,
        touches_policy=world.touches_policy,
        policy=world.policy,
        first_time=_is_first(session, pull),
        budgets=_budgets(world, mine, [charge for _, charge in charged], now),
        routes=world.routes,
        asked=_asked(session, pull),
        approved_by=approval.by if approval else "",
        held_by_triager=known.held_by_triager if known else False,
        known_needed=_needed(known),
        look_at=known.look_at if known else None,
    )


def _budgets(
    world: World, mine: Sequence[Charge], everybody: Sequence[Charge], now: datetime
) -> tuple[Budget, ...]:
    policy, found = world.policy, []
    if policy.budget_minutes_per_author is not None:
        whose = f"the pull requests of {world.pull.author}"
        found.append(budget(whose, policy.budget_minutes_per_author, mine, now=now))
    if policy.budget_minutes_per_week is not None:
        found.append(budget("all pull requests together", policy.budget_minutes_per_week, everybody, now=now))
    return tuple(found)


def _is_first(session: Session, pull: PullRequest) -> bool:
    """Whether nothing of its author was merged here before, as far as GitHub and the ledger know."""
    merged = exists().where(
        Contribution.repository == pull.repository,
        Contribution.author == pull.author,
        Contribution.state == "merged",
    )
    return pull.author_association not in _KNOWN_HERE and not session.scalar(select(merged))


def _asked(session: Session, pull: PullRequest) -> frozenset[str]:
    prefix = review_key(pull.repository, pull.number, "")
    return frozenset(key.removeprefix(prefix) for key in outbox.keys(session, prefix))


def review_key(repository: str, number: int, reviewer: str) -> str:
    """The outbox's place for asking somebody to review a pull request."""
    return f"{repository}#{number}:review:{reviewer}"


def _needed(known: Contribution | None) -> Needed:
    written = known.needed if known else {}
    return Needed(written.get("text", ""), tuple(written.get("reviewers", ())))


def check_passed(session: Session, repository: str, number: int, head_sha: str) -> bool | None:
    """What the newest finished check said of this head, and the documents that were fetched since; None when there is
    none.
    """
    run = runs.newest(
        session, repository, number, head_sha, RunKind.CHECK, RunState.SUCCEEDED, RunState.FAILED
    )
    if run is None or run.state is RunState.FAILED:
        return None if run is None else False
    return not collected.errors(collected.of_head(session, run), run)


def was_evaluated(session: Session, repository: str, number: int, head_sha: str) -> bool:
    """Whether this head had an evaluate run, whatever became of it."""
    return runs.newest(session, repository, number, head_sha, RunKind.EVALUATE) is not None
