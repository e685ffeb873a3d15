"""Check suites, check runs and their annotations."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.github.standin.links import Links
from service.github.standin.tables import Annotation, CheckRun, CheckSuite, Issue, Pull

from .people import integration, node_id

Json = dict[str, Any]


def check_run(session: Session, row: CheckRun, links: Links) -> Json:
    repo = row.suite.repo
    url = f"{links.repo(repo.full_name)}/check-runs/{row.id}"
    page = links.page(repo.owner.login, repo.name, "runs", row.id)
    return {
        "id": row.id,
        "name": row.name,
        "node_id": node_id("CheckRun", row.id),
        "head_sha": row.suite.head_sha,
        "external_id": row.external_id,
        "url": url,
        "html_url": page,
        "details_url": row.details_url or page,
        "status": row.status,
        "conclusion": row.conclusion,
        "started_at": row.started_at,
        "completed_at": row.completed_at,
        "output": {
            "title": row.title,
            "summary": row.summary,
            "text": row.text,
            "annotations_count": len(row.annotations),
            "annotations_url": f"{url}/annotations",
        },
        "check_suite": {"id": row.suite_id},
        "app": integration(row.suite.app, links),
        "pull_requests": pulls_of(session, row.suite, links),
    }


def pulls_of(session: Session, suite: CheckSuite, links: Links) -> list[Json]:
    """The open pull requests of the repository whose head is this commit; GitHub leaves forks' out."""
    query = select(Pull).join(Issue, Issue.id == Pull.issue_id)
    query = query.where(
        Pull.head_sha == suite.head_sha, Pull.head_repo_id == suite.repo_id, Issue.state == "open"
    )
    return [_minimal_pull(row, links) for row in session.scalars(query)]


def _minimal_pull(row: Pull, links: Links) -> Json:
    def side(name: str, sha: str) -> Json:
        repo = row.issue.repo
        return {"ref": name, "sha": sha, "repo": {
            "id": repo.id, "url": links.repo(repo.full_name), "name": repo.name}}  # fmt: skip

    return {
        "id": row.issue_id,
        "number": row.issue.number,
        "url": f"{links.repo(row.issue.repo.full_name)}/pulls/{row.issue.number}",
        "head": side(row.head_ref, row.head_sha),
        "base": side(row.base_ref, row.base_sha),
    }


def check_suite(session: Session, row: CheckSuite, runs: list[CheckRun], links: Links) -> Json:
    """The suite as a check run's webhook carries it."""
    done = bool(runs) and all(run.status == "completed" for run in runs)
    conclusion = next((r.conclusion for r in runs if r.conclusion != "success"), "success") if done else None
    return {
        "id": row.id,
        "node_id": node_id("CheckSuite", row.id),
        "head_branch": None,
        "head_sha": row.head_sha,
        "status": "completed" if done else "queued",
        "conclusion": conclusion,
        "url": f"{links.repo(row.repo.full_name)}/check-suites/{row.id}",
        "before": None,
        "after": row.head_sha,
        "pull_requests": pulls_of(session, row, links),
        "app": integration(row.app, links),
        "created_at": row.created_at,
        "updated_at": row.created_at,
    }


def annotation(row: Annotation, run: CheckRun, links: Links) -> Json:
    repo = run.suite.repo
    page = links.page(repo.owner.login, repo.name, "blob", run.suite.head_sha)
    return {
        "path": row.path,
        "start_line": row.start_line,
        "end_line": row.end_line,
        "start_column": row.start_column,
        "end_column": row.end_column,
        "annotation_level": row.level,
        "title": row.title,
        "message": row.message,
        "raw_details": row.raw_details,
        "blob_href": f"{page}/{quote(row.path)}",
    }
