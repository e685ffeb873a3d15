"""`/badge/OWNER/NAME/LEAF.svg`, `.json` and `/badge/OWNER/NAME.svg`.

Always 200, so that no page shows a broken image; also when the ledger does not answer.
"""

import hashlib
import logging
from collections.abc import Callable
from typing import Literal

from fastapi import APIRouter, Request, Response
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from service.badges.message import NO_DATA, Badge, of_leaf, of_repository
from service.badges.svg import render_endpoint, render_svg
from service.ledger import queries
from service.ledger.session import read_scope

log = logging.getLogger(__name__)
router = APIRouter(prefix="/badge", tags=["badges"])

_MOST_LEAVES = 20_000
Form = Literal["svg", "json"]
_TYPES: dict[Form, str] = {"svg": "image/svg+xml; charset=utf-8", "json": "application/json; charset=utf-8"}
_HEADERS = {
    # GitHub's image proxy keeps what names no age for a year, and drops what must not be stored.
    "Cache-Control": "public, max-age=60, s-maxage=60, stale-if-error=86400",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Access-Control-Allow-Origin": "*",
}


@router.api_route("/{owner}/{name}/{leaf:path}.svg", methods=["GET", "HEAD"])
def leaf_svg(request: Request, owner: str, name: str, leaf: str) -> Response:
    return _answer(request, _leaf(request, f"{owner}/{name}", leaf), "svg")


@router.api_route("/{owner}/{name}/{leaf:path}.json", methods=["GET", "HEAD"])
def leaf_json(request: Request, owner: str, name: str, leaf: str) -> Response:
    return _answer(request, _leaf(request, f"{owner}/{name}", leaf), "json")


@router.api_route("/{owner}/{name}.svg", methods=["GET", "HEAD"])
def repository_svg(request: Request, owner: str, name: str) -> Response:
    return _answer(request, _repository(request, f"{owner}/{name}"), "svg")


@router.api_route("/{owner}/{name}.json", methods=["GET", "HEAD"])
def repository_json(request: Request, owner: str, name: str) -> Response:
    return _answer(request, _repository(request, f"{owner}/{name}"), "json")


def _leaf(request: Request, repository: str, leaf: str) -> Badge:
    return _read(request, lambda session: of_leaf(queries.leaf(session, repository, leaf)))


def _repository(request: Request, repository: str) -> Badge:
    return _read(
        request,
        lambda session: of_repository(
            queries.releases(session, repository), queries.leaves(session, repository, limit=_MOST_LEAVES)
        ),
    )


def _read(request: Request, badge: Callable[[Session], Badge]) -> Badge:
    try:
        with read_scope(request.app.state.engine) as session:
            return badge(session)
    except SQLAlchemyError:
        log.exception("badge without data: the ledger did not answer")
        return NO_DATA


def _answer(request: Request, badge: Badge, form: Form) -> Response:
    body = render_svg(badge) if form == "svg" else render_endpoint(badge)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {**_HEADERS, "ETag": etag}
    if etag in _asked_for(request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=_TYPES[form])


def _asked_for(header: str) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}
