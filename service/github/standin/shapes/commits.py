"""Commits, comparisons, changed files, trees, blobs, refs and commit statuses."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote

from service.github.standin.diff import FileChange
from service.github.standin.git import CommitData, GitRepo, Person, TreeEntry
from service.github.standin.links import Links
from service.github.standin.tables import Account, CommitStatus, Repo
from service.github.standin.world import stamp

from .people import node_id, simple_user
from .repos import repo as repo_shape

Json = dict[str, Any]
FindAccount = Callable[[str], Account | None]
UNSIGNED = {"verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None}


def person(who: Person) -> Json:
    return {"name": who.name, "email": who.email, "date": stamp(datetime.fromisoformat(who.date))}


def git_commit(repo: Repo, commit: CommitData, links: Links) -> Json:
    """A commit as `/git/commits/` shows it: the Git object, without what GitHub knows about it."""
    url = f"{links.repo(repo.full_name)}/git"
    page = links.page(repo.owner.login, repo.name, "commit")
    return {
        "sha": commit.sha,
        "node_id": node_id("Commit", commit.sha),
        "url": f"{url}/commits/{commit.sha}",
        "html_url": f"{page}/{commit.sha}",
        "author": person(commit.author),
        "committer": person(commit.committer),
        "message": commit.message,
        "tree": {"sha": commit.tree, "url": f"{url}/trees/{commit.tree}"},
        "parents": [
            {"sha": sha, "url": f"{url}/commits/{sha}", "html_url": f"{page}/{sha}"} for sha in commit.parents
        ],
        "verification": UNSIGNED,
    }


def commit(repo: Repo, data: CommitData, links: Links, find: FindAccount) -> Json:
    """A commit as `/commits/` shows it, its people matched by e-mail address."""
    url = f"{links.repo(repo.full_name)}/commits/{data.sha}"
    inner = git_commit(repo, data, links)
    author, committer = find(data.author.email), find(data.committer.email)
    parents = [
        {"sha": p["sha"], "url": p["url"].replace("/git/", "/"), "html_url": p["html_url"]}
        for p in inner["parents"]
    ]
    return {
        "sha": data.sha,
        "node_id": inner["node_id"],
        "url": url,
        "html_url": inner["html_url"],
        "comments_url": f"{url}/comments",
        "commit": {
            "url": inner["url"],
            "author": inner["author"],
            "committer": inner["committer"],
            "message": data.message,
            "comment_count": 0,
            "tree": inner["tree"],
            "verification": UNSIGNED,
        },
        "author": simple_user(author, links) if author else None,
        "committer": simple_user(committer, links) if committer else None,
        "parents": parents,
    }


def file_change(repo: Repo, change: FileChange, sha: str, links: Links) -> Json:
    page = links.page(repo.owner.login, repo.name)
    path = quote(change.path)
    shape: Json = {
        "sha": change.sha,
        "filename": change.path,
        "status": change.status,
        "additions": change.additions,
        "deletions": change.deletions,
        "changes": change.additions + change.deletions,
        "blob_url": f"{page}/blob/{sha}/{path}",
        "raw_url": f"{page}/raw/{sha}/{path}",
        "contents_url": f"{links.repo(repo.full_name)}/contents/{path}?ref={sha}",
    }
    if change.patch is not None:
        shape["patch"] = change.patch
    if change.previous is not None:
        shape["previous_filename"] = change.previous
    return shape


def tree(repo: Repo, sha: str, entries: list[TreeEntry], links: Links) -> Json:
    url = f"{links.repo(repo.full_name)}/git"
    items = []
    for entry in entries:
        item: Json = {"path": entry.path, "mode": entry.mode, "type": entry.kind, "sha": entry.sha}
        if entry.kind != "commit":
            item["url"] = f"{url}/{entry.kind}s/{entry.sha}"
        if entry.size is not None:
            item["size"] = entry.size
        items.append(item)
    return {"sha": sha, "url": f"{url}/trees/{sha}", "tree": items, "truncated": False}


def blob(repo: Repo, sha: str, content: bytes, links: Links) -> Json:
    return {
        "sha": sha,
        "node_id": node_id("Blob", sha),
        "size": len(content),
        "url": f"{links.repo(repo.full_name)}/git/blobs/{sha}",
        "content": base64.encodebytes(content).decode(),
        "encoding": "base64",
    }


def ref(repo: Repo, git: GitRepo, name: str, sha: str, links: Links) -> Json:
    url = f"{links.repo(repo.full_name)}/git"
    kind = git.object_type(sha) or "commit"
    return {
        "ref": name,
        "node_id": node_id("Ref", f"{repo.id}:{name}"),
        "url": f"{url}/{name}",
        "object": {"sha": sha, "type": kind, "url": f"{url}/{kind}s/{sha}"},
    }


def content(repo: Repo, entry: TreeEntry, reference: str, links: Links, data: bytes | None = None) -> Json:
    """A file or folder as `/contents/` shows it; with `data`, the file's bytes in base64."""
    path = quote(entry.path)
    kind = {"blob": "file", "tree": "dir", "commit": "submodule"}[entry.kind]
    kind = "symlink" if entry.mode == "120000" else kind
    page = links.page(repo.owner.login, repo.name)
    own = f"{links.repo(repo.full_name)}/contents/{path}?ref={reference}"
    git_url = f"{links.repo(repo.full_name)}/git/{'trees' if kind == 'dir' else 'blobs'}/{entry.sha}"
    html = f"{page}/{'tree' if kind == 'dir' else 'blob'}/{reference}/{path}"
    shape: Json = {
        "type": kind,
        "size": entry.size or 0,
        "name": entry.name,
        "path": entry.path,
        "sha": entry.sha,
        "url": own,
        "git_url": git_url,
        "html_url": html,
        "download_url": None if kind == "dir" else f"{page}/raw/{reference}/{path}",
        "_links": {"self": own, "git": git_url, "html": html},
    }
    if data is not None:
        shape |= {"content": base64.encodebytes(data).decode(), "encoding": "base64"}
    return shape


def status(row: CommitStatus, links: Links) -> Json:
    return {
        "url": f"{links.repo(row.repo.full_name)}/statuses/{row.sha}",
        "avatar_url": simple_user(row.creator, links)["avatar_url"],
        "id": row.id,
        "node_id": node_id("StatusContext", row.id),
        "state": row.state,
        "description": row.description,
        "target_url": row.target_url,
        "context": row.context,
        "created_at": row.created_at,
        "updated_at": row.created_at,
        "creator": simple_user(row.creator, links),
    }


def combined_status(repo: Repo, sha: str, rows: list[CommitStatus], links: Links) -> Json:
    """The latest status of each context, and what they come to together."""
    latest = list({row.context: row for row in rows}.values())
    states = {row.state for row in latest}
    together = "failure" if states & {"failure", "error"} else "pending" if "pending" in states else "success"
    url = f"{links.repo(repo.full_name)}/commits/{sha}"
    return {
        "state": together if latest else "pending",
        "statuses": [{k: v for k, v in status(row, links).items() if k != "creator"} for row in latest],
        "sha": sha,
        "total_count": len(latest),
        "repository": repo_shape(repo, links),
        "commit_url": url,
        "url": f"{url}/status",
    }
