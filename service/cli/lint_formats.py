"""Findings for programs: the formats of `graft lint` that are not for people."""

import importlib.metadata

from service.cli.lint_target import Linted
from taxonomy_schema.formats import to_github, to_json, to_sarif


def written(output: str, linted: Linted) -> str:
    """The findings as `json`, `github` or `sarif` has them."""
    if output == "json":
        return to_json(linted.findings, linted.leaves)
    if output == "github":
        return to_github(linted.findings)
    return to_sarif(linted.findings, importlib.metadata.version("graftlab"))
