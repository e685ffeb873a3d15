"""A knowledge leaf beside its document, where that is at hand: patterns beside files, contexts beside texts."""

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Final

from taxonomy_schema.findings import Finding, Severity
from taxonomy_schema.globs import matches
from taxonomy_schema.parse import LeafSource
from taxonomy_schema.policy import DEFAULT_POLICY, Policy
from taxonomy_schema.rule import Rule, quoted
from taxonomy_schema.rules.walk import key_place, place
from taxonomy_schema.similarity import words_of

_SUGGESTED: Final = 3
_PASSAGE: Final = 16
"""Letters and digits in a row, of one word or several, that hardly stand in two texts by chance."""
_PASSAGES: Final = 24
"""Of a long context so many are looked up, from its beginning to its end."""
_LEAST_PASSAGES: Final = 3
_THERE: Final = 0.5
_WHERE_TOLD: Final = (
    "Told where the document is at hand: by `graft lint --documents DIR`, with a clone of its repository in DIR, and "
    "in a pull request once an evaluation has fetched it."
)


class NamesNoFile(Rule):
    code = "GL409"
    title = "A pattern names no file that can be read"
    docs = (
        "In the document's repository at its commit no Markdown or text file fits the pattern, so there is nothing to "
        f"generate from: `**` crosses folders and `*` does not. An evaluation stops at it. {_WHERE_TOLD}"
    )


class DocumentTooLarge(Rule):
    code = "GL410"
    title = "The document is too large"
    docs = (
        f"One file has at most {DEFAULT_POLICY.document_bytes:,} bytes and a leaf's patterns name at most "
        f"{DEFAULT_POLICY.documents} files; the policy may set other limits. Of more, the seeds would cover too "
        f"little. An evaluation stops at it. {_WHERE_TOLD}"
    )


class ContextElsewhere(Rule):
    code = "GL415"
    title = "A context does not stand in the document"
    severity = Severity.HINT
    docs = (
        "A context is a passage of the document that the leaf pins, copied as it stands there: new questions are "
        "written from the document's other passages after its example. Here less than half of its short passages "
        "(sixteen letters in a row, whatever the spaces and signs between them) stand in any file that the patterns "
        f"name. It may be of another version, another file, or told in other words. Where the policy raises it, an "
        f"evaluation stops at it. {_WHERE_TOLD}"
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
            findings.append(NamesNoFile.finding(at, *_names_nothing(pattern, files, readable)))
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


def _names_nothing(pattern: str, files: Iterable[str], readable: Iterable[str]) -> tuple[str, str]:
    """What is said of a pattern that no readable file fits, and the mend."""
    others = [name for name in sorted(files) if matches(pattern, name)]
    if others:
        said = f"names {quoted(others[0])}, which is neither Markdown nor plain text"
    else:
        there = ", ".join(quoted(name) for name in sorted(readable)[:_SUGGESTED]) or "no such file at all"
        said = f"fits no file that can be read: at that commit the repository has {there}"
    mend = "Write the path of a Markdown or text file as it stands there, from the top of the repository."
    return f"The pattern {quoted(pattern)} {said}. So there is nothing to learn from.", mend


def context_findings(source: LeafSource, texts: Iterable[str]) -> list[Finding]:
    """`texts`: the document's files that the leaf's patterns name. Nothing of a context too short to be known again."""
    if not source.is_knowledge:
        return []
    whole = [_letters(text) for text in texts]
    findings = []
    for index, entry in enumerate(source.data["seed_examples"]):
        passages = _passages(_letters(entry["context"]))
        found = sum(any(passage in text for text in whole) for passage in passages)
        if len(passages) >= _LEAST_PASSAGES and found < _THERE * len(passages):
            findings.append(
                ContextElsewhere.finding(
                    place(source, ("seed_examples", index, "context")),
                    f"Of {len(passages)} short passages of this context {found or 'none'} can be found in the document "
                    "that the leaf names, so its answers would be taught from elsewhere.",
                    "Copy the passage as it stands in the document, or name the file and the commit that have it.",
                )
            )
    return findings


def _letters(text: str) -> bytes:
    """Letters and digits alone, so that line ends, marks of Markdown and typography make no difference."""
    return b"".join(words_of(text)).replace(b"_", b"")


def _passages(letters: bytes) -> list[bytes]:
    last = len(letters) - _PASSAGE
    if last < 0:
        return []
    count = min(_PASSAGES, last // _PASSAGE + 1)
    return [letters[at : at + _PASSAGE] for at in (last * step // max(count - 1, 1) for step in range(count))]


DOCUMENT_RULES: Final[tuple[type[Rule], ...]] = (NamesNoFile, DocumentTooLarge, ContextElsewhere)
