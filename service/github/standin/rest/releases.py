"""Releases and their files."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import FileResponse
from sqlalchemy import select

from service.github.standin.call import Body, Call, CallNow, Json, TransactionRoute, take
from service.github.standin.errors import ApiError, GitError, invalid, not_found
from service.github.standin.git import ZERO
from service.github.standin.paging import PageNow
from service.github.standin.pushes import tell_of_pushes
from service.github.standin.shapes import releases as shapes
from service.github.standin.tables import Asset, Release, Repo

router = APIRouter(prefix="/repos/{owner}/{name}/releases", route_class=TransactionRoute)
BODY_LIMIT = 125_000


async def _raw(request: Request) -> bytes:
    return await request.body()


RawBody = Annotated[bytes, Depends(_raw)]


def seen(call: Call, repo: Repo) -> list[Release]:
    """The releases the viewer sees, newest first; drafts only with write access."""
    rows = call.session.scalars(select(Release).where(Release.repo_id == repo.id).order_by(Release.id.desc()))
    drafts = call.may(repo, "write")
    return [row for row in rows if drafts or not row.draft]


def _release(call: Call, repo: Repo, release_id: int) -> Release:
    row = call.session.get(Release, release_id)
    if row is None or row not in seen(call, repo):
        raise not_found()
    return row


@router.get("")
def list_releases(call: CallNow, page: PageNow, owner: str, name: str) -> list[Json]:
    repo = call.repo(owner, name)
    return [shapes.release(row, call.links) for row in page.of(seen(call, repo))]


@router.get("/latest")
def latest(call: CallNow, owner: str, name: str) -> Json:
    for row in seen(call, call.repo(owner, name)):
        if not row.draft and not row.prerelease:
            return shapes.release(row, call.links)
    raise not_found()


@router.get("/tags/{tag:path}")
def by_tag(call: CallNow, owner: str, name: str, tag: str) -> Json:
    for row in seen(call, call.repo(owner, name)):
        if row.tag_name == tag and not row.draft:
            return shapes.release(row, call.links)
    raise not_found()


@router.post("", status_code=201)
def create_release(call: CallNow, owner: str, name: str, body: Body) -> Json:
    repo = call.repo(owner, name)
    author = call.demand(repo, "write")
    tag = take(body, "tag_name", str, resource="Release")
    if call.session.scalar(select(Release).where(Release.repo_id == repo.id, Release.tag_name == tag)):
        raise invalid("Release", "tag_name", "already_exists")
    row = Release(
        repo=repo, tag_name=tag, author=author, draft=True, prerelease=False, created_at=call.now,
        target=take(body, "target_commitish", str, resource="Release", default=repo.default_branch),
    )  # fmt: skip
    _write(call, row, body)
    call.session.add(row)
    call.session.flush()
    call.record("release.created", f"{repo.full_name}:{tag}", body)
    herald = call.herald()
    herald.release(row, "created")
    if not take(body, "draft", bool, resource="Release", default=False):
        _publish(call, row)
    return shapes.release(row, call.links)


def _write(call: Call, row: Release, body: Json) -> None:
    row.name = take(body, "name", str, resource="Release", default=row.name)
    row.body = take(body, "body", str, resource="Release", default=row.body)
    row.prerelease = take(body, "prerelease", bool, resource="Release", default=row.prerelease)
    if row.body is not None and len(row.body) > BODY_LIMIT:
        raise invalid("Release", "body", "custom", f"body is too long (maximum is {BODY_LIMIT} characters)")
    if call.git(row.repo).resolve(row.target) is None:
        raise invalid("Release", "target_commitish", "invalid")


def _publish(call: Call, row: Release) -> None:
    """Makes the tag, unless it is there, and tells of the release."""
    git = call.git(row.repo)
    ref = f"refs/tags/{row.tag_name}"
    if ref not in git.refs():
        if git.attempt("check-ref-format", ref)[0] != 0:
            raise invalid("Release", "tag_name", "custom", "tag_name is not a valid tag")
        try:
            git.set_ref(ref, call.commit(row.repo, row.target), ZERO)
        except GitError as error:
            raise ApiError(409, "Tag could not be created") from error
    row.draft, row.published_at = False, call.now
    call.session.flush()
    call.record("release.published", f"{row.repo.full_name}:{row.tag_name}")
    herald = call.herald()
    tell_of_pushes(herald, row.repo)
    herald.release(row, "published")
    herald.release(row, "released" if not row.prerelease else "prereleased")


@router.get("/{release_id}")
def get_release(call: CallNow, owner: str, name: str, release_id: int) -> Json:
    return shapes.release(_release(call, call.repo(owner, name), release_id), call.links)


@router.patch("/{release_id}")
def edit_release(call: CallNow, owner: str, name: str, release_id: int, body: Body) -> Json:
    repo = call.repo(owner, name)
    call.demand(repo, "write")
    row = _release(call, repo, release_id)
    before = {"name": row.name, "body": row.body, "tag_name": row.tag_name}
    row.tag_name = take(body, "tag_name", str, resource="Release", default=row.tag_name)
    row.target = take(body, "target_commitish", str, resource="Release", default=row.target)
    _write(call, row, body)
    call.session.flush()
    call.record("release.edited", f"{repo.full_name}:{row.tag_name}", body)
    if row.draft and not take(body, "draft", bool, resource="Release", default=row.draft):
        _publish(call, row)
    else:
        changes = {field: {"from": old or ""} for field, old in before.items() if getattr(row, field) != old}
        call.herald().release(row, "edited", changes=changes)
    return shapes.release(row, call.links)


@router.delete("/{release_id}")
def delete_release(call: CallNow, owner: str, name: str, release_id: int) -> Response:
    repo = call.repo(owner, name)
    call.demand(repo, "write")
    row = _release(call, repo, release_id)
    call.herald().release(row, "deleted")
    call.record("release.deleted", f"{repo.full_name}:{row.tag_name}")
    call.session.delete(row)
    return Response(status_code=204)


@router.get("/{release_id}/assets")
def list_assets(call: CallNow, page: PageNow, owner: str, name: str, release_id: int) -> list[Json]:
    row = _release(call, call.repo(owner, name), release_id)
    return [shapes.asset(item, call.links) for item in page.of(row.assets)]


@router.post("/{release_id}/assets", status_code=201)
def upload_asset(
    call: CallNow,
    request: Request,
    content: RawBody,
    *,
    owner: str,
    name: str,
    release_id: int,
    label: str = "",
) -> Json:
    """Takes a file; the query's `name` is its name (the path's is the repository's, so it is read by hand)."""
    repo = call.repo(owner, name)
    uploader = call.demand(repo, "write")
    row = _release(call, repo, release_id)
    file_name = request.query_params.get("name", "")
    if not file_name or "/" in file_name or file_name in {".", ".."}:
        raise invalid("ReleaseAsset", "name", "missing_field" if not file_name else "invalid")
    if any(asset.name == file_name for asset in row.assets):
        raise invalid("ReleaseAsset", "name", "already_exists")
    asset = Asset(
        release=row, name=file_name, label=label or None, size=len(content), uploader=uploader,
        content_type=request.headers.get("content-type", "application/octet-stream"),
        digest=f"sha256:{hashlib.sha256(content).hexdigest()}", downloads=0, created_at=call.now,
    )  # fmt: skip
    call.session.add(asset)
    call.session.flush()
    _keep(call.world.assets / str(asset.id), content)
    call.record("asset.uploaded", f"{repo.full_name}:{row.tag_name}/{file_name}", content)
    return shapes.asset(asset, call.links)


