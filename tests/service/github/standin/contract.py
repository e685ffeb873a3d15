"""GitHub's own description of its REST API, as githubkit's models: which model answers which path."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Union
from urllib.parse import parse_qsl

from githubkit_schemas.v2026_03_10 import models
from githubkit_schemas.v2026_03_10.webhooks import WebhookNamespace
from pydantic import TypeAdapter

FAMILIES = (
    "apps", "checks", "code_scanning",
    "git", "issues", "meta", "orgs", "pulls", "rate_limit", "reactions", "repos", "teams", "users",
)  # fmt: skip


@dataclass(frozen=True)
class Operation:
    """One operation of the API: how its paths look, and what a success answers (None: no body)."""

    name: str
    method: str
    pattern: re.Pattern[str]
    fixed: int
    answer: ast.expr | None
    request: ast.expr | None = None
    """What its body must be like (None: it has none)."""
    query: frozenset[str] = frozenset()


def _operations(source: Path) -> Iterator[Operation]:
    classes = [node for node in ast.parse(source.read_text()).body if isinstance(node, ast.ClassDef)]
    for function in (node for one in classes for node in one.body if isinstance(node, ast.FunctionDef)):
        path = next((n.value for n in function.body if isinstance(n, ast.Assign) and _named(n, "url")), None)
        call = next((n.value for n in function.body if isinstance(n, ast.Return)), None)
        if path is not None and isinstance(call, ast.Call):
            answer = next((k.value for k in call.keywords if k.arg == "response_model"), None)
            made = _operation(f"{source.stem}.{function.name}", call, path, answer)
            yield replace(made, request=_request(function), query=_query(function))


def _request(function: ast.FunctionDef) -> ast.expr | None:
    """githubkit checks a body against its model before it leaves: the model that is named there."""
    calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
    checks = (c for c in calls if isinstance(c.func, ast.Name) and c.func.id == "type_validate_python")
    return next((check.args[0] for check in checks), None)


def _query(function: ast.FunctionDef) -> frozenset[str]:
    given = (n.value for n in function.body if isinstance(n, ast.Assign) and _named(n, "params"))
    keys = (key for value in given if isinstance(value, ast.Dict) for key in value.keys)
    return frozenset(str(key.value) for key in keys if isinstance(key, ast.Constant))


def _named(assign: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in assign.targets)


def _operation(name: str, call: ast.Call, path: ast.expr | None, answer: ast.expr | None) -> Operation:
    parts = path.values if isinstance(path, ast.JoinedStr) else [path]
    texts = [re.escape(str(part.value)) if isinstance(part, ast.Constant) else "{}" for part in parts]
    method = call.args[0]
    assert isinstance(method, ast.Constant)
    fixed = sum(len(text) for text in texts if text != "{}")
    # Only the last gap, and one before a last word, may hold slashes: a path, a ref.
    narrow = "".join(texts).replace("{}", "([^/]+)", max(2, texts.count("{}") - 1)).replace("{}", "(.+)")
    return Operation(name, str(method.value), re.compile(narrow + r"\Z"), fixed, answer)


@cache
def operations() -> list[Operation]:
    """All operations of the families used here, the one with the most fixed text first."""
    spec = find_spec("githubkit_schemas.v2026_03_10.rest")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent
    found = [operation for family in FAMILIES for operation in _operations(folder / f"{family}.py")]
    return sorted(found, key=lambda operation: -operation.fixed)


def operation_of(method: str, path: str) -> Operation:
    for operation in operations():
        if operation.method == method and operation.pattern.match(path):
            return operation
    raise LookupError(f"GitHub has no {method} {path}")


def _type(node: ast.expr) -> Any:
    if isinstance(node, ast.Name):
        return {"list": list, "dict": dict, "str": str, "int": int, "Any": Any}.get(node.id) or getattr(
            models, node.id
        )
    if isinstance(node, ast.Constant):
        return type(node.value)
    if isinstance(node, ast.BinOp):
        return Union[_type(node.left), _type(node.right)]  # noqa: UP007  # from values
    assert isinstance(node, ast.Subscript), ast.dump(node)
    inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    types = tuple(_type(one) for one in inner)
    assert isinstance(node.value, ast.Name)
    return Union[types] if node.value.id == "Union" else _type(node.value)[types]  # noqa: UP007


@cache
def _adapter(name: str, node: ast.expr) -> TypeAdapter[Any]:
    return TypeAdapter(_type(node))


def validate_answer(method: str, path: str, status: int, body: bytes) -> str:
    """Holds one answer to GitHub's model; returns the operation's name. Raises `ValidationError` when it differs."""
    operation = operation_of(method, path)
    if status >= 400:
        models.BasicError.model_validate(json.loads(body))
    elif operation.answer is not None and body:
        _adapter(operation.name, operation.answer).validate_python(json.loads(body))
    return operation.name


def validate_request(method: str, path: str, query: str, body: bytes) -> str:
    """Holds one request to GitHub's model; returns the operation's name.

    Raises `ValidationError` when a part is missing or of a wrong kind, ValueError for one that GitHub does not know.
    """
    operation = operation_of(method, path)
    unknown = {name for name, _ in parse_qsl(query)} - operation.query
    if unknown:
        raise ValueError(f"{operation.name} has no parameter {', '.join(sorted(unknown))}")
    sent = json.loads(body) if body else None
    if operation.request is not None:
        adapter = _adapter(f"{operation.name} (request)", operation.request)
        read = adapter.validate_python(sent if sent is not None else {})
        understood = adapter.dump_python(read, mode="json", by_alias=True, exclude_unset=True)
        if sent is not None and understood != sent:
            raise ValueError(f"{operation.name} does not understand all of {sent}, only {understood}")
    elif sent:
        raise ValueError(f"{operation.name} takes no body, and got {sent}")
    return operation.name


def validate_event(event: str, payload: bytes) -> None:
    """Holds one webhook payload to GitHub's model of that event."""
    WebhookNamespace.parse(event, payload)
