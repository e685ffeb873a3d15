"""What a check's findings become beside comment and check run: suggestions to apply, and code scanning."""

import dataclasses
import importlib.metadata
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.ledger import outbox
from service.ledger.tables import Contribution, Outbox, Run, RunKind, RunState
from service.reports import suggestions as report
from service.settings import Settings
from taxonomy_schema.findings import Finding
from taxonomy_schema.formats import to_sarif
from taxonomy_schema.suggesting import Suggestion


def put_extras(session: Session, settings: Settings, contribution: Contribution, now: datetime) -> None:
    """Put them into the outbox once the newest check of the present head has ended."""
    result = _checked(session, contribution)
    if result is None:
        return
    if settings.suggestions and contribution.state == "open":
        _put_suggestions(session, settings, contribution, result, now)
    if settings.code_scanning:
        _put_sarif(session, settings, contribution, result, now)


def _checked(session: Session, contribution: Contribution) -> dict[str, Any] | None:
    of_head = select(Run).where(
        Run.contribution_id == contribution.id,
        Run.head_sha == contribution.head_sha,
        Run.kind == RunKind.CHECK,
    )
    newest = session.scalars(of_head.order_by(Run.id.desc()).limit(1)).one_or_none()
    ended = newest is not None and newest.state in (RunState.SUCCEEDED, RunState.FAILED)
    return newest.result if newest is not None and ended else None


def _put_suggestions(
    session: Session, settings: Settings, contribution: Contribution, result: dict[str, Any], now: datetime
) -> None:
    """One letter a pull request; with nothing to suggest only where an earlier head had something."""
    key = f"{contribution.repository}#{contribution.number}:suggestions"
    found = [Suggestion.from_dict(one) for one in result.get("suggestions", ())]
    if not found and session.scalar(select(Outbox.id).where(Outbox.key == key)) is None:
        return
    review = report.render(found, contribution.head_sha, settings.rules_url.rstrip("/"))
    payload = {
        "number": contribution.number,
        "marker": report.MARKER,
        "head_sha": review.head_sha,
        "body": review.body,
        "comments": [dataclasses.asdict(comment) for comment in review.comments],
    }
    _put(session, key, "suggestions", contribution, payload, now=now)


def _put_sarif(
    session: Session, settings: Settings, contribution: Contribution, result: dict[str, Any], now: datetime
) -> None:
    findings = [Finding.from_dict(one) for one in result["findings"]]
    sarif = to_sarif(findings, importlib.metadata.version("graftlab"), settings.rules_url.rstrip("/"))
    payload = {
        "commit": contribution.head_sha,
        "ref": f"refs/pull/{contribution.number}/head",
        "sarif": sarif,
    }
    key = f"{contribution.repository}@{contribution.head_sha}:sarif"
    _put(session, key, "sarif", contribution, payload, now=now)


def _put(
    session: Session,
    key: str,
    kind: str,
    contribution: Contribution,
    payload: dict[str, Any],
    *,
    now: datetime,
) -> None:
    repository = contribution.repository
    outbox.post(session, key=key, kind=kind, repository=repository, payload=payload, now=now)
