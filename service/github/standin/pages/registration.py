"""The pages on which an App is made from a manifest, and installed."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy import select

from service.github.standin import manifests
from service.github.standin.call import Call, CallNow, TransactionRoute
from service.github.standin.errors import ApiError, not_found
from service.github.standin.events import Herald
from service.github.standin.manifests import AppManifest
from service.github.standin.pages.render import page
from service.github.standin.tables import Account, App, Installation, Repo
from service.github.standin.world import find_account

router = APIRouter(route_class=TransactionRoute)


async def _form(request: Request) -> dict[str, str]:
    said = parse_qs((await request.body()).decode(errors="replace"), keep_blank_values=True)
    return {name: values[-1] for name, values in said.items()}


@router.post("/settings/apps/new")
@router.post("/organizations/{org}/settings/apps/new")
async def review(call: CallNow, request: Request, state: str = "", org: str | None = None) -> HTMLResponse:
    """GitHub shows what the App will be allowed, lets its name be changed, and asks whether to make it."""
    form = await _form(request)
    owner = manifests.owner_of_new(call.session, org)
    return _review(form.get("manifest", ""), state, owner, form)


def _review(text: str, state: str, owner: Account, form: dict[str, str], fault: str = "") -> HTMLResponse:
    manifest = AppManifest.read(text)
    back = urlsplit(manifest.redirect_url)
    return page(
        "register.html",
        status=422 if fault else 200,
        form_to=f"'self' {back.scheme}://{back.netloc}",
        title="Create GitHub App",
        manifest=manifest,
        text=text,
        state=state,
        owner=owner,
        name=form.get("name", manifest.name),
        fault=fault,
    )


@router.post("/settings/apps/manifest", response_model=None)
async def create(call: CallNow, request: Request) -> RedirectResponse | HTMLResponse:
    form = await _form(request)
    owner = find_account(call.session, form.get("owner", ""))
    if owner is None:
        raise not_found()
    text, state = form.get("manifest", ""), form.get("state", "")
    manifest = AppManifest.read(text)
    try:
        made = manifests.register(call.session, call.world, manifest, name=form.get("name", ""), owner=owner)
    except ApiError as error:
        return _review(text, state, owner, form, error.message)
    call.record("app.created", made.app.slug)
    answer = {"code": made.code} | ({"state": state} if state else {})
    joint = "&" if urlsplit(manifest.redirect_url).query else "?"
    return RedirectResponse(f"{manifest.redirect_url}{joint}{urlencode(answer)}", 302)


def _app(call: Call, slug: str) -> App:
    app = call.session.scalar(select(App).where(App.slug == slug))
    if app is None:
        raise not_found()
    return app


@router.get("/apps/{slug}/installations/new")
def choose(call: CallNow, slug: str) -> HTMLResponse:
    """Where to install: accounts that own repositories and do not have the App yet."""
    app = _app(call, slug)
    taken = select(Installation.account_id).where(Installation.app_id == app.id)
    owning = select(Repo.owner_id).distinct()
    query = select(Account).where(Account.id.in_(owning), Account.id.not_in(taken)).order_by(Account.id)
    accounts = call.session.scalars(query).all()
    return page("install.html", form_to="'self'", title=f"Install {app.name}", app=app, accounts=accounts)


@router.post("/apps/{slug}/installations")
async def install(call: CallNow, request: Request, slug: str) -> RedirectResponse:
    app = _app(call, slug)
    account = find_account(call.session, (await _form(request)).get("account", ""))
    if account is None:
        raise not_found()
    query = select(Installation).where(Installation.app_id == app.id, Installation.account_id == account.id)
    if call.session.scalar(query) is None:
        row = Installation(app=app, account=account, created_at=call.now)
        call.session.add(row)
        call.session.flush()
        Herald(call.world, call.session, call.links.site, app.owner).installation(row, "created")
        call.record("installation.created", account.login)
    return RedirectResponse(f"/{account.login}", 303)
