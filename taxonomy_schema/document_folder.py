"""The documents of knowledge leaves in clones that lie on this machine: nothing is fetched."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from taxonomy_schema.errors import TreeError
from taxonomy_schema.findings import Finding
from taxonomy_schema.gitio import git, read_blobs, resolve
from taxonomy_schema.globs import matches
from taxonomy_schema.parse import LeafSource
from taxonomy_schema.policy import DEFAULT_POLICY, Policy
from taxonomy_schema.rules.documents import context_findings, document_findings

_LEAST_PARTS: Final = 4


class _File(NamedTuple):
    object_id: str
    size: int


class DocumentFolder:
    """A clone, bare or with its files, or a folder of clones; a leaf's document is in the first that has its commit."""

    def __init__(self, folder: Path) -> None:
        """Raises TreeError when neither the folder nor one right below it is a clone."""
        below = sorted(folder.iterdir()) if folder.is_dir() else []
        self._clones = [one for one in (folder, *below) if _is_clone(one)]
        self._known: dict[str, tuple[Path, Mapping[str, _File]] | None] = {}
        if not self._clones:
            raise TreeError(
                f"{folder} holds no clone of a document's repository. Clone one there with git clone, or name another."
            )

    def findings(self, source: LeafSource, policy: Policy = DEFAULT_POLICY) -> list[Finding] | None:
        """What is said of a leaf beside its document; `None` of one whose document is not here.

        Raises:
            TreeError: a clone lacks objects.

        """
        document = source.data.get("document")
        if not isinstance(document, dict):
            return []
        there = self._files(document["commit"])
        if there is None:
            return None
        clone, files = there
        named = [
            file
            for name, file in files.items()
            if PurePosixPath(name).suffix.lower() in policy.document_types
            and file.size <= policy.document_bytes
            and any(matches(pattern, name) for pattern in document["patterns"])
        ]
        found = document_findings(source, {name: file.size for name, file in files.items()}, policy)
        if not named or len(named) > policy.documents:
            return found
        return found + context_findings(source, _texts(clone, named, policy.document_bytes))

    def _files(self, commit: str) -> tuple[Path, Mapping[str, _File]] | None:
        if commit not in self._known:
            self._known[commit] = next(
                ((clone, _listing(clone, commit)) for clone in self._clones if _has(clone, commit)), None
            )
        return self._known[commit]


def _is_clone(folder: Path) -> bool:
    return (folder / ".git").exists() or ((folder / "HEAD").is_file() and (folder / "objects").is_dir())


def _has(clone: Path, commit: str) -> bool:
    try:
        return resolve(clone, commit) == commit
    except TreeError:
        return False


def _listing(clone: Path, commit: str) -> Mapping[str, _File]:
    files = {}
    for line in git(clone, "ls-tree", "-r", "-l", "-z", "--full-tree", commit).split(b"\0"):
        head, _, name = line.partition(b"\t")
        parts = head.decode().split()
        if len(parts) == _LEAST_PARTS and parts[0].startswith("100"):  # no link and no submodule
            files[name.decode("utf-8", "replace")] = _File(parts[2], int(parts[3]))
    return files


def _texts(clone: Path, files: Sequence[_File], limit: int) -> Iterator[str]:
    for content in read_blobs(clone, [file.object_id for file in files], limit):
        yield content.decode("utf-8-sig", "replace")
