"""The addresses of the pages. Each has a JSON twin with the same content."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from service.decisions.policy_schema import published
from service.ledger import queries
from service.ledger.session import read_scope
from service.web import charts, pages, views
from service.web.views import RunPage

router = APIRouter(tags=["pages"], include_in_schema=False)

_PAGE = 50


@router.get("/")
def home(request: Request) -> Response:
    return pages.page("home.html", home=_home(request), github=_github(request))


@router.get("/status.json")
def home_twin(request: Request) -> Response:
    return pages.twin(_home(request))


@router.get("/schemas/graft.schema.json")
def policy_schema() -> Response:
    """What editors read to complete and check a taxonomy's `.graft.yaml`."""
    return Response(published(), media_type="application/schema+json")


@router.get("/runs")
def runs(request: Request, before: int | None = None) -> Response:
    with read_scope(request.app.state.engine) as session:
        found = queries.runs(session, before_id=before, limit=_PAGE)
    older = found[-1].id if len(found) == _PAGE else None
    return pages.page("runs.html", runs=found, older=older, github=_github(request))


@router.get("/runs/{run_id:int}.json")
def run_twin(request: Request, run_id: int) -> Response:
    found = _run(request, run_id)
    return pages.missing("run") if found is None else pages.twin(found)


@router.get("/runs/{run_id:int}/loss.svg")
def loss(request: Request, run_id: int) -> Response:
    found = _run(request, run_id)
    if found is None:
        return pages.missing("run")
    return pages.picture("loss.svg", curves=charts.loss_curves(found.steps), size=charts)


@router.get("/runs/{run_id:int}")
def run(request: Request, run_id: int) -> Response:
    found = _run(request, run_id)
    if found is None:
        return pages.missing("run")
    deltas = () if found.comparison is None else (*found.comparison.deltas, *found.comparison.by_leaf)
    return pages.page(
        "run.html",
        page=found,
        forest=charts.forest(deltas[:60]),
        curves=charts.loss_curves(found.steps),
        size=charts,
        github=_github(request),
    )


@router.get("/leaves")
def leaves(request: Request) -> Response:
    with read_scope(request.app.state.engine) as session:
        return pages.page("leaves.html", leaves=views.leaves(session), github=_github(request))


@router.get("/leaves.json")
def leaves_twin(request: Request) -> Response:
    with read_scope(request.app.state.engine) as session:
        return pages.twin(views.leaves(session))


@router.get("/releases")
def releases(request: Request) -> Response:
    with read_scope(request.app.state.engine) as session:
        return pages.page(
            "releases.html",
            releases=queries.releases(session),
            repositories=request.app.state.settings.repositories,
            github=_github(request),
        )


@router.get("/releases.json")
def releases_twin(request: Request) -> Response:
    with read_scope(request.app.state.engine) as session:
        return pages.twin(queries.releases(session))


@router.get("/static/{name}")
def static(name: str) -> Response:
    return pages.static_file(name)


def _home(request: Request) -> views.Home:
    with read_scope(request.app.state.engine) as session:
        lease_seconds = request.app.state.settings.lease_seconds
        return views.home(session, now=datetime.now(UTC), lease_seconds=lease_seconds)


def _run(request: Request, run_id: int) -> RunPage | None:
    with read_scope(request.app.state.engine) as session:
        return views.run_page(session, run_id, now=datetime.now(UTC))


def _github(request: Request) -> str:
    return str(request.app.state.settings.github_web_url).rstrip("/")
