"""GitHub's own description of its REST API, as githubkit's models: which model answers which path."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Union

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


def _operations(source: Path) -> Iterator[Operation]:
    classes = [node for node in ast.parse(source.read_text()).body if isinstance(node, ast.ClassDef)]
    for function in (node for one in classes for node in one.body if isinstance(node, ast.FunctionDef)):
        path = next((n.value for n in function.body if isinstance(n, ast.Assign) and _named(n, "url")), None)
        call = next((n.value for n in function.body if isinstance(n, ast.Return)), None)
        if path is not None and isinstance(call, ast.Call):
            answer = next((k.value for k in call.keywords if k.arg == "response_model"), None)
            yield _operation(f"{source.stem}.{function.name}", call, path, answer)


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


def validate_event(event: str, payload: bytes) -> None:
    """Holds one webhook payload to GitHub's model of that event."""
    WebhookNamespace.parse(event, payload)
