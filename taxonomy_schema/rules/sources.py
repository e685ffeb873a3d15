"""Where a leaf's text comes from: documents that can be fetched again, under licences that allow it."""

import re
import unicodedata
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from taxonomy_schema.edits import replaced
from taxonomy_schema.findings import Finding, Place, Severity
from taxonomy_schema.parse import LeafSource
from taxonomy_schema.policy import DEFAULT_POLICY, Policy
from taxonomy_schema.rule import quoted
from taxonomy_schema.rules.examples import GOOD_KNOWLEDGE, attributed, knowledge
from taxonomy_schema.rules.leaf_rule import LeafRule
from taxonomy_schema.rules.licences import Licence, judge
from taxonomy_schema.rules.walk import place

_FULL_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_REPO: Final = "https://github.com/example/hills.git"


def _document(source: LeafSource) -> dict[str, Any] | None:
    document = source.data.get("document")
    return document if isinstance(document, dict) else None


class ShortCommit(LeafRule):
    code = "GL401"
    title = "The document's commit is not a full commit id"
    docs = "`document.commit` is 40 lower-case hexadecimal digits: a branch or a short id may mean another text later."
    bad = knowledge("0123456789abcdef0123456789abcdef01234567", "main")
    good = GOOD_KNOWLEDGE

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        document = _document(source)
        if document is not None and not _FULL_COMMIT.fullmatch(document["commit"]):
            yield self.finding(
                place(source, ("document", "commit")),
                f"{quoted(document['commit'])} is not a full commit id.",
                "Write the 40 digits that “git rev-parse HEAD” prints in the document's repository.",
            )


class BadRepository(LeafRule):
    code = "GL402"
    title = "The document's repository cannot be fetched from"
    docs = (
        "`document.repo` is an `https://` URL of a Git repository, without user name, port or query, on a host "
        f"that the maintainers allow; by default {', '.join(DEFAULT_POLICY.hosts)}."
    )
    bad = knowledge(_REPO, "git@github.com:example/hills.git")
    good = GOOD_KNOWLEDGE

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        document = _document(source)
        fault = document and _url_fault(document["repo"], policy.hosts)
        if fault:
            yield self.finding(place(source, ("document", "repo")), *fault)


def _url_fault(url: str, hosts: tuple[str, ...]) -> tuple[str, str] | None:
    """What is wrong with a repository's URL, and how to mend it."""
    form = "Write it as https://HOST/OWNER/NAME."
    try:
        parts: SplitResult = urlsplit(url)
        port = parts.port
    except ValueError:
        return f"{quoted(url)} is not a URL.", form
    if any(character.isspace() or not character.isprintable() or character == "\\" for character in url):
        return f"{quoted(url)} holds characters that a URL cannot have.", form
    if parts.scheme != "https" or not parts.hostname:
        return f"{quoted(url)} is not an https URL.", form
    if "@" in parts.netloc or port is not None or parts.query or parts.fragment:
        return f"{quoted(url)} has a user name, a port, a query or a fragment.", form
    if parts.hostname not in hosts:
        return (
            f"The host {quoted(parts.hostname)} is not on the list of this taxonomy.",
            f"Move the document to one of {', '.join(hosts)}, or ask the maintainers to allow the host.",
        )
    if not parts.path.strip("/"):
        return f"{quoted(url)} names no repository.", form
    return None


class BadPattern(LeafRule):
    code = "GL403"
    title = "A pattern leaves the document's repository"
    docs = "`document.patterns` are relative to the repository: no leading `/`, no `..`, no `.git`, no backslash."
    bad = knowledge("- hills.md", "- ../hills.md")
    good = GOOD_KNOWLEDGE

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        document = _document(source)
        for index, pattern in enumerate(document["patterns"] if document else ()):
            parts = PurePosixPath(pattern).parts
            if pattern.startswith("/") or "\\" in pattern or {"..", ".git"} & set(parts) or not parts:
                yield self.finding(
                    place(source, ("document", "patterns", index)),
                    f"The pattern {quoted(pattern)} does not stay inside the repository.",
                    "Write it relative to the repository's top, such as folder/*.md.",
                )


class LicenceNotListed(LeafRule):
    code = "GL404"
    title = "The licence is not on the list"
    severity = Severity.HINT
    docs = (
        f"Works under {', '.join(DEFAULT_POLICY.licences)} are accepted. For another licence the maintainers decide; "
        "their policy can make this an error."
    )
    bad = attributed("Title of work: Hills\nLicense of the work: CC-BY-NC-4.0\nCreator names: Ada\n")
    good = GOOD_KNOWLEDGE

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        for at, written in _licences(source):
            if judge(written, policy.licences) is Licence.NOT_LISTED:
                yield self.finding(
                    at,
                    f"The licence {quoted(written)} is not on the list of this taxonomy.",
                    f"Use a work under {', '.join(policy.licences)}; for this one the maintainers decide.",
                    policy.licence_severity,
                )


class LicenceSpelling(LeafRule):
    code = "GL405"
    title = "The licence is not written as an SPDX identifier"
    severity = Severity.HINT
    docs = "Licences are written as SPDX writes them, such as `CC-BY-SA-4.0`, so that programs can read them."
    bad = attributed("Title of work: Hills\nLicense of the work: CC BY-SA 4.0\nCreator names: Ada\n")
    good = GOOD_KNOWLEDGE

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        for at, written in _licences(source):
            if judge(written, policy.licences) is Licence.MISSPELT:
                spdx = "-".join(unicodedata.normalize("NFKC", written).split())
                spdx = next((name for name in policy.licences if name.lower() == spdx.lower()), spdx)
                yield self.finding(
                    at,
                    f"{quoted(written)} is not how SPDX writes it.",
                    f"Write {quoted(spdx)[1:-1]}.",
                    fix=(replaced(at.file, at.line, at.column, written, spdx),),
                )


class AttributionFields(LeafRule):
    code = "GL406"
    title = "The attribution lacks a field"
    severity = Severity.HINT
    docs = (
        "`attribution.txt` names for each work `Title of work`, `Link to work` (or `-`), `License of the work` and "
        "`Creator names`, and for a page that changes its `Revision`."
    )
    bad = attributed("Written by Ada.\n")
    good = GOOD_KNOWLEDGE
    _wanted = {  # noqa: RUF012 - a constant, shown with the rule it serves
        "title": "Title of work",
        "link": "Link to work",
        "licence": "License of the work",
        "creators": "Creator names",
    }

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        text = source.attribution_text
        if text is None or not text.strip():
            return
        for line, values in [(work.line, work.values) for work in source.works] or [(1, {})]:
            lacking = [name for key, name in self._wanted.items() if not values.get(key)]
            if lacking:
                yield self.finding(
                    Place(file=source.attribution_file, line=line),
                    f"The work does not say: {', '.join(lacking)}.",
                    f"Add a line “{lacking[0]}: …”.",
                )


def _licences(source: LeafSource) -> Iterator[tuple[Place, str]]:
    for work in source.works:
        if work.values.get("licence"):
            line, column = work.places["licence"]
            yield Place(file=source.attribution_file, line=line, column=column), work.values["licence"]


RULES: Final[tuple[LeafRule, ...]] = (
    ShortCommit(),
    BadRepository(),
    BadPattern(),
    LicenceNotListed(),
    LicenceSpelling(),
    AttributionFields(),
)
