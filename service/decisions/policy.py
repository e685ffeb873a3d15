"""`.graft.yaml`: what a taxonomy's maintainers allow without being asked.

It is read from the base branch only, so that no pull request changes what it is judged by. What a pull request does
to the file is checked all the same, and shown as findings.
"""

import re
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from service.decisions.facts import Policy
from taxonomy_schema.models import Finding, Place, Severity
from taxonomy_schema.places import Path
from taxonomy_schema.policy_file import rules_from
from taxonomy_schema.spots import YamlSource
from taxonomy_schema.yaml_source import read_yaml

POLICY_FILE: Final = ".graft.yaml"
_LARGEST: Final = 64 * 1024
_CODE: Final = "GL900"
_LOGIN = r"^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})(?:\[bot\])?$"
_WEEK_MINUTES: Final = 7 * 24 * 60

Login = Annotated[str, StringConstraints(pattern=_LOGIN)]


class _PolicyFile(BaseModel):
    """The file as it is written; unknown keys are refused, since a misspelt limit is no limit."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    trusted_authors: list[Login] = Field(default_factory=list, max_length=1000)
    budget_minutes: int = Field(default=0, ge=0, le=_WEEK_MINUTES * 64)
    rules: Any = None
    """Of the rules for leaves; `taxonomy_schema.policy_file` reads it."""


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
        written = _PolicyFile.model_validate(source.data if source.data is not None else {})
    except ValidationError as error:
        return tuple(_fault(fault["loc"], fault["msg"], source) for fault in error.errors())
    rules = rules_from({} if written.rules is None else written.rules, source)
    if isinstance(rules, tuple):
        return rules
    authors = frozenset(login.lower() for login in written.trusted_authors)
    return Policy(trusted_authors=authors, budget_minutes=written.budget_minutes)


def _fault(path: Path, message: str, source: YamlSource) -> Finding:
    name = re.sub(r"[^\w.\[\]-]", "?", ".".join(map(str, path)))[:80] or "the whole file"
    place = source.lines.value(source.spot(path))
    known = ", ".join(_PolicyFile.model_fields)
    return _finding(place, f"{name}: {message}.", f"Known keys are {known}; see the maintainers' guide.")


def _finding(place: Place, message: str, mend: str) -> Finding:
    return Finding(code=_CODE, severity=Severity.ERROR, message=message, mend=mend, place=place)
