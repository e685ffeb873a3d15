"""What follows from moved refs: known refs, pull request heads, merges made by hand, and the events that tell of it.

Everything that moves a ref (a push, a merge, the REST API) ends here, and so does a start after a kill: the refs that
Git has are compared with the refs last told of, so a push is told once whatever died in between.
"""

from __future__ import annotations

from sqlalchemy import or_, select

from .events import Herald
from .git import ZERO
from .tables import Deed, Issue, KnownRef, Pull, Repo
from .world import World

_HEADS = "refs/heads/"


def tell_of_pushes(herald: Herald, repo: Repo, *, merging: Pull | None = None) -> None:
    """Tells of every ref that moved since the last call. `merging` is told of by its own caller."""
    world, session = herald.world, herald.session
    rows = {row.name: row for row in session.scalars(select(KnownRef).where(KnownRef.repo_id == repo.id))}
    actual = world.git(repo).refs()
    for name in sorted(rows.keys() | actual.keys()):
        before = rows[name].sha if name in rows else ZERO
        after = actual.get(name, ZERO)
        if before == after:
            continue
        if after == ZERO:
            session.delete(rows[name])
        elif name in rows:
            rows[name].sha = after
        else:
            session.add(KnownRef(repo_id=repo.id, name=name, sha=after))
        repo.pushed_at = world.now()
        session.add(Deed(at=world.now(), who=herald.sender.login, what="push",
                         target=f"{repo.full_name}:{name}", body_sha256=after))  # fmt: skip
        herald.push(repo, name, before, after)
        if name.startswith(_HEADS):
            _after_branch(herald, repo, name.removeprefix(_HEADS), after, merging)


def _after_branch(herald: Herald, repo: Repo, branch: str, after: str, merging: Pull | None) -> None:
    query = select(Pull).join(Issue, Issue.id == Pull.issue_id).where(
        Issue.state == "open",
        or_(
            (Pull.head_repo_id == repo.id) & (Pull.head_ref == branch),
            (Issue.repo_id == repo.id) & (Pull.base_ref == branch),
        ),
    )  # fmt: skip
    for pull in herald.session.scalars(query).all():
        if pull is merging:
            continue
        if pull.head_repo_id == repo.id and pull.head_ref == branch:
            _move_head(herald, pull, after)
        elif after != ZERO:
            _close_if_merged_by_hand(herald, pull, after)


def _move_head(herald: Herald, pull: Pull, after: str) -> None:
    if after == ZERO:
        close(herald, pull.issue)
        return
    before = pull.head_sha
    if before == after:
        return
    keep_head(herald.world, pull, after)
    pull.head_sha = after
    tip = herald.world.git(pull.issue.repo).resolve(_HEADS + pull.base_ref)
    pull.base_sha = tip or pull.base_sha
    pull.issue.updated_at = herald.world.now()
    herald.pull_request(pull, "synchronize", before=before, after=after)


def _close_if_merged_by_hand(herald: Herald, pull: Pull, tip: str) -> None:
    git = herald.world.git(pull.issue.repo)
    if git.merge_base(tip, pull.head_sha) == pull.head_sha:
        mark_merged(herald, pull, tip)


def keep_head(world: World, pull: Pull, sha: str) -> None:
    """Puts a head commit into the base repository as `refs/pull/N/head`."""
    base = world.git(pull.issue.repo)
    ref = f"refs/pull/{pull.issue.number}/head"
    if pull.head_repo_id == pull.issue.repo_id:
        base.set_ref(ref, sha)
    else:
        base.fetch(world.git(pull.head_repo).path, sha, ref)


def mark_merged(herald: Herald, pull: Pull, merge_commit: str) -> None:
    pull.merged_at = herald.world.now()
    pull.merged_by_id = herald.sender.id
    pull.merged_by = herald.sender
    pull.merge_commit_sha = merge_commit
    close(herald, pull.issue)


def close(herald: Herald, issue: Issue, reason: str | None = None) -> None:
    issue.state = "closed"
    issue.state_reason = reason
    issue.closed_at = issue.updated_at = herald.world.now()
    issue.closed_by_id = herald.sender.id
    issue.closed_by = herald.sender
    herald.session.flush()
    if issue.pull is not None:
        herald.pull_request(issue.pull, "closed")
    else:
        herald.issue(issue, "closed")


def reopen(herald: Herald, issue: Issue) -> None:
    issue.state, issue.state_reason = "open", "reopened"
    issue.closed_at = None
    issue.closed_by_id = issue.closed_by = None
    issue.updated_at = herald.world.now()
    herald.session.flush()
    if issue.pull is not None:
        herald.pull_request(issue.pull, "reopened")
    else:
        herald.issue(issue, "reopened")


def tell_of_everything(world: World) -> None:
    """At a start: tells of pushes that a kill left untold. Who pushed is lost with it; the owner stands for them."""
    with world.session() as session:
        for repo in session.scalars(select(Repo)).all():
            if world.git(repo).path.exists():
                tell_of_pushes(Herald(world, session, world.base_url, repo.owner), repo)
