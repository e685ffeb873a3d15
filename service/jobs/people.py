"""Who somebody is to a taxonomy: their role and teams, looked up each time, for what they ask now."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from service.decisions.facts import Person, Policy, Role, Route
from service.decisions.rights import person, teams_to_ask
from service.errors import GitHubBusy
from service.github.client import GitHub
from service.ledger.tables import Delivery

T = TypeVar("T")

PATIENCE = timedelta(minutes=10)
_TRIES = 3
"""So long and so often a command waits for GitHub to say who gave it; then it is refused, and the answer says why."""


def is_worth_waiting(delivery: Delivery, *, now: datetime) -> bool:
    """Whether what this delivery tells of can wait for GitHub to say who is who."""
    return delivery.attempts < _TRIES or now - delivery.received_at < PATIENCE


def look_up(
    github: GitHub,
    repository: str,
    login: str,
    policy: Policy,
    *,
    routes: Iterable[Route] = (),
    is_author: bool = False,
    edited: bool = False,
    waits: bool = True,
) -> Person:
    """Somebody with their rights. What GitHub does not tell gives none.

    Raises GitHubBusy when GitHub is in trouble and it `waits`.
    """
    role: Role | None = _told(partial(github.role, repository, login), waits=waits)
    named = frozenset(name for route in routes for name in route.reviewers if "/" in name)
    teams = {
        team: _told(partial(github.in_team, repository, team, login), waits=waits)
        for team in sorted(teams_to_ask(role, policy, named))
    }
    return person(login, role, teams, policy, is_author=is_author, edited=edited)


def author_of(github: GitHub, repository: str, login: str, policy: Policy) -> Person:
    """Who opened a pull request: only whether the policy trusts them matters, and doubt means that it does not."""
    teams: dict[str, bool | None] = {}
    if policy.budget_minutes and login.lower() not in policy.trusted_authors:
        teams = {
            team: _told(partial(github.in_team, repository, team, login), waits=False)
            for team in sorted(policy.trusted_teams)
        }
    return person(login, "none", teams, policy, is_author=True)


def _told(ask: Callable[[], T | None], *, waits: bool) -> T | None:
    try:
        return ask()
    except GitHubBusy:
        if waits:
            raise
        return None
