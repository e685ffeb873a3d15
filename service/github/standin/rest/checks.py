"""Check runs: written by Apps alone, held to GitHub's limits."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy import select

from service.github.standin.call import Body, Call, CallNow, Json, TransactionRoute, take
from service.github.standin.errors import ApiError, forbidden, invalid, not_found
from service.github.standin.paging import PageNow
from service.github.standin.shapes import checks as shapes
from service.github.standin.tables import Annotation, App, CheckRun, CheckSuite, Repo

router = APIRouter(prefix="/repos/{owner}/{name}", route_class=TransactionRoute)
ANNOTATIONS_A_REQUEST = 50
ACTIONS = 3
ACTION_LIMITS = {"label": 20, "description": 40, "identifier": 20}
TEXT_LIMIT = 65_535
_MESSAGE_LIMIT = 64 * 1024
_STATUSES = {"queued", "in_progress", "completed", "waiting", "requested", "pending"}
_CONCLUSIONS = {
    "action_required", "cancelled", "failure", "neutral", "success", "skipped", "stale", "timed_out",
}  # fmt: skip
_LEVELS = {"notice", "warning", "failure"}


def _app(call: Call, repo: Repo) -> App:
    if call.viewer.app is None or call.viewer.installation is None:
        call.viewer.user()
        raise forbidden("You must authenticate via a GitHub App.")
    call.demand(repo, "write")
    return call.viewer.app


def _run(call: Call, owner: str, name: str, run_id: int) -> CheckRun:
    row = call.session.get(CheckRun, run_id)
    if row is None or row.suite.repo_id != call.repo(owner, name).id:
        raise not_found()
    return row


@router.post("/check-runs", status_code=201)
def create_check_run(call: CallNow, owner: str, name: str, body: Body) -> Json:
    repo = call.repo(owner, name)
    app = _app(call, repo)
    sha = call.commit(repo, take(body, "head_sha", str, resource="CheckRun"))
    facts = {"repo_id": repo.id, "app_id": app.id, "head_sha": sha}
    suite = call.session.query(CheckSuite).filter_by(**facts).one_or_none()
    if suite is None:
        suite = CheckSuite(repo=repo, app=app, head_sha=sha, created_at=call.now)
        call.session.add(suite)
    row = CheckRun(
        suite=suite, name=take(body, "name", str, resource="CheckRun"), status="queued", external_id=""
    )
    _write(call, row, body)
    call.session.add(row)
    call.session.flush()
    call.record("check_run.created", f"{repo.full_name}@{sha}:{row.name}", body)
    call.herald().check_run(row, "created")
    if row.status == "completed":
        call.herald().check_run(row, "completed")
    return shapes.check_run(call.session, row, call.links)


@router.patch("/check-runs/{run_id}")
def update_check_run(call: CallNow, owner: str, name: str, run_id: int, body: Body) -> Json:
    """Changes a run; annotations are added to those it has, as on GitHub."""
    row = _run(call, owner, name, run_id)
    if _app(call, row.suite.repo).id != row.suite.app_id:
        raise forbidden("Invalid app_id - check run can only be modified by the GitHub App that created it.")
    before = row.status
    row.name = take(body, "name", str, resource="CheckRun", default=row.name)
    _write(call, row, body)
    call.session.flush()
    call.record("check_run.updated", f"{row.suite.repo.full_name}@{row.suite.head_sha}:{row.name}", body)
    if row.status == "completed" and before != "completed":
        call.herald().check_run(row, "completed")
    return shapes.check_run(call.session, row, call.links)


def _write(call: Call, row: CheckRun, body: Json) -> None:
    """Takes what the request says of a run; a conclusion alone completes it."""
    row.external_id = take(body, "external_id", str, resource="CheckRun", default=row.external_id)
    row.details_url = take(body, "details_url", str, resource="CheckRun", default=row.details_url)
    row.status = take(body, "status", str, resource="CheckRun", default=row.status)
    conclusion = take(body, "conclusion", str, resource="CheckRun", default=None)
    if row.status not in _STATUSES:
        raise invalid("CheckRun", "status", "invalid")
    if conclusion is not None and conclusion not in _CONCLUSIONS:
        raise invalid("CheckRun", "conclusion", "invalid")
    if conclusion is not None:
        row.status, row.conclusion = "completed", conclusion
    elif row.status == "completed" and row.conclusion is None:
        raise invalid("CheckRun", "conclusion", "missing_field")
    elif row.status != "completed":
        row.conclusion = row.completed_at = None
    started = call.now if row.status != "queued" and row.started_at is None else row.started_at
    row.started_at = take(body, "started_at", str, resource="CheckRun", default=started)
    if row.status == "completed":
        row.completed_at = take(
            body, "completed_at", str, resource="CheckRun", default=row.completed_at or call.now
        )
    if (actions := take(body, "actions", list, resource="CheckRun", default=None)) is not None:
        row.actions = {"shown": _actions(actions)}
    if output := take(body, "output", dict, resource="CheckRun", default=None):
        _write_output(row, output)


def _actions(items: list[Json]) -> list[Json]:
    """Buttons, held to GitHub's limits."""
    if len(items) > ACTIONS:
        raise invalid("CheckRun", "actions", "custom", f"Actions exceeds a maximum quantity of {ACTIONS}")
    taken = []
    for item in items:
        action = {field: take(item, field, str, resource="CheckRunAction") for field in ACTION_LIMITS}
        for field, room in ACTION_LIMITS.items():
            if not 1 <= len(action[field]) <= room:
                raise invalid("CheckRunAction", field, "custom", f"{field} is too long (maximum is {room})")
        taken.append(action)
    return taken


