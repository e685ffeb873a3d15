"""Files, commits and comparisons."""

from __future__ import annotations

import base64
import binascii

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from service.github.standin import diff
from service.github.standin.call import Body, Call, CallNow, Json, TransactionRoute, take
from service.github.standin.errors import ApiError, invalid, not_found
from service.github.standin.git import GitRepo, Person
from service.github.standin.paging import PageNow
from service.github.standin.pushes import tell_of_pushes
from service.github.standin.shapes import commits
from service.github.standin.tables import Account, CommitStatus, Repo

from .repos import commit_shape

router = APIRouter(prefix="/repos/{owner}/{name}", route_class=TransactionRoute)


def bot_person(account: Account, date: str) -> Person:
    return Person(account.name, account.email, date)


@router.get("/contents", response_model=None)
@router.get("/contents/{path:path}", response_model=None)
def get_contents(
    call: CallNow, owner: str, name: str, path: str = "", ref: str | None = None
) -> Json | list[Json]:
    repo = call.repo(owner, name)
    git = call.git(repo)
    reference = ref or repo.default_branch
    sha = git.resolve(reference)
    if sha is None:
        raise ApiError(404, f"No commit found for the ref {reference}")
    path = path.strip("/")
    entry = git.entry(sha, path) if path else None
    if path and entry is None:
        raise not_found()
    if entry is not None and entry.kind == "blob":
        return commits.content(repo, entry, reference, call.links, git.blob(entry.sha))
    inside = git.tree(sha, path=f"{path}/" if path else "")
    return [commits.content(repo, item, reference, call.links) for item in inside]


@router.get("/readme")
def get_readme(call: CallNow, owner: str, name: str, ref: str | None = None) -> Json:
    found = get_contents(call, owner, name, "README.md", ref)
    if not isinstance(found, dict):
        raise not_found()
    return found


@router.put("/contents/{path:path}")
def put_contents(call: CallNow, owner: str, name: str, path: str, body: Body) -> JSONResponse:
    """Writes one file as one commit on a branch."""
    repo = call.repo(owner, name)
    account = call.demand(repo, "write")
    git = call.git(repo)
    branch = take(body, "branch", str, resource="Commit", default=repo.default_branch)
    tip = git.resolve(f"refs/heads/{branch}")
    if tip is None:
        raise ApiError(404, f"Branch {branch} not found")
    old = git.entry(tip, path)
    if old is not None and body.get("sha") != old.sha:
        raise ApiError(409, f"{path} does not match {body.get('sha')}")
    try:
        content = base64.b64decode(take(body, "content", str, resource="Commit"))
    except binascii.Error as error:
        raise invalid("Commit", "content", "invalid", "content is not valid Base64") from error
    blob = git.run("hash-object", "-w", "--stdin", stdin=content).decode().strip()
    tree = graft(git, f"{tip}^{{tree}}", path, blob)
    message = take(body, "message", str, resource="Commit")
    sha = git.write_commit(tree, [tip], message, bot_person(account, call.now))
    git.set_ref(f"refs/heads/{branch}", sha, tip)
    call.record("contents.written", f"{repo.full_name}:{branch}:{path}", content)
    tell_of_pushes(call.herald(), repo)
    entry = git.entry(sha, path)
    shape = commits.content(repo, entry, branch, call.links) if entry else None
    inner = commits.git_commit(repo, git.commit(sha), call.links)
    return JSONResponse({"content": shape, "commit": inner}, status_code=200 if old else 201)


def graft(git: GitRepo, tree: str, path: str, blob: str) -> str:
    """The tree that has `blob` at `path` and is `tree` everywhere else."""
    name, _, rest = path.partition("/")
    if not name or name in {".", "..", ".git"}:
        raise invalid("Commit", "path", "invalid", "path contains a malformed path component")
    entries = {e.name: (e.mode, e.kind, e.sha) for e in git.tree(tree)} if tree else {}
    if rest:
        below = entries[name][2] if name in entries and entries[name][1] == "tree" else ""
        entries[name] = ("040000", "tree", graft(git, below, rest, blob))
    else:
        entries[name] = ("100644", "blob", blob)
    lines = "".join(f"{mode} {kind} {sha}\t{n}\0" for n, (mode, kind, sha) in entries.items())
    return git.run("mktree", "-z", stdin=lines.encode()).decode().strip()