def _keep(path: Path, content: bytes) -> None:
    with NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
    os.replace(file.name, path)  # noqa: PTH105  # whole or not at all


def find_asset(call: Call, repo: Repo, asset_id: int) -> Asset:
    row = call.session.get(Asset, asset_id)
    if row is None or row.release not in seen(call, repo):
        raise not_found()
    return row


@router.get("/assets/{asset_id}", response_model=None)
def get_asset(call: CallNow, request: Request, owner: str, name: str, asset_id: int) -> Json | FileResponse:
    """The asset's facts, or its bytes when the client accepts `application/octet-stream`."""
    row = find_asset(call, call.repo(owner, name), asset_id)
    if "application/octet-stream" in request.headers.get("accept", ""):
        return FileResponse(call.world.assets / str(row.id), media_type="application/octet-stream")
    return shapes.asset(row, call.links)


@router.delete("/assets/{asset_id}")
def delete_asset(call: CallNow, owner: str, name: str, asset_id: int) -> Response:
    repo = call.repo(owner, name)
    call.demand(repo, "write")
    row = find_asset(call, repo, asset_id)
    call.record("asset.deleted", f"{repo.full_name}:{row.release.tag_name}/{row.name}")
    (call.world.assets / str(row.id)).unlink(missing_ok=True)
    row.release.assets.remove(row)
    return Response(status_code=204)