def press(call: Call, run_id: int, identifier: str) -> None:
    """Presses a button of a run, as its page on GitHub lets people with write access do."""
    row = call.session.get(CheckRun, run_id)
    if row is None:
        raise not_found()
    call.demand(row.suite.repo, "write")
    if identifier not in {action["identifier"] for action in row.actions.get("shown", [])}:
        raise ApiError(422, f"The check run has no button {identifier}")
    target = f"{row.suite.repo.full_name}@{row.suite.head_sha}:{row.name}"
    call.record("check_run.requested_action", target, {"identifier": identifier})
    call.herald().check_run(row, "requested_action", identifier=identifier)


def _write_output(row: CheckRun, output: Json) -> None:
    row.title = take(output, "title", str, resource="CheckRun", default=row.title)
    row.summary = take(output, "summary", str, resource="CheckRun")
    row.text = take(output, "text", str, resource="CheckRun", default=row.text)
    for field, value in (("summary", row.summary), ("text", row.text)):
        if value is not None and len(value) > TEXT_LIMIT:
            raise invalid(
                "CheckRun", field, "custom", f"{field} is too long (maximum is {TEXT_LIMIT} characters)"
            )
    items = take(output, "annotations", list, resource="CheckRun", default=[])
    if len(items) > ANNOTATIONS_A_REQUEST:
        message = f"Annotations exceeds a maximum quantity of {ANNOTATIONS_A_REQUEST}"
        raise invalid("CheckRun", "annotations", "custom", message)
    row.annotations.extend(_annotation(item) for item in items)


def _annotation(item: Json) -> Annotation:
    start = take(item, "start_line", int, resource="CheckAnnotation")
    end = take(item, "end_line", int, resource="CheckAnnotation")
    level = take(item, "annotation_level", str, resource="CheckAnnotation")
    message = take(item, "message", str, resource="CheckAnnotation")
    first = take(item, "start_column", int, resource="CheckAnnotation", default=None)
    last = take(item, "end_column", int, resource="CheckAnnotation", default=None)
    if level not in _LEVELS:
        raise invalid("CheckAnnotation", "annotation_level", "invalid")
    if start < 1 or end < start:
        raise invalid("CheckAnnotation", "end_line", "invalid")
    if (first is not None or last is not None) and start != end:
        raise invalid(
            "CheckAnnotation", "start_column", "custom", "columns need start_line and end_line to be equal"
        )
    if len(message.encode()) > _MESSAGE_LIMIT:
        raise invalid("CheckAnnotation", "message", "custom", "message exceeds 64 KB")
    return Annotation(
        path=take(item, "path", str, resource="CheckAnnotation"), start_line=start, end_line=end,
        start_column=first, end_column=last, level=level, message=message,
        title=take(item, "title", str, resource="CheckAnnotation", default=None),
        raw_details=take(item, "raw_details", str, resource="CheckAnnotation", default=None),
    )  # fmt: skip


@router.get("/check-runs/{run_id}")
def get_check_run(call: CallNow, owner: str, name: str, run_id: int) -> Json:
    return shapes.check_run(call.session, _run(call, owner, name, run_id), call.links)


@router.get("/check-runs/{run_id}/annotations")
def list_annotations(call: CallNow, page: PageNow, owner: str, name: str, run_id: int) -> list[Json]:
    row = _run(call, owner, name, run_id)
    return [shapes.annotation(item, row, call.links) for item in page.of(row.annotations)]


@router.post("/check-runs/{run_id}/rerequest", status_code=201)
def rerequest(call: CallNow, owner: str, name: str, run_id: int) -> Json:
    """Tells the App that it is asked to run the check again. The run itself stays as it is, as on GitHub."""
    row = _run(call, owner, name, run_id)
    call.demand(row.suite.repo, "write")
    if row.status != "completed":
        raise ApiError(422, "This check run is not rerequestable")
    call.record("check_run.rerequested", f"{row.suite.repo.full_name}@{row.suite.head_sha}:{row.name}")
    call.herald().check_run(row, "rerequested")
    return {}


@router.get("/commits/{ref:path}/check-runs")
def list_check_runs(
    call: CallNow, page: PageNow, *, owner: str, name: str, ref: str,
    check_name: str | None = None, status: str | None = None, app_id: int | None = None,
    filter: str = "latest",  # noqa: A002  # GitHub's word
) -> Json:  # fmt: skip
    repo = call.repo(owner, name)
    query = select(CheckRun).join(CheckSuite, CheckSuite.id == CheckRun.suite_id).order_by(CheckRun.id.desc())
    query = query.where(CheckSuite.repo_id == repo.id, CheckSuite.head_sha == call.commit(repo, ref))
    if check_name is not None:
        query = query.where(CheckRun.name == check_name)
    if status is not None:
        query = query.where(CheckRun.status == status)
    if app_id is not None:
        query = query.where(CheckSuite.app_id == app_id)
    rows = list(call.session.scalars(query))
    if filter == "latest":
        newest: dict[tuple[int, str], CheckRun] = {}
        for row in rows:
            newest.setdefault((row.suite_id, row.name), row)
        rows = list(newest.values())
    runs = [shapes.check_run(call.session, row, call.links) for row in page.of(rows)]
    return {"total_count": len(rows), "check_runs": runs}
