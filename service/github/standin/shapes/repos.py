"""Repositories, their branches and tags, and what a collaborator may do."""

from __future__ import annotations

from typing import Any

from service.github.standin.auth import ROLES
from service.github.standin.links import Links
from service.github.standin.tables import Account, Repo

from .people import node_id, simple_user

Json = dict[str, Any]
_URLS = {
    "archive_url": "/{archive_format}{/ref}", "assignees_url": "/assignees{/user}", "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}", "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}", "commits_url": "/commits{/sha}", "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}", "contributors_url": "/contributors", "deployments_url": "/deployments",
    "downloads_url": "/downloads", "events_url": "/events", "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}", "git_refs_url": "/git/refs{/sha}", "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks", "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}", "issues_url": "/issues{/number}", "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}", "languages_url": "/languages", "merges_url": "/merges",
    "milestones_url": "/milestones{/number}", "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}", "releases_url": "/releases{/id}", "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}", "subscribers_url": "/subscribers", "subscription_url": "/subscription",
    "tags_url": "/tags", "teams_url": "/teams", "trees_url": "/git/trees{/sha}",
}  # fmt: skip
_ZEROES = (
    "forks_count", "stargazers_count", "watchers_count", "size", "open_issues_count", "forks", "open_issues",
    "watchers", "subscribers_count", "network_count", "stargazers",
)  # fmt: skip
_SETTINGS = {
    "private": False, "visibility": "public", "is_template": False, "topics": [], "has_issues": True,
    "has_projects": False, "has_wiki": False, "has_pages": False, "has_discussions": False,
    "has_downloads": True, "archived": False, "disabled": False, "allow_rebase_merge": False,
    "allow_squash_merge": True, "allow_merge_commit": True, "allow_auto_merge": False,
    "delete_branch_on_merge": False, "allow_update_branch": False, "allow_forking": True,
    "web_commit_signoff_required": False, "mirror_url": None, "homepage": None, "language": None, "license": None,
    "custom_properties": {},
}  # fmt: skip


def repo(row: Repo, links: Links, *, role: str = "read", open_issues: int = 0) -> Json:
    """A repository as every part of GitHub's API shows it, with the viewer's permissions."""
    url = links.repo(row.full_name)
    page = links.page(row.owner.login, row.name)
    shape: Json = {
        "id": row.id,
        "node_id": node_id("Repository", row.id),
        "name": row.name,
        "full_name": row.full_name,
        "owner": simple_user(row.owner, links),
        "html_url": page,
        "description": row.description,
        "fork": row.fork_of is not None,
        "url": url,
        "git_url": page.replace("http", "git", 1) + ".git",
        "ssh_url": f"git@localhost:{row.full_name}.git",
        "clone_url": f"{page}.git",
        "svn_url": page,
        "default_branch": row.default_branch,
        "master_branch": row.default_branch,
        "created_at": row.created_at,
        "updated_at": row.pushed_at,
        "pushed_at": row.pushed_at,
        "permissions": permissions(role),
    }
    shape |= {name: url + tail for name, tail in _URLS.items()} | _SETTINGS | dict.fromkeys(_ZEROES, 0)
    shape |= {"open_issues_count": open_issues, "open_issues": open_issues}
    return shape


def full_repo(row: Repo, links: Links, *, role: str, open_issues: int) -> Json:
    shape = repo(row, links, role=role, open_issues=open_issues)
    if row.parent is not None:
        shape |= {"parent": repo(row.parent, links), "source": repo(row.parent, links)}
    if row.owner.kind == "Organization":
        shape["organization"] = simple_user(row.owner, links)
    return shape


def permissions(role: str) -> Json:
    rank = ROLES.index(role)
    wanted = {"admin": "admin", "maintain": "maintain", "push": "write", "triage": "triage", "pull": "read"}
    return {name: rank >= ROLES.index(at_least) for name, at_least in wanted.items()}


def permission_of(account: Account, role: str, links: Links, *, named: str) -> Json:
    """GitHub's older `permission` knows four words, `role_name` all of them, and the organisation's own names."""
    older = {"triage": "read", "maintain": "write"}.get(role, role)
    user = simple_user(account, links) | {
        "email": account.email,
        "name": account.name,
        "permissions": permissions(role),
        "role_name": named,
    }
    return {"permission": older, "role_name": named, "user": user}


def short_branch(row: Repo, name: str, sha: str, links: Links) -> Json:
    url = f"{links.repo(row.full_name)}/commits/{sha}"
    return {
        "name": name,
        "commit": {"sha": sha, "url": url},
        "protected": False,
        "protection": {"enabled": False, "required_status_checks": {
            "enforcement_level": "off", "contexts": [], "checks": []}},
        "protection_url": f"{links.repo(row.full_name)}/branches/{name}/protection",
    }  # fmt: skip


def branch(row: Repo, name: str, commit: Json, links: Links) -> Json:
    own = f"{links.repo(row.full_name)}/branches/{name}"
    page = links.page(row.owner.login, row.name, "tree", name)
    return short_branch(row, name, commit["sha"], links) | {
        "commit": commit,
        "_links": {"self": own, "html": page},
    }


def tag(row: Repo, name: str, sha: str, links: Links) -> Json:
    url = links.repo(row.full_name)
    return {
        "name": name,
        "commit": {"sha": sha, "url": f"{url}/commits/{sha}"},
        "zipball_url": f"{url}/zipball/refs/tags/{name}",
        "tarball_url": f"{url}/tarball/refs/tags/{name}",
        "node_id": node_id("Ref", f"{row.id}:refs/tags/{name}"),
    }
