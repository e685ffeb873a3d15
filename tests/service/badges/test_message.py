from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from service.badges.message import NO_DATA, UNKNOWN_LEAF, of_leaf, of_repository
from service.ledger.queries import LeafView, ReleaseView

AT = datetime(2026, 3, 2, tzinfo=UTC)
LEAF = LeafView(
    repository="garden/taxonomy",
    leaf_id="knowledge/birds",
    status="released",
    verdict="improved",
    delta=38.2,
    low=25.1,
    high=51.3,
    n=15,
    run_id=7,
    author="octo",
    number=12,
    version="2026.47.1",
    updated_at=AT,
)
UNMEASURED: dict[str, Any] = {"verdict": None, "delta": None, "low": None, "high": None, "n": None}


@pytest.mark.parametrize(
    ("changes", "message", "colour"),
    [
        ({}, "+38 ±13, shipped 2026.47.1", "green"),
        (UNMEASURED, "shipped 2026.47.1", "green"),
        ({"status": "merged"}, "+38 ±13, merged", "green"),
        (UNMEASURED | {"status": "merged"}, "merged", "blue"),
        ({"status": "evaluated"}, "+38 ±13", "green"),
        (
            {"status": "evaluated", "verdict": "regressed", "delta": -12.4, "low": -17.0, "high": -8.0},
            "−12 ±4",
            "red",
        ),
        (
            {"status": "evaluated", "verdict": "no clear change", "delta": 1.0, "low": -3.0, "high": 5.0},
            "no clear change (+1 ±4)",
            "blue",
        ),
        ({"status": "evaluated", "verdict": "too few items"}, "too few items", "amber"),
        (UNMEASURED | {"status": "checked"}, "check passed", "blue"),
        (UNMEASURED | {"status": "failing"}, "check failed", "red"),
        ({"status": "something new"}, "no data", "grey"),
        ({"version": "<script>"}, "+38 ±13, shipped", "green"),
    ],
)
def test_a_leaf_says_its_delta_and_how_far_it_has_come(
    changes: dict[str, Any], message: str, colour: str
) -> None:
    badge = of_leaf(replace(LEAF, **changes))

    assert (badge.message, badge.colour) == (message, colour)


def test_a_leaf_that_nothing_is_known_of_says_so() -> None:
    assert of_leaf(None) == UNKNOWN_LEAF
    assert UNKNOWN_LEAF.message == "unknown leaf"


def release(version: str, state: str) -> ReleaseView:
    return ReleaseView(1, "garden/taxonomy", version, 9, "c" * 40, "d" * 64, "", state, None, AT, AT)


def test_a_repository_says_its_newest_release_and_counts_the_leaves_in_its_tree() -> None:
    leaves = [LEAF, replace(LEAF, status="merged"), replace(LEAF, status="checked")]
    releases = [release("2026.48.1", "publishing"), release("2026.47.1", "published")]

    assert of_repository(releases, leaves).message == "2026.47.1, 2 leaves"
    assert of_repository([], leaves[:1]).message == "1 leaf, no release yet"
    assert of_repository([], []) == NO_DATA
