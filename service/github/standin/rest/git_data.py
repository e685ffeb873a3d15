"""Git's own objects: trees, blobs, commits, refs and annotated tags."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime

from fastapi import APIRouter, Response

from service.github.standin.call import Body, Call, CallNow, Json, TransactionRoute, take
from service.github.standin.errors import ApiError, GitError, invalid, not_found
from service.github.standin.git import ZERO, GitRepo, Person
from service.github.standin.paging import PageNow
from service.github.standin.pushes import tell_of_pushes
from service.github.standin.shapes import commits
from service.github.standin.shapes.people import node_id
from service.github.standin.tables import Repo
from service.github.standin.world import stamp

router = APIRouter(prefix="/repos/{owner}/{name}/git", route_class=TransactionRoute)


def _object(git: GitRepo, name: str, kind: str) -> str:
    sha = git.resolve(name, kind)
    if sha is None:
        raise not_found()
    return sha


@router.get("/trees/{sha:path}")
def get_tree(call: CallNow, owner: str, name: str, sha: str, recursive: str | None = None) -> Json:
    repo = call.repo(owner, name)
    git = call.git(repo)
    tree = _object(git, sha, "tree")
    return commits.tree(repo, tree, git.tree(tree, recursive=recursive is not None), call.links)


@router.post("/trees", status_code=201)
def create_tree(call: CallNow, owner: str, name: str, body: Body) -> Json:
    """A tree from entries with `content` or `sha`; entries whose `sha` is null are removed."""
    repo = call.repo(owner, name)
    call.demand(repo, "write")
    git = call.git(repo)
    index = call.world.home / f"index-{repo.id}"
    environment = {"GIT_INDEX_FILE": str(index)}
    index.unlink(missing_ok=True)
    try:
        if base := take(body, "base_tree", str, resource="Tree", default=None):
            git.run("read-tree", _object(git, base, "tree"), environment=environment)
        lines = "".join(_index_line(git, item) for item in take(body, "tree", list, resource="Tree"))
        git.run("update-index", "-z", "--index-info", stdin=lines.encode(), environment=environment)
        sha = git.run("write-tree", environment=environment).decode().strip()
    except GitError as error:
        raise ApiError(422, f"Tree could not be written: {error}") from error
    finally:
        index.unlink(missing_ok=True)
    call.record("tree.created", f"{repo.full_name}@{sha}", body)
    return commits.tree(repo, sha, git.tree(sha), call.links)


def _index_line(git: GitRepo, item: Json) -> str:
    path = take(item, "path", str, resource="Tree")
    if "\0" in path or ("sha" in item and item["sha"] is None):
        return f"0 {ZERO}\t{path}\0"
    sha = item.get("sha")
    if sha is None:
        content = take(item, "content", str, resource="Tree")
        sha = git.run("hash-object", "-w", "--stdin", stdin=content.encode()).decode().strip()
    return f"{take(item, 'mode', str, resource='Tree')} {sha}\t{path}\0"


@router.get("/blobs/{sha}")
def get_blob(call: CallNow, owner: str, name: str, sha: str) -> Json:
    repo = call.repo(owner, name)
    git = call.git(repo)
    found = _object(git, sha, "blob")
    return commits.blob(repo, found, git.blob(found), call.links)


@router.post("/blobs", status_code=201)
def create_blob(call: CallNow, owner: str, name: str, body: Body) -> Json:
    repo = call.repo(owner, name)
    call.demand(repo, "write")
    content = take(body, "content", str, resource="Blob")
    try:
        data = base64.b64decode(content) if body.get("encoding") == "base64" else content.encode()
    except binascii.Error as error:
        raise invalid("Blob", "content", "invalid") from error
    sha = call.git(repo).run("hash-object", "-w", "--stdin", stdin=data).decode().strip()
    call.record("blob.created", f"{repo.full_name}@{sha}", data)
    return {"sha": sha, "url": f"{call.links.repo(repo.full_name)}/git/blobs/{sha}"}


@router.get("/commits/{sha}")
def get_commit(call: CallNow, owner: str, name: str, sha: str) -> Json:
    repo = call.repo(owner, name)
    git = call.git(repo)
    return commits.git_commit(repo, git.commit(_object(git, sha, "commit")), call.links)


@router.post("/commits", status_code=201)
def create_commit(call: CallNow, owner: str, name: str, body: Body) -> Json:
    repo = call.repo(owner, name)
    account = call.demand(repo, "write")
    git = call.git(repo)
    tree = _object(git, take(body, "tree", str, resource="Commit"), "tree")
    parents = [
        _object(git, sha, "commit") for sha in take(body, "parents", list, resource="Commit", default=[])
    ]
    who = take(body, "author", dict, resource="Commit", default={})
    author = Person(who.get("name", account.name), who.get("email", account.email), who.get("date", call.now))
    sha = git.write_commit(tree, parents, take(body, "message", str, resource="Commit"), author)
    call.record("commit.created", f"{repo.full_name}@{sha}", body)
    return commits.git_commit(repo, git.commit(sha), call.links)


@router.get("/ref/{ref:path}")
def get_ref(call: CallNow, owner: str, name: str, ref: str) -> Json:
    repo = call.repo(owner, name)
    git = call.git(repo)
    full = f"refs/{ref}"
    sha = git.resolve(full, "object") if ref.startswith("pull/") else git.refs().get(full)
    if sha is None:
        raise not_found()
    return commits.ref(repo, git, full, sha, call.links)


@router.get("/refs")
@router.get("/matching-refs/{ref:path}")
def list_refs(call: CallNow, page: PageNow, owner: str, name: str, ref: str = "") -> list[Json]:
    repo = call.repo(owner, name)
    git = call.git(repo)
    found = [(n, sha) for n, sha in git.refs().items() if n.startswith(f"refs/{ref}")]
    return [commits.ref(repo, git, n, sha, call.links) for n, sha in page.of(found)]


def _moved(call: Call, repo: Repo, full: str, sha: str, old: str | None) -> Json:
    git = call.git(repo)
    try:
        git.set_ref(full, sha, old)
    except GitError as error:
        raise ApiError(422, "Reference cannot be updated") from error
    tell_of_pushes(call.herald(), repo)
    return commits.ref(repo, git, full, sha, call.links)


@router.post("/refs", status_code=201)
def create_ref(call: CallNow, owner: str, name: str, body: Body) -> Json:
    repo = call.repo(owner, name)
    call.demand(repo, "write")
    git = call.git(repo)
    full = take(body, "ref", str, resource="Reference")
    sha = take(body, "sha", str, resource="Reference")
    if full.count("/") < 2 or not full.startswith("refs/") or full.startswith("refs/pull/"):  # noqa: PLR2004
        raise ApiError(422, "Reference name must start with 'refs/' and contain at least two slashes.")
    if git.attempt("check-ref-format", full)[0] != 0:
        raise ApiError(422, f"{full} is not a valid ref name.")
    if full in git.refs():
        raise ApiError(422, "Reference already exists")
    if git.resolve(sha, "object") is None:
        raise ApiError(422, "Object does not exist")
    return _moved(call, repo, full, sha, ZERO)


@router.patch("/refs/{ref:path}")
def update_ref(call: CallNow, owner: str, name: str, ref: str, body: Body) -> Json:
    repo = call.repo(owner, name)
    call.demand(repo, "write")
    git = call.git(repo)
    full = f"refs/{ref}"
    old = git.refs().get(full)
    sha = git.resolve(take(body, "sha", str, resource="Reference"))
    if old is None or sha is None:
        raise ApiError(422, "Reference does not exist")
    if not body.get("force") and git.merge_base(old, sha) != old:
        raise ApiError(422, "Update is not a fast forward")
    return _moved(call, repo, full, sha, old)


@router.delete("/refs/{ref:path}")
def delete_ref(call: CallNow, owner: str, name: str, ref: str) -> Response:
    repo = call.repo(owner, name)
    call.demand(repo, "write")
    git = call.git(repo)
    full = f"refs/{ref}"
    if full not in git.refs():
        raise ApiError(422, "Reference does not exist")
    git.delete_ref(full)
    tell_of_pushes(call.herald(), repo)
    return Response(status_code=204)


@router.post("/tags", status_code=201)
def create_tag(call: CallNow, owner: str, name: str, body: Body) -> Json:
    """An annotated tag object; GitHub leaves its ref to the client."""
    repo = call.repo(owner, name)
    account = call.demand(repo, "write")
    git = call.git(repo)
    who = take(body, "tagger", dict, resource="Tag", default={})
    target = _object(git, take(body, "object", str, resource="Tag"), "object")
    tag, message = take(body, "tag", str, resource="Tag"), take(body, "message", str, resource="Tag")
    seconds = int(call.world.clock().timestamp())
    tagger = f"{who.get('name', account.name)} <{who.get('email', account.email)}> {seconds} +0000"
    text = f"object {target}\ntype {git.object_type(target)}\ntag {tag}\ntagger {tagger}\n\n{message}\n"
    try:
        sha = git.run("mktag", stdin=text.encode()).decode().strip()
    except GitError as error:
        raise ApiError(422, f"Tag could not be written: {error}") from error
    call.record("tag.created", f"{repo.full_name}:{tag}", body)
    return _tag(call, repo, sha)


@router.get("/tags/{sha}")
def get_tag(call: CallNow, owner: str, name: str, sha: str) -> Json:
    repo = call.repo(owner, name)
    return _tag(call, repo, _object(call.git(repo), sha, "tag"))


def _tag(call: Call, repo: Repo, sha: str) -> Json:
    git = call.git(repo)
    head, _, message = git.run("cat-file", "tag", sha).decode().partition("\n\n")
    facts = dict(line.split(" ", 1) for line in head.splitlines())
    who, _, rest = facts["tagger"].partition(" <")
    email, _, moment = rest.partition("> ")
    url = f"{call.links.repo(repo.full_name)}/git"
    return {
        "node_id": node_id("Tag", sha),
        "tag": facts["tag"],
        "sha": sha,
        "url": f"{url}/tags/{sha}",
        "message": message.rstrip("\n"),
        "tagger": {
            "name": who,
            "email": email,
            "date": stamp(datetime.fromtimestamp(int(moment.split()[0]), UTC)),
        },
        "object": {
            "sha": facts["object"],
            "type": facts["type"],
            "url": f"{url}/{facts['type']}s/{facts['object']}",
        },
        "verification": commits.UNSIGNED,
    }
