"""Templates and the headers that every page carries."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from service.github.standin.pages.markdown import markdown

HERE = Path(__file__).parent
# Nothing but our own style sheet and pictures; no script, no form, no frame.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def when(value: str | None) -> str:
    """A stamp for people: `22 Nov 2026, 20:15`."""
    if not value:
        return ""
    moment = datetime.fromisoformat(value)
    return f"{moment.day} {moment:%b %Y, %H:%M}"


_environment = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
    lstrip_blocks=True,
)  # fmt: skip
_environment.filters |= {"markdown": markdown, "when": when}


def page(template: str, *, status: int = 200, form_to: str = "", **values: Any) -> HTMLResponse:
    """`form_to` are the sites that a form of this page may lead to, redirects included; without, none."""
    html = _environment.get_template(template).render(**values)
    policy = POLICY.replace("form-action 'none'", f"form-action {form_to}") if form_to else POLICY
    return HTMLResponse(html, status_code=status, headers=HEADERS | {"Content-Security-Policy": policy})