@router.get("/commits")
def list_commits(
    call: CallNow, page: PageNow, *, owner: str, name: str, sha: str | None = None, path: str | None = None
) -> list[Json]:
    repo = call.repo(owner, name)
    start = call.git(repo).resolve(sha or repo.default_branch)
    if start is None:
        raise not_found()
    found = list(call.git(repo).log(start, limit=10_000, path=path))
    return [commit_shape(call, repo, commit.sha) for commit in page.of(found)]


@router.get("/commits/{ref:path}/status")
def get_combined_status(call: CallNow, owner: str, name: str, ref: str) -> Json:
    repo = call.repo(owner, name)
    sha = call.commit(repo, ref)
    return commits.combined_status(repo, sha, statuses_of(call, repo, sha), call.links)


@router.get("/statuses/{ref:path}")  # undescribed and alive on GitHub; PyGithub asks here
@router.get("/commits/{ref:path}/statuses")
def list_statuses(call: CallNow, page: PageNow, owner: str, name: str, ref: str) -> list[Json]:
    repo = call.repo(owner, name)
    rows = list(reversed(statuses_of(call, repo, call.commit(repo, ref))))
    return [commits.status(row, call.links) for row in page.of(rows)]


def statuses_of(call: Call, repo: Repo, sha: str) -> list[CommitStatus]:
    query = call.session.query(CommitStatus).filter_by(repo_id=repo.id, sha=sha)
    return list(query.order_by(CommitStatus.id))


@router.post("/statuses/{sha}", status_code=201)
def create_status(call: CallNow, owner: str, name: str, sha: str, body: Body) -> Json:
    repo = call.repo(owner, name)
    account = call.demand(repo, "write")
    state = take(body, "state", str, resource="Status")
    if state not in {"error", "failure", "pending", "success"}:
        raise invalid("Status", "state", "invalid")
    row = CommitStatus(
        repo=repo, sha=call.commit(repo, sha), state=state, creator=account, created_at=call.now,
        context=take(body, "context", str, resource="Status", default="default"),
        description=take(body, "description", str, resource="Status", default=None),
        target_url=take(body, "target_url", str, resource="Status", default=None),
    )  # fmt: skip
    call.session.add(row)
    call.session.flush()
    call.record("status.created", f"{repo.full_name}@{row.sha}", body)
    return commits.status(row, call.links)


@router.get("/commits/{ref:path}")
def get_commit(call: CallNow, owner: str, name: str, ref: str) -> Json:
    repo = call.repo(owner, name)
    git = call.git(repo)
    sha = call.commit(repo, ref)
    shape = commit_shape(call, repo, sha)
    parents = git.commit(sha).parents
    files = diff.changes(git, parents[0] if parents else diff.EMPTY_TREE, sha)
    added, removed = sum(f.additions for f in files), sum(f.deletions for f in files)
    return shape | {
        "stats": {"additions": added, "deletions": removed, "total": added + removed},
        "files": [commits.file_change(repo, file, sha, call.links) for file in files],
    }


@router.get("/compare/{basehead:path}", response_model=None)
def compare(call: CallNow, owner: str, name: str, basehead: str) -> Json | Response:
    repo = call.repo(owner, name)
    git = call.git(repo)
    first, dots, second = basehead.partition("...")
    base, head = git.resolve(first), git.resolve(second.removeprefix(f"{owner}:"))
    if not dots or base is None or head is None:
        raise not_found()
    fork = git.merge_base(base, head)
    if fork is None:
        raise ApiError(404, f"No common ancestor between {first} and {second}.")
    ahead, behind = git.ahead_behind(base, head)
    page = call.links.page(owner, name, "compare", basehead)
    words = {
        (True, True): "diverged",
        (True, False): "ahead",
        (False, True): "behind",
        (False, False): "identical",
    }
    listed = reversed(list(git.log(f"{base}..{head}")))
    return {
        "url": f"{call.links.repo(repo.full_name)}/compare/{basehead}",
        "html_url": page,
        "permalink_url": call.links.page(owner, name, "compare", f"{owner}:{base[:7]}...{owner}:{head[:7]}"),
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "base_commit": commit_shape(call, repo, base),
        "merge_base_commit": commit_shape(call, repo, fork),
        "status": words[ahead > 0, behind > 0],
        "ahead_by": ahead,
        "behind_by": behind,
        "total_commits": ahead,
        "commits": [commit_shape(call, repo, commit.sha) for commit in listed],
        "files": [commits.file_change(repo, f, head, call.links) for f in diff.changes(git, fork, head)],
    }
