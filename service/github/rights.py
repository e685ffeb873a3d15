"""What GraftLab's GitHub App may do, and of what it is told: no more than the code uses.

The App's registration asks for it (`manifest.py`), every installation token is narrowed to it (`auth.py`), and
`graft doctor` says what an App lacks.
"""

from collections.abc import Mapping
from typing import Final

PERMISSIONS: Final[Mapping[str, str]] = {
    "checks": "write",  # the check run with its annotations
    "contents": "write",  # clones; the tag and the files of a release
    "issues": "write",  # commands in comments, answers, reactions
    "members": "read",  # roles that come from an organisation's teams
    "metadata": "read",  # whatever else is asked for, GitHub grants this too
    "pull_requests": "write",  # heads, the sticky comment
}
WHERE_GRANTED: Final[Mapping[str, str]] = {
    "security_events": "write",  # findings for code scanning, which a setting turns on
}
"""Used where an organisation granted it; nobody is asked for it."""
EVENTS: Final = (
    "check_run",
    "issue_comment",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "push",
)

_LEVELS: Final = ("none", "read", "write", "admin")


def granted(permissions: Mapping[str, str]) -> dict[str, str]:
    """Of what an installation was granted, the part that we use: what a token may be narrowed to."""
    return {
        name: min(level, permissions[name], key=_rank)
        for name, level in {**PERMISSIONS, **WHERE_GRANTED}.items()
        if _rank(permissions.get(name, "none")) > 0
    }


def lacking(permissions: Mapping[str, str]) -> dict[str, str]:
    """What we use and were not granted, with the level that it takes. `members` only matters to teams."""
    return {
        name: level
        for name, level in PERMISSIONS.items()
        if _rank(permissions.get(name, "none")) < _rank(level)
    }


def _rank(level: str) -> int:
    return _LEVELS.index(level) if level in _LEVELS else 0
