"""Writing a check run: in pages of annotations, and so that writing it again adds nothing twice."""

from collections import Counter
from typing import Any, Final

from github.CheckRun import CheckRun
from github.Repository import Repository

from service.github.client import Action, Annotation, Check
from service.github.text import cut

PAGE: Final = 50
"""Annotations that GitHub takes in one request; each request adds to those which are there."""
MOST_ACTIONS: Final = 3
_LONGEST_LABEL: Final = 20
_LONGEST_DESCRIPTION: Final = 40
_LONGEST_TITLE: Final = 255
_LONGEST_MESSAGE: Final = 16_000
"""GitHub takes 64 KB; at up to four bytes a character this is always less."""

_Key = tuple[str, int, int, str, str, str]


def write(repo: Repository, check: Check, check_id: int | None, *, link: str) -> int:
    """Create or update the check run; returns its id. When it fails half-way, doing it again completes it."""
    wanted = [_annotation(annotation) for annotation in check.annotations]
    run = None if check_id is None else repo.get_check_run(check_id)
    if run is not None and wanted:
        wanted = _missing(wanted, run)
    pages = [wanted[start : start + PAGE] for start in range(0, len(wanted), PAGE)] or [[]]
    # What comes first carries no verdict yet if more is to follow: a verdict stands under all its annotations.
    for page in pages[:-1]:
        run = _send(repo, run, _facts(check, page, link) | {"status": "in_progress"})
    last = {"status": check.status} | ({"conclusion": check.conclusion} if check.conclusion else {})
    return _send(repo, run, _facts(check, pages[-1], link) | last).id


def close(repo: Repository, check_id: int) -> None:
    """End a check run that nothing of ours stands behind."""
    output = {"title": "Not in use", "summary": "GraftLab speaks of this commit in another check run."}
    repo.get_check_run(check_id).edit(status="completed", conclusion="neutral", output=output)


def _send(repo: Repository, run: CheckRun | None, facts: dict[str, Any]) -> CheckRun:
    if run is None:
        return repo.create_check_run(**facts)
    run.edit(**facts)
    return run


def _facts(check: Check, page: list[dict[str, Any]], link: str) -> dict[str, Any]:
    output: dict[str, Any] = {
        "title": check.title[:_LONGEST_TITLE],
        "summary": cut(check.summary, link=check.details_url or link),
    }
    if check.text:
        output["text"] = cut(check.text, link=check.details_url or link)
    if page:
        output["annotations"] = page
    # Always named, so that the buttons of an earlier state go away.
    actions = [_action(action) for action in check.actions[:MOST_ACTIONS]]
    facts: dict[str, Any] = {"name": check.name, "head_sha": check.head_sha, "output": output}
    facts["actions"] = actions
    if check.details_url:
        facts["details_url"] = check.details_url
    if check.external_id:
        facts["external_id"] = check.external_id
    return facts


def _action(action: Action) -> dict[str, str]:
    return {
        "label": action.label[:_LONGEST_LABEL],
        "description": action.description[:_LONGEST_DESCRIPTION],
        "identifier": action.identifier,
    }


def _annotation(annotation: Annotation) -> dict[str, Any]:
    return {
        "path": annotation.path,
        "start_line": max(1, annotation.start_line),
        "end_line": max(1, annotation.start_line, annotation.end_line),
        "annotation_level": annotation.level,
        "title": annotation.title[:_LONGEST_TITLE],
        "message": annotation.message[:_LONGEST_MESSAGE] or annotation.title or "(no message)",
    }


def _missing(wanted: list[dict[str, Any]], run: CheckRun) -> list[dict[str, Any]]:
    """Those not written yet: a check run that was half written, or is written again, keeps what it has."""
    there = Counter(
        (
            item.path,
            item.start_line,
            item.end_line,
            item.annotation_level,
            item.title or "",
            (item.message or "").strip(),
        )
        for item in run.get_annotations()
    )
    missing = []
    for item in wanted:
        key = _key(item)
        if there[key] > 0:
            there[key] -= 1
        else:
            missing.append(item)
    return missing


def _key(item: dict[str, Any]) -> _Key:
    return (
        item["path"],
        item["start_line"],
        item["end_line"],
        item["annotation_level"],
        item["title"],
        item["message"].strip(),
    )
