"""`graft lint --fix` and `--diff`: mends what can be mended safely, or shows what it would change."""

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import typer

from service.cli.lint_policy import policy_here
from service.cli.lint_target import is_range, place_of
from service.cli.lint_text import plain, say
from taxonomy_schema.errors import TreeError
from taxonomy_schema.files import ATTRIBUTION, QNA, LeafFiles
from taxonomy_schema.findings import Finding
from taxonomy_schema.fixing import Mended, mend_leaf
from taxonomy_schema.folder import folder_findings
from taxonomy_schema.parse import ParsedLeaf
from taxonomy_schema.policy import Policy
from taxonomy_schema.rewrite import rename, rewrite
from taxonomy_schema.rules import check
from taxonomy_schema.tree import read_folder
from taxonomy_schema.tree_rules import MisnamedFile

_COLOURS: Final = {"+": "green", "-": "red", "@": "cyan"}


class Renaming(NamedTuple):
    old: str
    new: str


def fix(target: str, hosts: Sequence[str]) -> list[str]:
    """Mend the files below a path; return what was done, one sentence each.

    Raises:
        TreeError: the target is no path, or a file cannot be written.

    """
    root, under = _here(target)
    policy, _ = policy_here(root, hosts)
    done = [
        f"{renaming.old}: renamed to {renaming.new.rpartition('/')[2]}"
        for renaming in _renamings(root, under)
        if rename(root, renaming.old, renaming.new)
    ]
    for before, mended in _mended(root, under, policy):
        for name, old, new in changes(before, mended.files):
            rewrite(root / before.id / name, old, new)
        done += mended.done
    return done


def show_diff(target: str, hosts: Sequence[str]) -> bool:
    """Print as a unified diff what `fix` would change, and change nothing. False if there is nothing to change.

    Raises:
        TreeError: the target is no path, or cannot be read.

    """
    root, under = _here(target)
    policy, _ = policy_here(root, hosts)
    found = False
    for renaming in _renamings(root, under):
        found = True
        say(plain(f"rename from {renaming.old}"))
        say(plain(f"rename to {renaming.new}"))
    for before, mended in _mended(root, under, policy):
        for name, old, new in changes(before, mended.files):
            found = True
            print_diff(f"{before.id}/{name}", old, new)
    return found


def print_diff(path: str, old: bytes, new: bytes) -> None:
    """A unified diff of one file, in colour on a terminal, each character of it harmless there."""
    before, after = (_shown(text) for text in (old, new))
    for line in difflib.unified_diff(before, after, f"a/{path}", f"b/{path}", lineterm=""):
        bold = line.startswith(("+++", "---"))
        shade = None if bold else _COLOURS.get(line[:1])
        say(typer.style(plain(line), fg=shade, bold=bold) if bold or shade else plain(line))


def _shown(text: bytes) -> list[str]:
    """Lines for a diff; what ends a line otherwise than a line feed does is written out."""
    lines = text.decode("utf-8", "replace").split("\n")
    last = lines.pop()
    marked = [f"{line[:-1]}␍" if line.endswith("\r") else line for line in lines]
    return [*marked, f"{last} (no line end)"] if last else marked


def _here(target: str) -> tuple[Path, str]:
    if is_range(target):
        raise TreeError(
            f"{target} names commits, which cannot be mended. Check out the branch, and name a path."
        )
    return place_of(target)


def _renamings(root: Path, under: str) -> Iterator[Renaming]:
    """Each misnamed file whose right name is free, and that no other file could also take."""
    wanted: dict[str, list[str]] = {}
    for finding in folder_findings(root, under):
        if finding.code == MisnamedFile.code:
            wanted.setdefault(_right_name(finding), []).append(finding.place.file)
    for new, olds in sorted(wanted.items()):
        taken = (root / new).exists() and not (root / new).samefile(root / olds[0])
        if len(olds) == 1 and not taken:
            yield Renaming(olds[0], new)


def _right_name(finding: Finding) -> str:
    folder, _, name = finding.place.file.rpartition("/")
    return f"{folder}/{QNA if name.lower().startswith('qna') else ATTRIBUTION}"


def _mended(root: Path, under: str, policy: Policy) -> Iterator[tuple[LeafFiles, Mended]]:
    def judged(files: LeafFiles) -> ParsedLeaf:
        return check(files, policy)

    for files in read_folder(root, under).values():
        mended = mend_leaf(files, judged)
        if mended.files != files:
            yield files, mended


def changes(before: LeafFiles, after: LeafFiles) -> Iterator[tuple[str, bytes, bytes]]:
    for name, old, new in (
        (QNA, before.qna, after.qna),
        (ATTRIBUTION, before.attribution, after.attribution),
    ):
        if old is not None and new is not None and old != new:
            yield name, old, new
