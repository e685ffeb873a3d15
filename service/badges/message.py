"""What a badge says. Only words of our own, numbers and versions: nobody can put a text of theirs on a badge."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from service.ledger.queries import LeafView, ReleaseView

Colour = Literal["green", "red", "blue", "amber", "grey"]
LABEL = "graft"


@dataclass(frozen=True)
class Badge:
    """`known` is false when there is nothing behind it."""

    message: str
    colour: Colour
    known: bool = True


UNKNOWN_LEAF = Badge("unknown leaf", "grey", known=False)
NO_DATA = Badge("no data", "grey", known=False)

_OF_VERDICT: dict[str, Colour] = {
    "improved": "green",
    "regressed": "red",
    "no clear change": "blue",
    "too few items": "amber",
}


def of_leaf(leaf: LeafView | None) -> Badge:
    """`+38 ±13, shipped 2026.47.1`: the delta, then how far the leaf has come."""
    if leaf is None:
        return UNKNOWN_LEAF
    measured = _measured(leaf)
    colour: Colour = _OF_VERDICT.get(leaf.verdict or "", "blue")
    match leaf.status:
        case "released":
            shipped = f"shipped {_version(leaf.version)}".rstrip()
            return Badge(f"{measured}, {shipped}" if measured else shipped, colour if measured else "green")
        case "merged":
            return Badge(f"{measured}, merged" if measured else "merged", colour)
        case "evaluated" if measured:
            return Badge(measured, colour)
        case "failing":
            return Badge("check failed", "red")
        case "checked" | "evaluated":
            return Badge("check passed", "blue")
        case _:
            return NO_DATA


def of_repository(releases: Sequence[ReleaseView], leaves: Sequence[LeafView]) -> Badge:
    """The newest published release, and how many leaves are in the tree as far as is known."""
    leaf_count = sum(leaf.status in {"merged", "released"} for leaf in leaves)
    known = f"{leaf_count} {'leaf' if leaf_count == 1 else 'leaves'}"
    published = next((release for release in releases if release.state == "published"), None)
    if published is not None:
        return Badge(f"{_version(published.version)}, {known}", "green")
    return Badge(f"{known}, no release yet", "blue") if leaf_count else NO_DATA


def _measured(leaf: LeafView) -> str:
    """The delta with half of its interval; in words when it is no clear change."""
    if leaf.verdict == "too few items":
        return "too few items"
    if leaf.delta is None:
        return ""
    amount = f"{leaf.delta:+.0f}".replace("-", "−")
    if leaf.low is not None and leaf.high is not None:
        amount += f" ±{(leaf.high - leaf.low) / 2:.0f}"
    return f"no clear change ({amount})" if leaf.verdict == "no clear change" else amount


def _version(version: str | None) -> str:
    return version if version and re.fullmatch(r"[\w.+-]{1,24}", version, re.ASCII) else ""
