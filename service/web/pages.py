"""Templates, headers and static files. Everything is escaped, and no page may load or run anything foreign."""

import hashlib
import math
import re
from datetime import UTC, datetime
from importlib import resources
from typing import Any

from fastapi import Response
from fastapi.responses import JSONResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from pydantic_core import to_jsonable_python

from service.reports.table import duration, points, signed

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
_SVG_HEADERS = {
    **_HEADERS,
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
}
_HIDDEN = frozenset({"run_dir", "folder"})
_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


def _load_static() -> dict[str, bytes]:
    folder = resources.files("service.web") / "static"
    return {
        file.name: file.read_bytes() for file in folder.iterdir() if file.name.partition(".")[2] in _TYPES
    }


_STATIC = _load_static()


def _address(name: str) -> str:
    """A static file's address, which changes with its content."""
    return f"/static/{name}?v={hashlib.sha256(_STATIC[name]).hexdigest()[:12]}"


def ago(moment: datetime | None, now: datetime) -> str:
    """`4 min ago`, `in 20 s`; a dash for no moment."""
    if moment is None:
        return "–"
    seconds = (now - moment).total_seconds()
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if abs(seconds) >= size:
            text = f"{abs(seconds) / size:.0f} {unit}"
            break
    else:
        text = f"{abs(seconds):.0f} s"
    return f"{text} ago" if seconds >= 0 else f"in {text}"


def breakable(path: str) -> Markup:
    """A path that may break after a slash or an underscore, where it does not fit."""
    return Markup(re.sub(r"(?<=[/_])(?=.)", "<wbr>", str(escape(path))))  # noqa: S704 - escaped just here


_environment = Environment(
    loader=PackageLoader("service.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters |= {
    "duration": duration,
    "points": points,
    "signed": signed,
    "ago": ago,
    "breakable": breakable,
}
_environment.globals |= {"static": _address}


def page(template: str, *, status: int = 200, **values: object) -> Response:
    """A page from a template; `now` is given to all of them."""
    text = _environment.get_template(template).render(now=datetime.now(UTC), **values)
    return Response(text, status_code=status, headers=_HEADERS, media_type="text/html; charset=utf-8")


def picture(template: str, **values: object) -> Response:
    """An SVG that stands for itself."""
    text = _environment.get_template(template).render(**values)
    return Response(text, headers=_SVG_HEADERS, media_type="image/svg+xml; charset=utf-8")


def twin(value: object) -> Response:
    """The JSON twin of a page, without folders of this machine and with null for what is no number."""
    return JSONResponse(_shown(to_jsonable_python(value)), headers=_HEADERS)


def _shown(value: Any) -> Any:
    match value:
        case dict():
            return {key: _shown(part) for key, part in value.items() if key not in _HIDDEN}
        case list():
            return [_shown(part) for part in value]
        case float() if not math.isfinite(value):
            return None
        case _:
            return value


def missing(what: str) -> Response:
    return page("missing.html", status=404, what=what)


def static_file(name: str) -> Response:
    """A file of ours by its name; nothing else can be reached."""
    if name not in _STATIC:
        return missing("file")
    headers = {**_HEADERS, "Cache-Control": "public, max-age=31536000, immutable"}
    return Response(_STATIC[name], headers=headers, media_type=_TYPES[name.partition(".")[2]])
