"""Who reviews which branch of the tree: patterns as in a CODEOWNERS file, of which the last that matches counts.

| pattern | matches |
|---|---|
| `knowledge/science/` | all below that folder |
| `/knowledge/*/birds/` | `birds` in any folder just below `knowledge` |
| `birds/` | all below any folder of that name, anywhere |
| `knowledge/**/birds/` | `birds` anywhere below `knowledge` |
| `*` | everything |
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache

from service.decisions.facts import Person, Route


def routes_of(paths: Iterable[str], routes: Sequence[Route]) -> tuple[Route, ...]:
    """The routes that these changed files fall under, each once; a route without reviewers routes to nobody."""
    found = (
        next((route for route in reversed(routes) if matches(route.pattern, path)), None)
        for path in sorted(paths)
    )
    return tuple(dict.fromkeys(route for route in found if route is not None and route.reviewers))


def matches(pattern: str, path: str) -> bool:
    """Whether a file's path falls under the pattern."""
    return _expression(pattern).fullmatch(path) is not None


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    body = pattern.strip("/")
    anchored = pattern.startswith("/") or "/" in body
    parts = []
    for part in body.split("/"):
        if part == "**":
            parts.append(r"(?:[^/]+/)*")
        else:
            signs = ("[^/]*" if s == "*" else "[^/]" if s == "?" else re.escape(s) for s in part)
            parts.append("".join(signs) + "/")
    expression = "".join(parts).removesuffix("/")
    # `folder/` and `folder` hold all below; `folder/*` only what lies directly in it, as CODEOWNERS has it.
    below = "/.+" if pattern.endswith("/") else "" if body.endswith("/*") else "(?:/.+)?"
    if body.endswith("**"):
        expression, below = expression.removesuffix("/") + ".+", ""
    return re.compile(("" if anchored else "(?:[^/]+/)*") + expression + below)


def reviews(person: Person, route: Route) -> bool:
    """Whether they are one of the route's reviewers, by name or by a team; an edited comment may be another's."""
    if person.edited:
        return False
    return person.login.lower() in route.reviewers or not person.teams.isdisjoint(route.reviewers)


def reviewers_of(routes: Iterable[Route], *, but: str = "") -> tuple[str, ...]:
    """Everybody who may be asked, in the policy's order; nobody reviews what is their own."""
    every = (name for route in routes for name in route.reviewers)
    return tuple(name for name in dict.fromkeys(every) if name != but.lower())
