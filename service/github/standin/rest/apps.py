"""The App itself: who it is, where it is installed, its tokens and its webhook deliveries; and rate limits."""

from __future__ import annotations

import json

from fastapi import APIRouter, Request, Response
from sqlalchemy import select
from starlette.datastructures import Headers

from service.github.standin.auth import new_installation_token, reaches
from service.github.standin.call import Call, CallNow, Json, TransactionRoute
from service.github.standin.courier import request_headers
from service.github.standin.errors import ApiError, not_found
from service.github.standin.events import Herald
from service.github.standin.manners import RateLimits, rate_key
from service.github.standin.paging import PageNow
from service.github.standin.shapes import people
from service.github.standin.shapes.repos import repo as repo_shape
from service.github.standin.tables import App, Delivery, Installation, Repo, Suspension, Token

router = APIRouter(route_class=TransactionRoute)


def _app(call: Call) -> App:
    if not call.viewer.as_app or call.viewer.app is None:
        raise ApiError(401, "A JSON web token could not be decoded")
    return call.viewer.app


@router.get("/app")
def get_app(call: CallNow) -> Json:
    return people.integration(_app(call), call.links, installations=len(_installations(call)))


@router.get("/apps/{slug}")
def get_app_by_slug(call: CallNow, slug: str) -> Json:
    app = call.session.scalar(select(App).where(App.slug == slug))
    if app is None:
        raise not_found()
    return people.integration(app, call.links)


def _installations(call: Call) -> list[Installation]:
    app = _app(call)
    query = select(Installation).where(Installation.app_id == app.id).order_by(Installation.id)
    return list(call.session.scalars(query))


def _installation(call: Call, installation_id: int) -> Installation:
    for row in _installations(call):
        if row.id == installation_id:
            return row
    raise not_found()


@router.get("/app/installations")
def list_installations(call: CallNow, page: PageNow) -> list[Json]:
    return [people.installation(row, call.links) for row in page.of(_installations(call))]


@router.get("/app/installations/{installation_id}")
def get_installation(call: CallNow, installation_id: int) -> Json:
    return people.installation(_installation(call, installation_id), call.links)


@router.delete("/app/installations/{installation_id}", status_code=204)
def uninstall(call: CallNow, installation_id: int) -> Response:
    row = _installation(call, installation_id)
    _herald(call, row).installation(row, "deleted")
    for token in call.session.scalars(select(Token).where(Token.installation_id == row.id)):
        call.session.delete(token)
    call.session.flush()
    call.session.delete(row)
    call.record("installation.deleted", row.account.login)
    return Response(status_code=204)


@router.put("/app/installations/{installation_id}/suspended", status_code=204)
def suspend(call: CallNow, installation_id: int) -> Response:
    row = _installation(call, installation_id)
    row.suspension = Suspension(at=call.now)
    _herald(call, row).installation(row, "suspend")
    call.record("installation.suspended", row.account.login)
    return Response(status_code=204)


@router.delete("/app/installations/{installation_id}/suspended", status_code=204)
def unsuspend(call: CallNow, installation_id: int) -> Response:
    row = _installation(call, installation_id)
    row.suspension = None
    _herald(call, row).installation(row, "unsuspend")
    call.record("installation.unsuspended", row.account.login)
    return Response(status_code=204)


def _herald(call: Call, row: Installation) -> Herald:
    return Herald(call.world, call.session, call.links.site, row.app.owner)


@router.post("/app/installations/{installation_id}/access_tokens", status_code=201)
async def create_token(call: CallNow, request: Request, installation_id: int) -> Json:
    """Narrowed to the repositories and permissions that the request names."""
    row = _installation(call, installation_id)
    if row.suspension is not None:
        raise ApiError(403, "This installation has been suspended")
    body = json.loads(await request.body() or b"{}")
    repos = _narrowed(call, row, body.get("repositories") or [], body.get("repository_ids") or [])
    held = people.permissions_of(row.app)
    permissions = body.get("permissions") or held
    if any(_LEVELS.index(level) > _LEVELS.index(held.get(name, "")) for name, level in permissions.items()):
        raise ApiError(422, "The permissions requested are not granted to this installation.")
    token = new_installation_token(
        call.session, call.world, row, repositories=[repo.id for repo in repos], permissions=permissions
    )
    shapes = [repo_shape(repo, call.links, role="write") for repo in repos]
    return people.installation_token(token, permissions, shapes)


_LEVELS = ("", "read", "write", "admin")


def _narrowed(call: Call, row: Installation, names: list[str], numbers: list[int]) -> list[Repo]:
    """By name, or by number; one that was renamed is found by its present name alone."""
    wanted = Repo.name.in_(names) if names else Repo.id.in_(numbers)
    query = select(Repo).where(Repo.owner_id == row.account_id, wanted)
    found = list(call.session.scalars(query.order_by(Repo.id)))
    if len(found) != len(set(names or numbers)):
        raise ApiError(
            422,
            "There is at least one repository that does not exist or is not accessible to the parent installation.",
        )
    return found


