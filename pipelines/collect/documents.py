"""A knowledge leaf's documents: fetched at their pinned commit, read from Git's objects, never checked out."""

import fcntl
import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NoReturn

from pipelines.collect.addresses import AddressRefused, Source, source_of
from pipelines.collect.config import CollectSettings
from pipelines.collect.git import GitFailed, GitTooMuch, git
from pipelines.collect.leaves import faulty
from pipelines.collect.resolving import NotPublic, pins
from pipelines.errors import BadContribution, OutsideFailed
from taxonomy_schema.globs import matches
from taxonomy_schema.models import KnowledgeDocument
from taxonomy_schema.parse import LeafSource
from taxonomy_schema.policy import Policy
from taxonomy_schema.rules.documents import document_findings

_FULL_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_TEXT = frozenset({".md", ".markdown", ".txt"})
_MOST_LISTED = 32 * 1024 * 1024
"""Bytes of a tree's listing: enough for some hundred thousand files."""
_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
_NOT_THERE = re.compile(
    r"not found|does not exist|does not appear to be a git repository|could not read username|"
    r"authentication failed|access denied|not our ref|couldn't find remote ref|unable to update url base",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class DocumentText:
    """One file's text; `name` is its path in the repository."""

    name: str
    sha256: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Documents:
    """Fetches for one stage; clones are kept in `cache`, one bare repository a URL."""

    cache: Path
    settings: CollectSettings
    mirrors: Mapping[str, str]

    def read(
        self, leaf_id: str, document: KnowledgeDocument, source: LeafSource | None = None
    ) -> tuple[DocumentText, ...]:
        """The texts that the leaf's patterns name. With its `source`, all that is wrong with them is told at once.

        Raises BadContribution for what the leaf's author can mend, OutsideFailed when the host cannot be reached.
        """
        try:
            address = source_of(document.repository, self.settings.allowed_hosts, self.mirrors)
        except AddressRefused as refused:
            _blame(leaf_id, f"its document repository {document.repository!r} is refused: {refused}", "repo")
        if not _FULL_ID.fullmatch(document.commit):
            _blame(leaf_id, f"its document commit {document.commit!r} is no full commit id", "commit")
        repository = self.cache / f"{hashlib.sha256(address.written.encode()).hexdigest()[:32]}.git"
        with _locked(repository):
            self._fetch(leaf_id, repository, address, document.commit)
        return self._matched(leaf_id, repository, document, source)

    def _fetch(self, leaf_id: str, repository: Path, source: Source, commit: str) -> None:
        if not (repository / "HEAD").exists():
            git(repository.parent, "init", "--quiet", "--bare", repository.name)
        if _has(repository, commit):
            return
        pinned = _pinned(leaf_id, source)
        attempts = (
            ("--depth=1", "--", source.address, commit),
            ("--", source.address, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"),
        )
        failed: GitFailed | None = None
        for arguments in attempts:
            try:
                git(
                    repository, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", *arguments,
                    protocols=source.protocols, pins=pinned, timeout=self.settings.fetch_timeout,
                    largest_file=self.settings.max_repository_bytes,
                )  # fmt: skip
                failed = None
            except GitTooMuch as error:
                _tidy(repository)
                _blame(leaf_id, f"its document repository {source.written} is refused: {error}", "repo")
            except GitFailed as error:
                _tidy(repository)
                failed = error
            if _has(repository, commit):
                return
        self._explain(leaf_id, source, commit, failed)

    def _explain(self, leaf_id: str, source: Source, commit: str, failed: GitFailed | None) -> NoReturn:
        if failed is None:
            _blame(leaf_id, f"{source.written} has no commit {commit}", "commit")
        if source.mirrored or not _NOT_THERE.search(failed.said):
            raise OutsideFailed(
                "documents_unreachable",
                f"the documents of {leaf_id} could not be fetched from {source.address}: {failed}",
                mend="Check the network and the `mirrors` of this machine, then retry.",
            ) from failed
        _blame(leaf_id, f"its document repository {source.written} could not be read: {failed}", "repo")

    def _matched(
        self, leaf_id: str, repository: Path, document: KnowledgeDocument, source: LeafSource | None
    ) -> tuple[DocumentText, ...]:
        try:
            files = _list(repository, document.commit)
        except GitTooMuch as error:
            _blame(leaf_id, f"the tree of {document.repository} is refused: {error}", "repo")
        if source is not None:
            self._judge(leaf_id, source, files)
        found: dict[str, str] = {}
        for pattern in document.patterns:
            named = {name: file for name, file in files.items() if matches(pattern, name)}
            if not named:
                there = ", ".join(sorted(name for name in files if PurePosixPath(name).suffix in _TEXT)[:5])
                problem = (
                    f"its pattern {pattern!r} names no file; {document.repository} has {there or 'no text'}"
                )
                _blame(leaf_id, problem, "patterns")
            for name, file in named.items():
                found[name] = self._allowed(leaf_id, name, file)
        if len(found) > self.settings.max_documents:
            limit = self.settings.max_documents
            _blame(leaf_id, f"its patterns name {len(found)} files, at most {limit} are read", "patterns")
        return tuple(_text(leaf_id, repository, name, object_id) for name, object_id in sorted(found.items()))

    def _judge(self, leaf_id: str, source: LeafSource, files: Mapping[str, "_File"]) -> None:
        policy = Policy(
            document_bytes=self.settings.max_document_bytes, documents=self.settings.max_documents
        )
        errors = document_findings(source, {name: file.size for name, file in files.items()}, policy)
        if errors:
            raise faulty("document_patterns", leaf_id, errors, command="graft lint --documents DIR")

    def _allowed(self, leaf_id: str, name: str, file: "_File") -> str:
        """The object's id, when it is an ordinary text file of a fair size."""
        if not file.ordinary:
            _blame(leaf_id, f"{name} is a link or a submodule", "patterns")
        if PurePosixPath(name).suffix.lower() not in _TEXT:
            _blame(leaf_id, f"{name} is neither Markdown nor plain text", "patterns")
        if file.size > self.settings.max_document_bytes:
            limit = self.settings.max_document_bytes
            _blame(leaf_id, f"{name} has {file.size} bytes, at most {limit} are read", "patterns")
        return file.object_id


def _tidy(repository: Path) -> None:
    """What a fetch that broke off left behind."""
    for left in (repository / "objects").glob("*/tmp_*"):
        left.unlink(missing_ok=True)


def _pinned(leaf_id: str, source: Source) -> tuple[str, ...]:
    """The addresses that the fetch is held to. Raises OutsideFailed: the host is one that the operator allowed."""
    if source.mirrored:
        return ()
    try:
        return pins(source.host)
    except OSError as error:
        raise OutsideFailed(
            "documents_unreachable",
            f"the documents of {leaf_id} could not be fetched: {source.host} could not be looked up ({error})",
            mend="Check the network and the `mirrors` of this machine, then retry.",
        ) from error
    except NotPublic as error:
        raise OutsideFailed(
            "documents_not_public",
            f"the documents of {leaf_id} are not fetched: {error}",
            mend="If that is meant, name a mirror for the address (GRAFT_MIRRORS); if not, look at this machine's DNS.",
        ) from error


@dataclass(frozen=True, slots=True)
class _File:
    object_id: str
    size: int
    ordinary: bool


def _list(repository: Path, commit: str) -> dict[str, _File]:
    files: dict[str, _File] = {}
    listing = git(repository, "ls-tree", "-r", "-l", "-z", "--full-tree", commit, most_bytes=_MOST_LISTED)
    for line in listing.split(b"\0"):
        if not line:
            continue
        head, name = line.split(b"\t", 1)
        mode, kind, object_id, size = head.decode().split()
        ordinary = kind == "blob" and mode.startswith("100")
        files[name.decode(errors="replace")] = _File(object_id, int(size) if size.isdigit() else 0, ordinary)
    return files


def _text(leaf_id: str, repository: Path, name: str, object_id: str) -> DocumentText:
    content = git(repository, "cat-file", "blob", object_id)
    if content.startswith(_LFS_POINTER):
        _blame(leaf_id, f"{name} is a Git LFS pointer, not the text itself", "patterns")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        _blame(leaf_id, f"{name} is not UTF-8", "patterns")
    if not text.strip():
        _blame(leaf_id, f"{name} is empty", "patterns")
    plain = text.replace("\r\n", "\n").encode()
    return DocumentText(name, hashlib.sha256(plain).hexdigest(), plain)


def _has(repository: Path, commit: str) -> bool:
    try:
        git(repository, "cat-file", "-e", f"{commit}^{{commit}}")
    except GitFailed:
        return False
    return True


_MENDS = {
    "repo": "Write the https address of a public Git repository under `document: repo:`.",
    "commit": "Write the full id of a commit that is pushed to that repository under `document: commit:`.",
    "patterns": "Name Markdown or text files of that commit under `document: patterns:`.",
}


def _blame(leaf_id: str, problem: str, field: str) -> NoReturn:
    raise BadContribution(
        f"document_{field}", f"the leaf {leaf_id}: {problem}", mend=f"{_MENDS[field]} ({leaf_id}/qna.yaml)"
    )


@contextmanager
def _locked(repository: Path) -> Iterator[None]:
    """One fetch at a time for one URL, over all stages of this machine."""
    repository.parent.mkdir(parents=True, exist_ok=True)
    with repository.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
