"""Every address that is served, by requests that schemathesis makes up from our own description of them."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from pydantic import SecretStr
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from service.app import create_app
from service.github.signature import HEADER, sign
from service.headers import SECURITY_HEADERS
from service.ledger.session import make_engine
from service.ledger.tables import Base
from service.settings import Settings
from service.webhooks.endpoints import PATH

SECRET = "a secret to everybody"
CONFORMS = [status_code_conformance, content_type_conformance, response_schema_conformance]
FEW = settings(
    max_examples=10,
    derandomize=True,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


def opened(folder: Path) -> FastAPI:
    """The app on an empty ledger. No broker listens; /readyz says so, at once."""
    own = Settings(
        home=folder,
        database_url="",
        broker_url="redis://127.0.0.1:1/0",
        webhook_secrets=(SecretStr(SECRET),),
    )
    engine = make_engine(own)
    Base.metadata.create_all(engine)
    engine.dispose()
    return create_app(own, nudge=lambda _task, _row_id: None)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Any]:
    app = opened(tmp_path)
    with TestClient(app):
        yield schemathesis.openapi.from_asgi("/openapi.json", app)


@pytest.fixture
def everything(tmp_path: Path) -> Iterator[Any]:
    """Pages and pictures too, which the description leaves out."""
    app = opened(tmp_path)
    for route in app.routes:
        if isinstance(route, APIRoute):
            route.include_in_schema, route.methods = True, route.methods - {"HEAD"}
    with TestClient(app):
        yield schemathesis.openapi.from_asgi("/openapi.json", app)


def each(api: Any, check: Callable[[Any], None], *, path: str = "", wrong: bool = True) -> set[str]:
    """Let `check` make made-up requests to every address; returns which there were.

    `wrong`: also such as break the description; where it allows every text, looking for one takes long.
    """
    paths = set()
    for found in api.get_all_operations():
        operation = found.ok()
        if path and operation.path != path:
            continue
        paths.add(operation.path)
        FEW(given(operation.as_strategy(generation_mode=GenerationMode.POSITIVE))(check))()
        with suppress(Unsatisfiable):  # where nothing is asked for, nothing can be wrong
            if wrong:
                FEW(given(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))(check))()
    return paths


def test_what_is_described_is_what_is_answered(api: Any) -> None:
    def check(case: Any) -> None:
        answer = case.call()
        case.validate_response(answer, checks=CONFORMS)
        assert answer.status_code < 500 or case.path == "/readyz"  # which means it

    assert each(api, check) == {PATH, "/healthz", "/readyz"}


def test_whatever_is_signed_is_kept_or_refused_in_words(api: Any) -> None:
    seen = set()

    def check(case: Any) -> None:
        body = json.dumps(case.body if isinstance(case.body, dict | list) else str(case.body)).encode()
        case.headers = {**(case.headers or {}), HEADER: sign(SECRET.encode(), body)}
        case.body, case.media_type = body, "application/json"
        answer = case.call()
        seen.add(answer.status_code)
        assert answer.status_code in {200, 202, 400}
        assert answer.json()["message"]

    each(api, check, path=PATH)
    assert {200, 400} <= seen


def test_no_address_falls_over_whatever_is_asked_of_it(everything: Any) -> None:
    def check(case: Any) -> None:
        answer = case.call()
        assert answer.status_code < 500 or case.path == "/readyz"
        assert {name.lower() for name in SECURITY_HEADERS} <= set(answer.headers)

    served = each(everything, check, wrong=False)
    assert {"/runs/{run_id}.json", "/badge/{owner}/{name}/{leaf}.svg", "/static/{name}"} <= served
