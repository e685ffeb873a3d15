"""Pull requests: opening, reading, closing, and merging with Git."""

from __future__ import annotations

from fastapi import APIRouter, Response
from sqlalchemy import select

from service.github.standin import auth, diff
from service.github.standin.call import Body, Call, CallNow, Json, TransactionRoute, take
from service.github.standin.errors import ApiError, GitError, forbidden, invalid, not_found
from service.github.standin.git import Person
from service.github.standin.paging import PageNow
from service.github.standin.pushes import keep_head, mark_merged, tell_of_pushes
from service.github.standin.shapes import commits
from service.github.standin.shapes import pulls as shapes
from service.github.standin.tables import Issue, Pull, Repo
from service.github.standin.world import find_account

from .issues import edit, next_number, text_of
from .repos import commit_shape

router = APIRouter(prefix="/repos/{owner}/{name}/pulls", route_class=TransactionRoute)


@router.get("")
def list_pulls(
    call: CallNow, page: PageNow, *, owner: str, name: str,
    state: str = "open", head: str | None = None, base: str | None = None,
    sort: str = "created", direction: str | None = None,
) -> list[Json]:  # fmt: skip
    repo = call.repo(owner, name)
    query = select(Pull).join(Issue, Issue.id == Pull.issue_id).where(Issue.repo_id == repo.id)
    if state != "all":
        query = query.where(Issue.state == state)
    if base is not None:
        query = query.where(Pull.base_ref == base)
    order = Issue.updated_at if sort == "updated" else Issue.number
    rising = direction == "asc" or (direction is None and sort not in {"created", "updated"})
    rows = call.session.scalars(query.order_by(order.asc() if rising else order.desc())).all()
    if head is not None:
        rows = [row for row in rows if f"{row.head_repo.owner.login}:{row.head_ref}" == head]
    return [shapes.simple_pull(call.session, row, call.links) for row in page.of(rows)]


@router.post("", status_code=201)
def create_pull(call: CallNow, owner: str, name: str, body: Body) -> Json:
    repo, author = call.repo(owner, name), call.viewer.user()
    title = take(body, "title", str, resource="PullRequest")
    head_repo, branch = _head(call, repo, take(body, "head", str, resource="PullRequest"), body)
    if not (call.may(repo, "write") or call.may(head_repo, "write")):
        raise forbidden()
    base = take(body, "base", str, resource="PullRequest")
    head_sha = call.git(head_repo).resolve(f"refs/heads/{branch}")
    base_sha = call.git(repo).resolve(f"refs/heads/{base}")
    if head_sha is None or base_sha is None:
        raise invalid("PullRequest", "head" if head_sha is None else "base", "invalid")
    _refuse_second(call, repo, head_repo, branch, base)
    issue = Issue(
        repo=repo, number=next_number(call, repo), title=title, body=text_of(body, "PullRequest", None),
        author=author, state="open", created_at=call.now, updated_at=call.now,
    )  # fmt: skip
    row = Pull(
        issue=issue, head_repo=head_repo, head_ref=branch, head_sha=head_sha,
        base_ref=base, base_sha=base_sha, draft=bool(body.get("draft", False)),
    )  # fmt: skip
    call.session.add(row)
    call.session.flush()
    keep_head(call.world, row, head_sha)
    git = call.git(repo)
    if git.merge_base(base_sha, head_sha) == head_sha:
        git.delete_ref(f"refs/pull/{issue.number}/head")
        raise invalid("PullRequest", "head", "custom", f"No commits between {base} and {branch}")
    call.record("pull.created", f"{repo.full_name}#{issue.number}", body)
    call.herald().pull_request(row, "opened")
    return shapes.pull(call.session, git, row, call.links)


def _head(call: Call, repo: Repo, label: str, body: Json) -> tuple[Repo, str]:
    """The repository and branch that `branch` or `owner:branch` (perhaps with `head_repo`) names."""
    login, colon, branch = label.rpartition(":")
    if not colon:
        return repo, label
    account = find_account(call.session, login)
    if account is None:
        raise invalid("PullRequest", "head", "invalid")
    if account.id == repo.owner_id:
        return repo, branch
    query = select(Repo).where(Repo.owner_id == account.id, Repo.fork_of == repo.id)
    if wanted := body.get("head_repo"):
        query = query.where(Repo.name == str(wanted).rpartition("/")[2])
    fork = call.session.scalar(query)
    if fork is None:
        raise invalid("PullRequest", "head", "invalid")
    return fork, branch


