"""Whether a leaf is by whom it says: `created_by` beside the author of the pull request."""

from collections.abc import Iterator
from typing import Final

from taxonomy_schema.findings import Finding, Severity
from taxonomy_schema.parse import LeafSource
from taxonomy_schema.rule import Rule, quoted
from taxonomy_schema.rules.walk import place


class AnotherAuthor(Rule):
    code = "GL510"
    title = "created_by is not who opened the pull request"
    severity = Severity.HINT
    docs = (
        "`created_by` of a new leaf names the account that contributes it; the credits and the release's thanks follow "
        "it. Somebody may send another's leaf, so it is a hint. Only pull requests have an author: `graft lint` cannot "
        "tell."
    )


def author_findings(source: LeafSource, author: str | None) -> Iterator[Finding]:
    """Said of a leaf that the author of a pull request adds; nothing where there is no author."""
    written = source.data.get("created_by")
    if author is None or not isinstance(written, str):
        return
    if written.strip().lstrip("@").casefold() != author.casefold():
        yield AnotherAuthor.finding(
            place(source, ("created_by",)),
            f"created_by says {quoted(written)}, and the pull request is by {quoted(author)}: the credits go to "
            "created_by.",
            f"Write “created_by: {quoted(author)[1:-1]}”, or leave it and say in the pull request whose work it is.",
        )


AUTHOR_RULES: Final[tuple[type[Rule], ...]] = (AnotherAuthor,)
