"""Repositories: what they are, who may do what, forks, branches and tags."""

from __future__ import annotations

import shutil

from fastapi import APIRouter, Response
from sqlalchemy import func, select

from service.github.standin import moves
from service.github.standin.auth import role_of
from service.github.standin.call import Body, Call, CallNow, Json, TransactionRoute, take
from service.github.standin.errors import ApiError, StandInError, forbidden, invalid, not_found
from service.github.standin.git import GitRepo
from service.github.standin.paging import PageNow
from service.github.standin.shapes import commits, people, repos
from service.github.standin.tables import Account, CustomRole, Issue, KnownRef, Repo, Role
from service.github.standin.world import find_repo

from .people import account_named

router = APIRouter(prefix="/repos/{owner}/{name}", route_class=TransactionRoute)


def commit_shape(call: Call, repo: Repo, sha: str) -> Json:
    def find(email: str) -> Account | None:
        return call.session.scalar(select(Account).where(Account.email == email))

    return commits.commit(repo, call.git(repo).commit(sha), call.links, find)


@router.get("")
def get_repo(call: CallNow, owner: str, name: str) -> Json:
    repo = call.repo(owner, name)
    viewer = call.viewer
    role = role_of(call.session, repo, viewer.account) if viewer.account else "read"
    if viewer.installation is not None and viewer.installation.account_id == repo.owner_id:
        role = "write"
    query = select(func.count(Issue.id)).where(Issue.repo_id == repo.id, Issue.state == "open")
    return repos.full_repo(repo, call.links, role=role, open_issues=call.session.scalar(query) or 0)


@router.patch("")
def rename(call: CallNow, owner: str, name: str, body: Body) -> Json:
    """Of all that GitHub lets administrators edit, the name alone."""
    repo = call.repo(owner, name)
    call.demand(repo, "admin")
    wanted = take(body, "name", str, resource="Repository")
    if set(body) - {"name"}:
        raise ApiError(422, "The stand-in changes a repository's name only")
    _move(call, repo, repo.owner, wanted)
    return repos.full_repo(repo, call.links, role="admin", open_issues=0)


@router.post("/transfer", status_code=202)
def transfer(call: CallNow, owner: str, name: str, body: Body) -> Json:
    """Hands a repository over at once; GitHub asks the new owner first."""
    repo = call.repo(owner, name)
    call.demand(repo, "admin")
    to = account_named(call, take(body, "new_owner", str, resource="Repository"))
    _move(call, repo, to, take(body, "new_name", str, resource="Repository", default=repo.name))
    return repos.repo(repo, call.links)


def _move(call: Call, repo: Repo, owner: Account, name: str) -> None:
    former = repo.full_name
    try:
        moves.move(call.world, call.session, repo, owner=owner, name=name)
    except StandInError as error:
        raise invalid("Repository", "name", "custom", error.message) from error
    call.record("repo.moved", repo.full_name, {"from": former})


@router.get("/collaborators")
def list_collaborators(call: CallNow, page: PageNow, owner: str, name: str) -> list[Json]:
    repo = call.repo(owner, name)
    call.demand(repo, "triage")
    rows = call.session.scalars(select(Role).where(Role.repo_id == repo.id).order_by(Role.account_id)).all()
    shapes = []
    for row in page.of(rows):
        account = call.session.get_one(Account, row.account_id)
        shape = people.simple_user(account, call.links)
        shapes.append(shape | {"permissions": repos.permissions(row.role), "role_name": row.role})
    return shapes


@router.get("/collaborators/{login}")
def is_collaborator(call: CallNow, owner: str, name: str, login: str) -> Response:
    repo = call.repo(owner, name)
    call.viewer.user()
    account = account_named(call, login)
    if call.session.get(Role, (repo.id, account.id)) is None:
        raise not_found()
    return Response(status_code=204)


@router.get("/collaborators/{login}/permission")
def get_permission(call: CallNow, owner: str, name: str, login: str) -> Json:
    repo = call.repo(owner, name)
    call.viewer.user()
    account = account_named(call, login)
    custom = call.session.get(CustomRole, (repo.id, account.id))
    role = role_of(call.session, repo, account)
    return repos.permission_of(account, role, call.links, named=custom.name if custom else role)


@router.post("/forks", status_code=202)
def create_fork(call: CallNow, owner: str, name: str, body: Body | None = None) -> Json:
    """Copies a repository to the viewer; a second time, answers with the fork there is."""
    source, me = call.repo(owner, name), call.viewer.user()
    if call.viewer.installation is not None:
        raise forbidden()
    fork_name = str((body or {}).get("name") or source.name)
    fork = find_repo(call.session, me.login, fork_name)
    if fork is None:
        fork = Repo(
            owner=me, name=fork_name, description=source.description, parent=source,
            default_branch=source.default_branch, created_at=call.now, pushed_at=call.now,
        )  # fmt: skip
        path = call.world.git_path(me.login, fork_name)
        call.session.add(fork)
        call.session.flush()
        shutil.rmtree(path, ignore_errors=True)  # what a kill left half done
        copy = GitRepo.create(path, default_branch=source.default_branch)
        copy.run(
            "fetch",
            "--quiet",
            str(call.git(source).path),
            "refs/heads/*:refs/heads/*",
            "refs/tags/*:refs/tags/*",
        )
        for ref, sha in copy.refs().items():
            call.session.add(KnownRef(repo_id=fork.id, name=ref, sha=sha))
        call.record("repo.forked", fork.full_name)
    return repos.full_repo(fork, call.links, role="admin", open_issues=0)


@router.get("/forks")
def list_forks(call: CallNow, page: PageNow, owner: str, name: str) -> list[Json]:
    repo = call.repo(owner, name)
    forks = call.session.scalars(select(Repo).where(Repo.fork_of == repo.id).order_by(Repo.id)).all()
    return [repos.repo(row, call.links) for row in page.of(forks)]


def _heads(call: Call, repo: Repo, kind: str) -> list[tuple[str, str]]:
    prefix = f"refs/{kind}/"
    return [(n.removeprefix(prefix), sha) for n, sha in call.git(repo).refs().items() if n.startswith(prefix)]


@router.get("/branches")
def list_branches(call: CallNow, page: PageNow, owner: str, name: str) -> list[Json]:
    repo = call.repo(owner, name)
    return [repos.short_branch(repo, n, sha, call.links) for n, sha in page.of(_heads(call, repo, "heads"))]


@router.get("/branches/{branch:path}")
def get_branch(call: CallNow, owner: str, name: str, branch: str) -> Json:
    repo = call.repo(owner, name)
    sha = call.git(repo).resolve(f"refs/heads/{branch}")
    if sha is None:
        raise not_found()
    return repos.branch(repo, branch, commit_shape(call, repo, sha), call.links)


@router.get("/tags")
def list_tags(call: CallNow, page: PageNow, owner: str, name: str) -> list[Json]:
    repo = call.repo(owner, name)
    git = call.git(repo)
    tags = [(n, git.resolve(f"refs/tags/{n}") or sha) for n, sha in _heads(call, repo, "tags")]
    return [repos.tag(repo, n, sha, call.links) for n, sha in page.of(tags)]
