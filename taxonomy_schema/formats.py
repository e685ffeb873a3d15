"""Findings for programs: JSON, annotations of a CI job, and SARIF for code scanning."""

import json
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from taxonomy_schema.findings import Finding, Severity
from taxonomy_schema.rule import RULES_URL
from taxonomy_schema.rules import ALL_RULES

_SARIF_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: Final = {Severity.ERROR: "error", Severity.HINT: "note"}


def to_json(findings: Sequence[Finding], leaves: int) -> str:
    """One object: `version`, `leaves` (how many were looked at), `errors`, `hints`, `findings`."""
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    report = {
        "version": 1,
        "leaves": leaves,
        "errors": errors,
        "hints": len(findings) - errors,
        "findings": [finding.to_dict() for finding in findings],
    }
    return json.dumps(report, ensure_ascii=False, indent=2)


def to_github(findings: Sequence[Finding]) -> str:
    """Workflow commands, one a line, which GitHub Actions turns into annotations."""
    return "\n".join(_command(finding) for finding in findings)


def _command(finding: Finding) -> str:
    place = finding.place
    name = "error" if finding.severity is Severity.ERROR else "notice"
    properties = {"file": place.file, "line": place.line, "col": place.column, "title": finding.code}
    if place.end_line is not None and place.end_line > place.line:
        properties["endLine"] = place.end_line
        del properties["col"]  # GitHub refuses columns on more than one line
    written = ",".join(f"{key}={_escaped(str(value), ':,')}" for key, value in properties.items())
    return f"::{name} {written}::{_escaped(f'{finding.message} {finding.mend}')}"


def _escaped(text: str, more: str = "") -> str:
    """Escaped as the runner unescapes it, so that no text of a leaf can start a command."""
    for character in f"%\r\n{more}":
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def to_sarif(findings: Sequence[Finding], version: str, rules_url: str = RULES_URL) -> str:
    """A SARIF 2.1.0 log with one run; `version` is the program's, the rules' pages lie below `rules_url`."""
    indices = {rule.code: index for index, rule in enumerate(ALL_RULES)}
    rules = [
        {
            "id": rule.code,
            "name": rule.__name__,
            "shortDescription": {"text": rule.title},
            "fullDescription": {"text": rule.docs},
            "help": {"text": f"{rule.docs} See {rules_url}/{rule.code}.md"},
            "helpUri": f"{rules_url}/{rule.code}.md",
            "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        }
        for rule in ALL_RULES
    ]
    run = {
        "tool": {"driver": {"name": "GraftLab", "version": version, "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, indices.get(finding.code)) for finding in findings],
    }
    return json.dumps(
        {"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2
    )


def _result(finding: Finding, rule_index: int | None) -> dict[str, Any]:
    place = finding.place
    region = {"startLine": place.line, "startColumn": place.column}
    if place.end_line is not None and place.end_line > place.line:
        region["endLine"] = place.end_line
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.message} {finding.mend}"},
        "locations": [
            {"physicalLocation": {"artifactLocation": {"uri": quote(place.file)}, "region": region}}
        ],
    }
    if rule_index is not None:  # the service has findings of its own, of what is no leaf
        result["ruleIndex"] = rule_index
    if finding.fix:
        result["fixes"] = [_fix(finding)]
    return result


def _fix(finding: Finding) -> dict[str, Any]:
    """The exact mend, as SARIF writes edits."""
    replacements = [
        {
            "deletedRegion": {
                "startLine": edit.line,
                "startColumn": edit.column,
                "endLine": edit.end_line,
                "endColumn": edit.end_column,
            },
            "insertedContent": {"text": edit.replacement},
        }
        for edit in finding.fix
    ]
    change = {"artifactLocation": {"uri": quote(finding.place.file)}, "replacements": replacements}
    return {"description": {"text": finding.mend}, "artifactChanges": [change]}
