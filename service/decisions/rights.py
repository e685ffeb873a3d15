"""What somebody may do: from their role in the repository and the teams that the policy names.

Closed by default: what could not be looked up gives no right.
"""

from collections.abc import Mapping
from typing import Final

from service.decisions.facts import Person, Policy, Role

RANKS: Final[tuple[Role, ...]] = ("none", "read", "triage", "write", "maintain", "admin")
_EDITED: Final[Role] = "write"
"""Who may write may edit other people's comments: an edited one shows no more than that."""


def higher(one: Role, other: Role) -> Role:
    return max(one, other, key=RANKS.index)


def teams_to_ask(role: Role | None, policy: Policy, route_teams: frozenset[str]) -> frozenset[str]:
    """The teams whose membership could change what somebody with this role may do."""
    held = role or "none"
    asked = frozenset[str]()
    if RANKS.index(held) < RANKS.index("maintain"):
        asked |= policy.maintain_teams | route_teams
    if RANKS.index(held) < RANKS.index("triage"):
        asked |= policy.triage_teams | policy.trusted_teams
    return asked


def person(
    login: str,
    role: Role | None,
    teams: Mapping[str, bool | None],
    policy: Policy,
    *,
    is_author: bool = False,
    edited: bool = False,
) -> Person:
    """Somebody with their rights. `role` and a team's membership are None when they could not be looked up."""
    member = frozenset(team for team, inside in teams.items() if inside)
    held: Role = role or "none"
    if member & policy.triage_teams:
        held = higher(held, "triage")
    if member & policy.maintain_teams:
        held = higher(held, "maintain")
    if edited:
        held = min(held, _EDITED, key=RANKS.index)
        member = frozenset()
    unsure = role is None or any(inside is None for inside in teams.values())
    return Person(login, held, is_author, teams=member, unsure=unsure, edited=edited)


def trusts(policy: Policy, somebody: Person) -> bool:
    """Whether the policy trusts them, by name or by a team."""
    named = {login.lower() for login in policy.trusted_authors}
    return somebody.login.lower() in named or not somebody.teams.isdisjoint(policy.trusted_teams)
