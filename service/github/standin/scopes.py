"""Which permission a request takes, when an App's installation makes it."""

from __future__ import annotations

import re
from typing import Final

from .auth import Viewer
from .errors import forbidden

_READS = {"GET", "HEAD", "OPTIONS"}
_EITHER: Final = ("issues", "pull_requests")
_TAKEN: Final = (
    (re.compile(r"/(check-runs|check-suites)(/|$)"), ("checks",)),
    (re.compile(r"/(statuses|status)(/|$)"), ("statuses",)),
    (re.compile(r"/code-scanning(/|$)"), ("security_events",)),
    (re.compile(r"/(git|contents|releases|branches|merges|compare|commits)(/|$)"), ("contents",)),
    # A pull request is an issue too: GitHub takes either permission for its comments, labels and reactions.
    (re.compile(r"/(issues|labels)(/|$)"), _EITHER),
    (re.compile(r"/pulls(/|$)"), ("pull_requests",)),
)
"""The first that is found in the path after `/repos/OWNER/NAME`; whatever else there is takes `metadata`."""
_REPO = re.compile(r"/repos/[^/]+/[^/]+(?P<rest>/.*)?\Z")


def demand(viewer: Viewer, method: str, path: str) -> None:
    """403 when the token was narrowed to permissions that do not cover the request."""
    inside = _REPO.match(path)
    if viewer.scope is None or inside is None:
        return
    rest = inside["rest"] or ""
    names = next((names for pattern, names in _TAKEN if pattern.search(rest)), ("metadata",))
    enough = {"read", "write"} if method in _READS else {"write"}
    if not any(viewer.scope.permissions.get(name) in enough for name in names):
        raise forbidden()
