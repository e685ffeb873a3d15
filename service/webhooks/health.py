"""`GET /healthz`: the process lives. `GET /readyz`: what it needs is there; each part by name, with what to do."""

import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import redis
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from service.ledger import migrations
from service.settings import Settings

log = logging.getLogger(__name__)
router = APIRouter(tags=["health"])

LEAST_FREE_BYTES: Final = 256 * 1024 * 1024
_BROKER_SECONDS: Final = 2.0


@dataclass(frozen=True)
class Part:
    """One thing the service needs. `fault` is empty when it is there."""

    name: str
    fault: str = ""
    mend: str = ""


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    return {"status": "alive"}


@router.get("/readyz", responses={503: {"description": "A part is missing; its name, and what to do."}})
def readyz(request: Request) -> JSONResponse:
    """503 when anything is missing. FastAPI runs it in a thread, since all of it waits for something."""
    settings: Settings = request.app.state.settings
    parts = [_database(request.app.state.engine), _broker(settings.broker_url), _disk(settings)]
    ready = not any(part.fault for part in parts)
    body = {"ready": ready, "parts": {part.name: _shown(part) for part in parts}}
    return JSONResponse(body, status_code=HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE)


def _shown(part: Part) -> dict[str, Any]:
    if not part.fault:
        return {"ok": True}
    log.warning("not ready: %s: %s", part.name, part.fault)
    return {"ok": False, "fault": part.fault, "mend": part.mend}


def _database(engine: Engine) -> Part:
    try:
        with engine.connect() as connection:
            present = migrations.present(connection)
    except SQLAlchemyError as error:
        # The driver's text may name user and host; the log has it.
        log.warning("database: %s", error)
        return Part(
            "database",
            f"it cannot be reached ({type(error).__name__})",
            "Check GRAFT_DATABASE_URL, and that it runs.",
        )
    newest = migrations.newest()
    if present != newest:
        return Part(
            "database",
            f"its tables are those of {present or 'no version'}, and not of {newest}",
            "Migrate it: start `graft up`, or the deployment's migrate job.",
        )
    return Part("database")


def _broker(url: str) -> Part:
    mend = "Check GRAFT_BROKER_URL, and that Redis or Valkey runs. Nothing is lost meanwhile; work waits."
    try:
        with redis.Redis.from_url(
            url, socket_connect_timeout=_BROKER_SECONDS, socket_timeout=_BROKER_SECONDS
        ) as broker:
            broker.ping()
    except (redis.RedisError, ValueError, OSError) as error:
        return Part("broker", f"it does not answer PING ({type(error).__name__})", mend)
    return Part("broker")


def _disk(settings: Settings, usage: Callable[[Path], Any] = shutil.disk_usage) -> Part:
    for folder in {settings.home, settings.artifacts_folder}:
        there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
        free = usage(there).free
        if free < LEAST_FREE_BYTES:
            return Part(
                "disk",
                f"{folder} has {free // 1024**2} MiB left, and needs {LEAST_FREE_BYTES // 1024**2}",
                "Make room there, or set GRAFT_HOME or GRAFT_ARTIFACTS to another disk.",
            )
    return Part("disk")
