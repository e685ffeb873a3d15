"""The leaves of one commit, and which of them are the contribution."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.errors import BadContribution, WrongUse
from taxonomy_schema.errors import TreeError
from taxonomy_schema.findings import Finding
from taxonomy_schema.models import Leaf
from taxonomy_schema.parse import LeafSource, parse_leaf
from taxonomy_schema.tree import changed_leaves, read_tree

_SHOWN_FINDINGS = 5


@dataclass(frozen=True, slots=True)
class Gathered:
    """Sound leaves in the order of their ids; `skipped` says why others are left out."""

    leaves: tuple[Leaf, ...]
    contributed: frozenset[str]
    skipped: dict[str, str]
    sources: Mapping[str, LeafSource] = field(default_factory=dict)
    """Of contributed leaves what they are written as, by id: what is found later is pointed at in their files."""


def gather_leaves(repository: Path | None, commit: str, base_commit: str) -> Gathered:
    """Read and parse every leaf at `commit`.

    Raises WrongUse when there is no repository or commit, BadContribution when a contributed leaf has errors.
    """
    if repository is None:
        raise WrongUse(
            "taxonomy_missing",
            "this stage was not told where the taxonomy lies",
            mend="Set `taxonomy` in place.json to a clone of it.",
        )
    try:
        files = read_tree(repository, commit)
        changes = () if commit == base_commit else changed_leaves(repository, base_commit, commit)
    except TreeError as error:
        raise WrongUse(
            "taxonomy_unreadable",
            f"the taxonomy {repository} cannot be read: {error}",
            mend=f"Fetch {commit[:12]} and {base_commit[:12]} into it, then retry.",
        ) from error
    contributed = frozenset(change.id for change in changes if change.status != "removed")
    leaves: list[Leaf] = []
    skipped: dict[str, str] = {}
    sources: dict[str, LeafSource] = {}
    for leaf_id, leaf_files in files.items():
        parsed = parse_leaf(leaf_files)
        if parsed.leaf is not None and parsed.ok:
            leaves.append(parsed.leaf)
            if leaf_id in contributed:
                sources[leaf_id] = parsed.source
        elif leaf_id in contributed:
            raise faulty("leaf_has_errors", leaf_id, parsed.errors)
        else:
            skipped[leaf_id] = parsed.errors[0].message if parsed.errors else "cannot be read as a leaf"
    return Gathered(tuple(leaves), contributed, skipped, sources)


def faulty(
    code: str, leaf_id: str, errors: Sequence[Finding], *, command: str = "graft lint"
) -> BadContribution:
    """The failure that shows the first few errors of a contributed leaf, each with its line and its mend."""
    lines = [
        f"{error.place.file}:{error.place.line}: {error.message} {error.mend}"
        for error in errors[:_SHOWN_FINDINGS]
    ]
    if len(errors) > _SHOWN_FINDINGS:
        lines.append(f"... and {len(errors) - _SHOWN_FINDINGS} more")
    count = "an error" if len(errors) == 1 else f"{len(errors)} errors"
    return BadContribution(
        code,
        f"the leaf {leaf_id} has {count}:\n" + "\n".join(lines),
        mend=f"Mend them in {leaf_id} and push; `{command}` shows them all.",
    )
