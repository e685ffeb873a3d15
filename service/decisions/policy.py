"""`.graft.yaml`: what a taxonomy's maintainers allow without being asked, and who looks at what.

It is read from the default branch only, so that no pull request changes what it is judged by. What a pull request does
to the file is checked all the same, and shown as findings and as its effect (`policy_effect`).
"""

import re
from difflib import get_close_matches
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from service.decisions.facts import Policy, Route
from taxonomy_schema.models import Finding, Place
from taxonomy_schema.places import Path
from taxonomy_schema.policy import Policy as RulesPolicy
from taxonomy_schema.policy_file import rules_from
from taxonomy_schema.policy_rules import PolicyFault
from taxonomy_schema.spots import YamlSource
from taxonomy_schema.yaml_source import read_yaml

POLICY_FILE: Final = ".graft.yaml"
_LARGEST: Final = 64 * 1024
_NAME: Final = r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61})"
_LOGIN: Final = rf"^{_NAME}(?:\[bot\])?$"
_TEAM: Final = rf"^{_NAME}/[A-Za-z0-9][A-Za-z0-9._-]{{0,99}}$"
_REVIEWER: Final = rf"^{_NAME}(?:/[A-Za-z0-9][A-Za-z0-9._-]{{0,99}})?$"
_PART: Final = r"[A-Za-z0-9_*?-][A-Za-z0-9._*?-]*"
_PATTERN: Final = rf"^/?{_PART}(?:/{_PART})*/?$"
_MOST_MINUTES: Final = 7 * 24 * 60 * 4096
"""A week of more accelerators than one service drives."""
_MOST_REVIEWERS: Final = 15
"""GitHub asks no more people for a review of one pull request."""

Login = Annotated[str, StringConstraints(pattern=_LOGIN)]
Team = Annotated[str, StringConstraints(pattern=_TEAM)]
Reviewer = Annotated[str, StringConstraints(pattern=_REVIEWER)]
Pattern = Annotated[str, StringConstraints(pattern=_PATTERN, max_length=200)]
Minutes = Annotated[int, Field(ge=0, le=_MOST_MINUTES)]
Teams = Annotated[list[Team], Field(max_length=20)]


class _Strict(BaseModel):
    """Unknown keys are refused, since a misspelt limit is no limit."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class TeamsPart(_Strict):
    """Teams of the organisation, as `org/team`, whose members have a right here."""

    triage: Teams = Field(default_factory=list, description="Members may do what the role triage may.")
    maintain: Teams = Field(default_factory=list, description="Members may do what the role maintain may.")
    trusted: Teams = Field(
        default_factory=list,
        description="Members are trusted authors: approved by policy, within the budget.",
    )


class PolicyFile(_Strict):
    """The file as it is written."""

    trusted_authors: list[Login] = Field(
        default_factory=list,
        max_length=1000,
        description="Logins whose pull requests are approved by policy, within budget_minutes; never their first one.",
    )
    budget_minutes: Minutes = Field(
        default=0,
        description="Accelerator-minutes in seven days up to which each trusted author is approved by policy. "
        "0: policy approves nothing.",
    )
    budget_minutes_per_author: Minutes | None = Field(
        default=None,
        description="The most accelerator-minutes that one author's pull requests use in seven days, whoever approved. "
        "Not set: no limit.",
    )
    budget_minutes_per_week: Minutes | None = Field(
        default=None,
        description="The most accelerator-minutes that all pull requests together use in seven days, whoever approved. "
        "Not set: no limit.",
    )
    teams: TeamsPart = Field(default_factory=TeamsPart)
    reviewers: dict[Pattern, Annotated[list[Reviewer], Field(max_length=_MOST_REVIEWERS)]] = Field(
        default_factory=dict,
        max_length=500,
        description="Who reviews what lies under a path: logins, or teams as org/team. The last pattern that matches "
        "counts. A triager's approval there must come from one of them, or from a maintainer.",
    )
    rules: dict[str, Any] = Field(
        default_factory=dict, description="What the maintainers set about the rules of leaves."
    )


def parse_policy(data: bytes | None) -> Policy | tuple[Finding, ...]:
    """The policy, or what is wrong with the file. No file: nobody is trusted, and the budget is nothing."""
    if data is None:
        return Policy()
    if len(data) > _LARGEST:
        return (
            _finding(Place(file=POLICY_FILE), f"The file is larger than {_LARGEST:,} bytes.", "Shorten it."),
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return (_finding(Place(file=POLICY_FILE, line=line), "The file is not UTF-8.", "Save it as UTF-8."),)
    source = read_yaml(text, POLICY_FILE)
    if source.findings:
        return tuple(source.findings)
    try:
        written = PolicyFile.model_validate(source.data if source.data is not None else {})
    except ValidationError as error:
        return tuple(_fault(fault["loc"], fault["msg"], source) for fault in error.errors())
    rules = rules_from(written.rules, source)
    return _policy(written) if isinstance(rules, RulesPolicy) else rules


def _policy(written: PolicyFile) -> Policy:
    teams = written.teams
    routes = (Route(path, tuple(name.lower() for name in who)) for path, who in written.reviewers.items())
    return Policy(
        trusted_authors=_lower(written.trusted_authors),
        budget_minutes=written.budget_minutes,
        budget_minutes_per_author=written.budget_minutes_per_author,
        budget_minutes_per_week=written.budget_minutes_per_week,
        triage_teams=_lower(teams.triage),
        maintain_teams=_lower(teams.maintain),
        trusted_teams=_lower(teams.trusted),
        routes=tuple(routes),
        rules=written.rules,
    )


def _lower(names: list[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)


def _fault(path: Path, message: str, source: YamlSource) -> Finding:
    """`path` is pydantic's: a fault in a mapping's key ends with `[key]`, which is no value of the file."""
    inside = path[:-1] if path and path[-1] == "[key]" else path
    name = re.sub(r"[^\w.\[\]/*?-]", "?", ".".join(map(str, inside)))[:80] or "the whole file"
    spot, lines = source.spot(inside), source.lines
    place = lines.key(spot) if message.startswith("Extra inputs") or inside != path else lines.value(spot)
    return _finding(place, f"{name}: {message}.", _mend(path))


def _mend(path: Path) -> str:
    """The keys that are known at this place, and the one that may have been meant."""
    keys = tuple(TeamsPart.model_fields if path[:1] == ("teams",) else PolicyFile.model_fields)
    close = get_close_matches(str(path[-1])[:40], keys, n=1) if path and path[-1] not in keys else []
    meant = f"Did you mean {close[0]}? " if close else ""
    return f"{meant}Known keys are {', '.join(keys)}; see the maintainers' guide."


def _finding(place: Place, message: str, mend: str) -> Finding:
    return PolicyFault.finding(place, message, mend)
