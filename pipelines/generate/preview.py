"""A preview: few samples of few leaves, with what was dropped and why."""

from collections.abc import Collection, Sequence

from pipelines.artifacts import LeafEntry, LeafSet, read_samples
from pipelines.errors import BadContribution
from pipelines.generate.config import PreviewScope
from pipelines.generate.store import LeafStore, StoredLeaf
from pipelines.trials import LeafPreview, Preview


def in_preview(leafset: LeafSet, scope: PreviewScope) -> tuple[LeafEntry, ...]:
    """The contribution's leaves, or the one that is named. Raises BadContribution when there is none."""
    contributed = leafset.contributed()
    wanted = [entry for entry in contributed if scope.leaf in {None, entry.leaf.id}]
    if not wanted:
        said = "changes no leaf" if scope.leaf is None else f"does not change the leaf {scope.leaf}"
        there = ", ".join(entry.leaf.id for entry in contributed)
        raise BadContribution(
            "nothing_to_preview",
            f"this commit {said}",
            mend=f"Name one of its leaves: {there}." if there else "Push a leaf, then ask again.",
        )
    return tuple(wanted[: scope.most_leaves])


def preview_of(store: LeafStore, leaves: Sequence[StoredLeaf], reused: Collection[str]) -> Preview:
    return Preview(
        leaves=tuple(
            LeafPreview(
                leaf_id=leaf.leaf_id,
                reused=leaf.key in reused,
                kept=read_samples(store.samples_path(leaf.key)),
                dropped=store.dropped(leaf.key),
            )
            for leaf in leaves
        )
    )
