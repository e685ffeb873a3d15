"""Where a leaf's text comes from: documents that can be fetched again, under licences that allow it."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from taxonomy_schema.findings import Finding, Severity
from taxonomy_schema.parse import LeafSource
from taxonomy_schema.patterns import late
from taxonomy_schema.policy import DEFAULT_POLICY, Policy
from taxonomy_schema.rule import quoted
from taxonomy_schema.rules.examples import GOOD_KNOWLEDGE, knowledge
from taxonomy_schema.rules.leaf_rule import LeafRule
from taxonomy_schema.rules.walk import place

_FULL_COMMIT: Final = late(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_WILD: Final = late(r"[*?\[\]]")
_WIDE: Final = late(r"(?:\./)?(?:\*\*/)*(?:\*\*?|\*\.\*)|(?:\./)?(?:\*\*?/)+\*\.[A-Za-z*]+")
PLAIN_URL: Final = late(r"https://([a-z0-9-]+(?:\.[a-z0-9-]+)+)/[A-Za-z0-9._~-]+(?:/[A-Za-z0-9._~-]+)*/?")
_REPO: Final = "https://github.com/example/hills.git"


def _document(source: LeafSource) -> dict[str, Any] | None:
    document = source.data.get("document")
    return document if isinstance(document, dict) else None


class ShortCommit(LeafRule):
    code = "GL401"
    title = "The document's commit is not a full commit id"
    docs = (
        "`document.commit` is 40 lower-case hexadecimal digits (64 where a repository uses SHA-256): a branch or "
        "a short id may mean another text later."
    )
    bad = knowledge("0123456789abcdef0123456789abcdef01234567", "main")
    good = GOOD_KNOWLEDGE

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        document = _document(source)
        if document is None:
            return
        commit = document["commit"]
        if not _FULL_COMMIT.fullmatch(commit):
            yield self.finding(
                place(source, ("document", "commit")),
                f"{quoted(commit)} is not a full commit id: a branch or a short id may name another text later.",
                "Write all 40 characters, as “git rev-parse HEAD” prints them in the document's repository.",
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
    plain = PLAIN_URL.fullmatch(url)
    if plain is not None and plain[1] in hosts:
        return None  # as nearly all are written
    form = "Write the address as your browser shows it, such as https://github.com/OWNER/NAME."
    try:
        parts: SplitResult = urlsplit(url)
        port = parts.port
    except ValueError:
        return f"{quoted(url)} is no web address, so the document cannot be fetched.", form
    if any(character.isspace() or not character.isprintable() or character == "\\" for character in url):
        return (
            f"{quoted(url)} holds characters that no web address has, so the document cannot be fetched.",
            form,
        )
    if parts.scheme != "https" or not parts.hostname:
        return (
            f"{quoted(url)} does not begin with https://, the only way in which documents are fetched.",
            form,
        )
    if "@" in parts.netloc or port is not None or parts.query or parts.fragment:
        return (
            f"{quoted(url)} has more in it than a repository's address: a name before “@”, a port, “?…” or “#…”.",
            form,
        )
    if parts.hostname not in hosts:
        return (
            f"This taxonomy takes no documents from {quoted(parts.hostname)}, so this one would not be fetched.",
            f"Put the document into a repository on {' or '.join(hosts)}, or ask the maintainers to allow this host.",
        )
    if not parts.path.strip("/"):
        return f"{quoted(url)} names a host but no repository, so there is nothing to fetch.", form
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
                    f"The pattern {quoted(pattern)} leads out of the document's repository, where nothing is read.",
                    "Write the path from the top of that repository, such as hills.md or folder/*.md.",
                )


class UnreadableType(LeafRule):
    code = "GL407"
    title = "A pattern names files that cannot be read"
    severity = Severity.HINT
    docs = (
        f"Documents are read as Markdown or plain text ({', '.join(DEFAULT_POLICY.document_types)}). A file of another "
        "type stops the generation, so convert it first: PDF and office documents with a tool such as docling or "
        "pandoc."
    )
    bad = knowledge("- hills.md", "- hills.pdf")
    good = GOOD_KNOWLEDGE

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        document = _document(source)
        for index, pattern in enumerate(document["patterns"] if document else ()):
            if pattern.endswith(policy.document_types):
                continue
            _, dot, suffix = pattern.rpartition("/")[2].rpartition(".")
            if (
                dot
                and suffix
                and not _WILD.search(suffix)
                and f".{suffix}".lower() not in policy.document_types
            ):
                yield self.finding(
                    place(source, ("document", "patterns", index)),
                    f"Files of the type {quoted('.' + suffix)} cannot be read, so generation would stop there.",
                    "Turn it into a Markdown file, commit that file in the document's repository, and write its "
                    "name here: "
                    f"{quoted(_as_markdown(pattern))[1:-1]}.",
                )


class TooWide(LeafRule):
    code = "GL408"
    title = "A pattern names nearly everything"
    severity = Severity.HINT
    docs = (
        "A pattern such as `*` or `**/*.md` names every file, so that licences, read-me files and other people's pages "
        "are taught as this leaf's subject. Name the files that the seeds are about."
    )
    bad = knowledge("- hills.md", '- "**/*.md"')
    good = knowledge("- hills.md", "- hills/*.md")

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        document = _document(source)
        for index, pattern in enumerate(document["patterns"] if document else ()):
            if _WIDE.fullmatch(pattern):
                yield self.finding(
                    place(source, ("document", "patterns", index)),
                    f"{quoted(pattern)} names nearly every file of the repository: its licence and other pages "
                    "would be taught too.",
                    "Write the names of the files that your questions are about, or a folder's, such as hills/*.md.",
                )


def _as_markdown(pattern: str) -> str:
    return pattern.rpartition(".")[0] + ".md"


RULES: Final[tuple[LeafRule, ...]] = (
    ShortCommit(),
    BadRepository(),
    BadPattern(),
    UnreadableType(),
    TooWide(),
)