@router.get("/orgs/{owner}/installation")
@router.get("/users/{owner}/installation")
def get_owner_installation(call: CallNow, owner: str) -> Json:
    for row in _installations(call):
        if row.account.login == owner:
            return people.installation(row, call.links)
    raise not_found()


@router.get("/repos/{owner}/{name}/installation")
def get_repo_installation(call: CallNow, owner: str, name: str) -> Json:
    call.repo(owner, name)
    return get_owner_installation(call, owner)


@router.get("/installation/repositories")
def list_installation_repos(call: CallNow, page: PageNow) -> Json:
    installation = call.viewer.installation
    if installation is None:
        raise ApiError(403, "You must authenticate with an installation access token")
    owned = call.session.scalars(select(Repo).where(Repo.owner_id == installation.account_id))
    rows = [row for row in owned if reaches(call.viewer, row)]
    shapes = [repo_shape(row, call.links, role="write") for row in page.of(rows)]
    narrowed = bool(call.viewer.scope and call.viewer.scope.repositories)
    selection = "selected" if narrowed else "all"
    return {"total_count": len(rows), "repository_selection": selection, "repositories": shapes}


def _delivery(row: Delivery) -> Json:
    return {
        "id": row.id,
        "guid": row.guid,
        "delivered_at": row.delivered_at or row.created_at,
        "redelivery": row.redelivery,
        "duration": row.duration,
        "status": row.status,
        "status_code": row.status_code,
        "event": row.event,
        "action": row.action,
        "installation_id": row.installation_id,
        "repository_id": row.repo_id,
        "throttled_at": None,
    }


@router.get("/app/hook/config")
def hook_config(call: CallNow) -> Json:
    app = _app(call)
    secret = {"secret": "********"} if app.hook_secret else {}
    return {"content_type": "json", "insecure_ssl": "0", "url": app.hook_url or ""} | secret


@router.get("/app/hook/deliveries")
def list_deliveries(
    call: CallNow, request: Request, response: Response, per_page: int = 30, cursor: int | None = None
) -> list[Json]:
    """Attempts made, newest first; the next page is named by a cursor, as GitHub does."""
    query = select(Delivery).where(Delivery.app_id == _app(call).id, Delivery.state == "tried")
    if cursor is not None:
        query = query.where(Delivery.id < cursor)
    size = min(max(per_page, 1), 100)
    rows = call.session.scalars(query.order_by(Delivery.id.desc()).limit(size + 1)).all()
    if len(rows) > size:
        url = f"{call.links.api}{request.url.path}?per_page={size}&cursor={rows[size - 1].id}"
        response.headers["Link"] = f'<{url}>; rel="next"'
    return [_delivery(row) for row in rows[:size]]


def _find_delivery(call: Call, delivery_id: int) -> Delivery:
    row = call.session.get(Delivery, delivery_id)
    if row is None or row.app_id != _app(call).id or row.state != "tried":
        raise not_found()
    return row


@router.get("/app/hook/deliveries/{delivery_id}")
def get_delivery(call: CallNow, delivery_id: int) -> Json:
    row = _find_delivery(call, delivery_id)
    return _delivery(row) | {
        "url": row.url,
        "request": {"headers": request_headers(row), "payload": json.loads(row.payload)},
        "response": {"headers": {}, "payload": row.response},
    }


@router.post("/app/hook/deliveries/{delivery_id}/attempts", status_code=202)
def redeliver(call: CallNow, delivery_id: int) -> Json:
    """Queues the same event again, under the same delivery id (`X-GitHub-Delivery`)."""
    row = _find_delivery(call, delivery_id)
    again = Delivery(
        guid=row.guid, app_id=row.app_id, repo_id=row.repo_id, installation_id=row.installation_id,
        event=row.event, action=row.action, payload=row.payload, url=row.app.hook_url or row.url,
        redelivery=True, created_at=call.now,
    )  # fmt: skip
    call.session.add(again)
    return {}


@router.get("/rate_limit")
def rate_limit(call: CallNow, request: Request) -> Json:
    limits: RateLimits = request.app.state.limits
    used, reset = limits.of(rate_key(Headers(scope=request.scope)), call.world.clock())
    left = max(0, limits.limit - used)
    rate = {"limit": limits.limit, "used": used, "remaining": left, "reset": reset}
    return {"resources": {"core": rate, "search": rate, "graphql": rate}, "rate": rate}


@router.get("/meta")
def meta() -> Json:
    return {"verifiable_password_authentication": False, "installed_version": "3.20.0"}
