"""What a change of `.graft.yaml` would do once it is merged: settings from old to new, and who gains or loses what."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from service.decisions.facts import Policy

_LONGEST = 300
_NOT_SET = "not set"


@dataclass(frozen=True)
class Change:
    """One setting that would change. Plain text, to be escaped where it is shown."""

    setting: str
    old: str
    new: str


@dataclass(frozen=True)
class Effect:
    changes: tuple[Change, ...]
    gains: tuple[str, ...]
    """Who would gain which right, one a line."""
    losses: tuple[str, ...]


def effect(old: Policy, new: Policy) -> Effect:
    """The difference, in the order of the file; all empty when both mean the same."""
    before, after = dict(_settings(old)), dict(_settings(new))
    names = dict.fromkeys([*before, *after])
    changes = (Change(name, before.get(name, _NOT_SET), after.get(name, _NOT_SET)) for name in names)
    had, has = set(_rights(old)), set(_rights(new))
    return Effect(
        changes=tuple(change for change in changes if change.old != change.new),
        gains=tuple(sorted(has - had)),
        losses=tuple(sorted(had - has)),
    )


def _settings(policy: Policy) -> Iterator[tuple[str, str]]:
    yield "trusted_authors", _names(policy.trusted_authors)
    yield "budget_minutes", str(policy.budget_minutes)
    yield "budget_minutes_per_author", _limit(policy.budget_minutes_per_author)
    yield "budget_minutes_per_week", _limit(policy.budget_minutes_per_week)
    yield "teams.triage", _names(policy.triage_teams)
    yield "teams.maintain", _names(policy.maintain_teams)
    yield "teams.trusted", _names(policy.trusted_teams)
    for route in policy.routes:
        yield f"reviewers {route.pattern}", ", ".join(route.reviewers) or "nobody in particular"
    # The last pattern that matches counts, so that their order is a setting too.
    yield "order of reviewers", ", ".join(route.pattern for route in policy.routes)[:_LONGEST] or "none"
    yield from _flat("rules", policy.rules)


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(f"{name}.{key}", inner)
    else:
        shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        yield name, shown[:_LONGEST] or "empty"


def _names(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))[:_LONGEST] or "nobody"


def _limit(minutes: int | None) -> str:
    return "no limit" if minutes is None else str(minutes)


def _rights(policy: Policy) -> Iterator[str]:
    if policy.budget_minutes:
        upto = f"approved by policy, up to {policy.budget_minutes} accelerator-minutes in seven days"
        yield from (f"{login}: {upto}" for login in policy.trusted_authors)
        yield from (f"members of {team}: {upto}" for team in policy.trusted_teams)
    triage, maintain = "what triagers may", "what maintainers may (releases, any approval)"
    yield from (f"members of {team}: {triage}" for team in policy.triage_teams | policy.maintain_teams)
    yield from (f"members of {team}: {maintain}" for team in policy.maintain_teams)
    for route in policy.routes:
        for name in route.reviewers:
            who = f"members of {name}" if "/" in name else name
            yield f"{who}: approval of what lies under {route.pattern}, if they are triagers"
