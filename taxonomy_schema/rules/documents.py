"""A knowledge leaf's patterns beside the files of its document's repository, where those are at hand."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

from taxonomy_schema.findings import Finding
from taxonomy_schema.globs import matches
from taxonomy_schema.parse import LeafSource
from taxonomy_schema.policy import DEFAULT_POLICY, Policy
from taxonomy_schema.rule import Rule, quoted
from taxonomy_schema.rules.walk import key_place, place

_SUGGESTED: Final = 3


class NamesNoFile(Rule):
    code = "GL409"
    title = "A pattern names no file that can be read"
    docs = (
        "In the document's repository at its commit no Markdown or text file fits the pattern, so there is nothing to "
        "generate from: `**` crosses folders and `*` does not. Neither a lint nor the check of a pull request fetches "
        "the repository, so they do not tell this; an evaluation stops at it and says so."
    )


class DocumentTooLarge(Rule):
    code = "GL410"
    title = "The document is too large"
    docs = (
        f"One file has at most {DEFAULT_POLICY.document_bytes:,} bytes and a leaf's patterns name at most "
        f"{DEFAULT_POLICY.documents} files; the policy may set other limits. Of more, the seeds would cover too "
        "little. Told by an evaluation alone, which fetches the document."
    )


def document_findings(
    source: LeafSource, files: Mapping[str, int], policy: Policy = DEFAULT_POLICY
) -> list[Finding]:
    """`files`: the size in bytes of each ordinary file of the document's commit, by its path in the repository."""
    document = source.data.get("document")
    if not isinstance(document, dict):
        return []
    readable = [name for name in files if PurePosixPath(name).suffix.lower() in policy.document_types]
    findings: list[Finding] = []
    named: set[str] = set()
    for index, pattern in enumerate(document["patterns"]):
        fitting = [name for name in readable if matches(pattern, name)]
        named.update(fitting)
        at = place(source, ("document", "patterns", index))
        if not fitting:
            there = ", ".join(quoted(name) for name in sorted(readable)[:_SUGGESTED]) or "no such file at all"
            findings.append(
                NamesNoFile.finding(
                    at,
                    f"The pattern {quoted(pattern)} fits no file that can be read, so there is nothing to learn "
                    "from. At that commit "
                    f"the repository has {there}.",
                    "Write the path as it stands there, from the top of the repository.",
                )
            )
        findings += [
            DocumentTooLarge.finding(
                at,
                f"{quoted(name)} has {files[name]:,} bytes; {policy.document_bytes:,} is the most: your questions "
                "would cover "
                "too little of it.",
                "Make a file of the part that your questions are about, and name that.",
            )
            for name in fitting
            if files[name] > policy.document_bytes
        ]
    if len(named) > policy.documents:
        findings.append(
            DocumentTooLarge.finding(
                key_place(source, ("document", "patterns")),
                f"The patterns name {len(named)} files; {policy.documents} is the most: your questions would "
                "cover too few of "
                "them.",
                "Name only the files that your questions are about.",
            )
        )
    return findings


DOCUMENT_RULES: Final[tuple[type[Rule], ...]] = (NamesNoFile, DocumentTooLarge)
