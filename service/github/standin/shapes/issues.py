"""Issues, their comments, labels and reactions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.github.standin.auth import association
from service.github.standin.links import Links
from service.github.standin.tables import Comment, Issue, Label, Reaction, Repo

from .people import integration, node_id, simple_user

Json = dict[str, Any]
REACTIONS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")


def label(row: Label, repo: Repo, links: Links) -> Json:
    return {
        "id": row.id,
        "node_id": node_id("Label", row.id),
        "url": f"{links.repo(repo.full_name)}/labels/{row.name}",
        "name": row.name,
        "color": row.color,
        "default": False,
        "description": row.description,
        "archived_at": None,
        "archived_by": None,
    }


def reaction(row: Reaction, links: Links) -> Json:
    return {
        "id": row.id,
        "node_id": node_id("Reaction", row.id),
        "user": simple_user(row.account, links),
        "content": row.content,
        "created_at": row.created_at,
    }


def rollup(rows: list[Reaction], url: str) -> Json:
    counts: Json = dict.fromkeys(REACTIONS, 0)
    for row in rows:
        counts[row.content] += 1
    return {"url": f"{url}/reactions", "total_count": len(rows)} | counts


def issue_page(issue: Issue, links: Links) -> str:
    kind = "pull" if issue.pull is not None else "issues"
    return links.page(issue.repo.owner.login, issue.repo.name, kind, issue.number)


def comment_count(session: Session, issue: Issue) -> int:
    return session.scalar(select(func.count(Comment.id)).where(Comment.issue_id == issue.id)) or 0


def issue(session: Session, row: Issue, links: Links) -> Json:
    url = f"{links.repo(row.repo.full_name)}/issues/{row.number}"
    page = issue_page(row, links)
    own = session.scalars(
        select(Reaction).where(Reaction.issue_id == row.id, Reaction.comment_id.is_(None))
    ).all()
    shape: Json = {
        "url": url,
        "repository_url": links.repo(row.repo.full_name),
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "timeline_url": f"{url}/timeline",
        "html_url": page,
        "id": row.id,
        "node_id": node_id("Issue", row.id),
        "number": row.number,
        "title": row.title,
        "user": simple_user(row.author, links),
        "labels": [label(item, row.repo, links) for item in row.labels],
        "state": row.state,
        "state_reason": row.state_reason,
        "locked": False,
        "active_lock_reason": None,
        "assignee": None,
        "assignees": [],
        "milestone": None,
        "comments": comment_count(session, row),
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "closed_at": row.closed_at,
        "author_association": association(session, row.repo, row.author),
        "body": row.body,
        "closed_by": simple_user(row.closed_by, links) if row.closed_by else None,
        "reactions": rollup(list(own), url),
        "performed_via_github_app": None,
    }
    if row.pull is not None:
        shape["draft"] = row.pull.draft
        shape["pull_request"] = {
            "url": url.replace("/issues/", "/pulls/"),
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "merged_at": row.pull.merged_at,
        }
    return shape


def comment(session: Session, row: Comment, links: Links) -> Json:
    issue_url = f"{links.repo(row.issue.repo.full_name)}/issues"
    url = f"{issue_url}/comments/{row.id}"
    return {
        "url": url,
        "html_url": f"{issue_page(row.issue, links)}#issuecomment-{row.id}",
        "issue_url": f"{issue_url}/{row.issue.number}",
        "id": row.id,
        "node_id": node_id("IssueComment", row.id),
        "user": simple_user(row.author, links),
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "author_association": association(session, row.issue.repo, row.author),
        "body": row.body,
        "reactions": rollup(row.reactions, url),
        "performed_via_github_app": integration(row.app, links) if row.app else None,
    }