def _refuse_second(call: Call, repo: Repo, head_repo: Repo, branch: str, base: str) -> None:
    query = select(Pull).join(Issue, Issue.id == Pull.issue_id).where(
        Issue.repo_id == repo.id, Issue.state == "open",
        Pull.head_repo_id == head_repo.id, Pull.head_ref == branch, Pull.base_ref == base,
    )  # fmt: skip
    if call.session.scalar(query) is not None:
        label = f"{head_repo.owner.login}:{branch}"
        raise invalid("PullRequest", "head", "custom", f"A pull request already exists for {label}.")


@router.get("/{number}")
def get_pull(call: CallNow, owner: str, name: str, number: int) -> Json:
    repo = call.repo(owner, name)
    return shapes.pull(call.session, call.git(repo), call.pull(repo, number), call.links)


@router.patch("/{number}")
def edit_pull(call: CallNow, owner: str, name: str, number: int, body: Body) -> Json:
    repo = call.repo(owner, name)
    row = call.pull(repo, number)
    edit(call, row.issue, body)
    return shapes.pull(call.session, call.git(repo), row, call.links)


@router.get("/{number}/files")
def list_files(call: CallNow, page: PageNow, owner: str, name: str, number: int) -> list[Json]:
    repo = call.repo(owner, name)
    row, git = call.pull(repo, number), call.git(repo)
    files = diff.changes(git, shapes.diff_base(git, row), row.head_sha)
    return [commits.file_change(repo, file, row.head_sha, call.links) for file in page.of(files)]


@router.get("/{number}/commits")
def list_commits(call: CallNow, page: PageNow, owner: str, name: str, number: int) -> list[Json]:
    repo = call.repo(owner, name)
    row = call.pull(repo, number)
    found = list(call.git(repo).log(f"{row.base_sha}..{row.head_sha}"))
    return [commit_shape(call, repo, commit.sha) for commit in page.of(found[::-1])]


@router.get("/{number}/merge")
def is_merged(call: CallNow, owner: str, name: str, number: int) -> Response:
    if call.pull(call.repo(owner, name), number).merged_at is None:
        raise not_found()
    return Response(status_code=204)


@router.put("/{number}/merge")
def merge(call: CallNow, owner: str, name: str, number: int, body: Body | None = None) -> Json:
    """Merges with a merge commit, or squashes into one; the branch moves only if nobody moved it meanwhile."""
    body = body or {}
    repo = call.repo(owner, name)
    account = auth.demand(call.session, call.viewer, repo, "write")
    row, git = call.pull(repo, number), call.git(repo)
    method = take(body, "merge_method", str, resource="PullRequest", default="merge")
    tip = git.resolve(f"refs/heads/{row.base_ref}")
    if row.issue.state != "open" or tip is None:
        raise ApiError(405, "Pull Request is not mergeable")
    if method not in {"merge", "squash"}:
        raise ApiError(405, f"{method.capitalize()} merges are not allowed on this repository.")
    if body.get("sha", row.head_sha) != row.head_sha:
        raise ApiError(409, "Head branch was modified. Review and try the merge again.")
    tree = git.merge_tree(tip, row.head_sha)
    if tree is None:
        raise ApiError(405, "Pull Request has merge conflicts")
    parents = [tip, row.head_sha] if method == "merge" else [tip]
    sha = git.write_commit(
        tree, parents, _message(row, body, method), Person(account.name, account.email, call.now)
    )
    try:
        git.set_ref(f"refs/heads/{row.base_ref}", sha, tip)
    except GitError as error:
        raise ApiError(409, "Base branch was modified. Review and try the merge again.") from error
    call.record("pull.merged", f"{repo.full_name}#{number}", {"sha": sha})
    herald = call.herald()
    mark_merged(herald, row, sha)
    tell_of_pushes(herald, repo, merging=row)
    return {"sha": sha, "merged": True, "message": "Pull Request successfully merged"}


def _message(row: Pull, body: Json, method: str) -> str:
    title, number = row.issue.title, row.issue.number
    source = f"{row.head_repo.owner.login}/{row.head_ref}"
    default = f"Merge pull request #{number} from {source}" if method == "merge" else f"{title} (#{number})"
    heading = take(body, "commit_title", str, resource="PullRequest", default=default)
    text = take(
        body, "commit_message", str, resource="PullRequest", default=title if method == "merge" else ""
    )
    return f"{heading}\n\n{text}".rstrip() + "\n"
