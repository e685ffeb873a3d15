"""collect: the tree at a commit becomes a LeafSet, its exams and its documents."""

from collections import Counter
from dataclasses import dataclass, field

from pipelines.artifacts import Document, Exams, LeafEntry, LeafSet
from pipelines.collect.config import CollectConfig
from pipelines.collect.documents import Documents
from pipelines.collect.exams import Split, split_seeds, without_leaks
from pipelines.collect.leaves import Gathered, gather_leaves
from pipelines.errors import BadContribution
from pipelines.files import write_atomically
from pipelines.runs import Manifest, RunDir
from taxonomy_schema.findings import Finding
from taxonomy_schema.models import Leaf
from taxonomy_schema.rules.documents import context_findings


def run(run_dir: RunDir) -> Manifest:
    """Read, split, fetch, write. Raises BadContribution for what the contribution's author can mend."""
    config = CollectConfig.model_validate(run_dir.spec().config)
    place = run_dir.place()
    gathered = gather_leaves(place.taxonomy, config.commit, config.base_commit)
    # The contribution comes last: what the base has on either side stays there, whatever is added.
    order = sorted(gathered.leaves, key=lambda leaf: (leaf.id in gathered.contributed, leaf.id))
    splits = without_leaks([split_seeds(leaf, config) for leaf in order])
    documents = Documents(place.models.parent / "documents", config, place.mirrors)
    collection = _Collection(run_dir, gathered, documents)
    for done, split in enumerate(splits):
        run_dir.progress.say(done, len(splits), "leaves", split.leaf.id)
        collection.take(split)
    return collection.finish(config)


@dataclass(slots=True)
class _Collection:
    """What has been collected so far."""

    run_dir: RunDir
    gathered: Gathered
    documents: Documents
    entries: list[LeafEntry] = field(default_factory=list)
    splits: list[Split] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    """Hints on contributed leaves that only their documents tell."""

    def take(self, split: Split) -> None:
        """Add a leaf; what is wrong with one that is not contributed leaves only that leaf out."""
        contributed = split.leaf.id in self.gathered.contributed
        try:
            if not split.prompting:
                raise _nothing_to_prompt_with(split.leaf)
            documents = self._documents(split.leaf)
        except BadContribution as fault:
            if contributed:
                raise
            self.skipped[split.leaf.id] = fault.message
            return
        self.splits.append(split)
        self.entries.append(
            LeafEntry(leaf=split.prompting_leaf(), contributed=contributed, documents=documents)
        )

    def _documents(self, leaf: Leaf) -> tuple[Document, ...]:
        if leaf.document is None:
            return ()
        folder = self.run_dir.path / "documents"
        folder.mkdir(exist_ok=True)
        found = []
        source = self.gathered.sources.get(leaf.id)
        texts = self.documents.read(leaf.id, leaf.document, source)
        if source is not None:
            self.findings += context_findings(source, [text.content.decode() for text in texts])
        for text in texts:
            path = folder / f"{text.sha256}.md"
            write_atomically(path, text.content)
            found.append(Document(name=text.name, sha256=text.sha256, path=f"documents/{path.name}"))
        return tuple(found)

    def finish(self, config: CollectConfig) -> Manifest:
        contributed = self.gathered.contributed
        entries = tuple(sorted(self.entries, key=lambda entry: entry.leaf.id))
        items = tuple(
            item
            for split in sorted(self.splits, key=lambda split: split.leaf.id)
            for item in split.exam_items(contributed=split.leaf.id in contributed)
        )
        self.run_dir.write_json(LeafSet.file, LeafSet(entries=entries))
        self.run_dir.write_json(Exams.file, Exams(items=items))
        self.run_dir.progress.say(len(entries), len(entries), "leaves", "done")
        return self.run_dir.finish(
            {
                "commit": config.commit,
                "base_commit": config.base_commit,
                "leaves": len(entries),
                "by_kind": dict(sorted(Counter(str(entry.leaf.kind) for entry in entries).items())),
                "contributed": sorted(entry.leaf.id for entry in entries if entry.contributed),
                "prompting_seeds": sum(len(entry.leaf.seeds) for entry in entries),
                "exam_items": len(items),
                "exam_items_by_leaf": dict(sorted(Counter(item.leaf_id for item in items).items())),
                "documents": len({document.sha256 for entry in entries for document in entry.documents}),
                "findings": [finding.to_dict() for finding in self.findings],
                "skipped": dict(sorted({**self.gathered.skipped, **self.skipped}.items())),
            }
        )


def _nothing_to_prompt_with(leaf: Leaf) -> BadContribution:
    return BadContribution(
        "no_seeds_left",
        f"the leaf {leaf.id} has no seed left to write from: all are put aside, repeat each other, "
        "or stand in another leaf's exam",
        mend="Add seeds with questions of their own (five or more).",
    )
