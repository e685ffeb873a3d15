"""Who somebody is to a taxonomy: their role and teams, looked up each time, for what they ask now."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

from service.decisions.facts import Person, Policy, Role, Route
from service.decisions.rights import person, teams_to_ask
from service.errors import GitHubBusy
from service.github.client import GitHub

T = TypeVar("T")

PATIENCE = 3
"""How often a command waits for GitHub to say who gave it; after that it is refused, and the answer says why."""


def look_up(
    github: GitHub,
    repository: str,
    login: str,
    policy: Policy,
    *,
    routes: Iterable[Route] = (),
    is_author: bool = False,
    edited: bool = False,
    tries: int = 0,
) -> Person:
    """Somebody with their rights. What GitHub does not tell gives none.

    Raises GitHubBusy while it is worth waiting: `tries` counts how often that was done for this command.
    """
    waits = tries < PATIENCE
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
