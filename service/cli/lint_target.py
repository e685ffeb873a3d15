"""What `graft lint` was asked to look at -> the leaves there, what the rules say of them, and the texts to show."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from service.cli.lint_policy import POLICY_FILE, policy_at, policy_here
from taxonomy_schema.entries import entry_findings
from taxonomy_schema.errors import TreeError
from taxonomy_schema.files import ATTRIBUTION, QNA, LeafFiles
from taxonomy_schema.findings import Finding
from taxonomy_schema.folder import leaf_names, list_folder, read_leaf, read_shown
from taxonomy_schema.locate import locate
from taxonomy_schema.policy import Policy

if TYPE_CHECKING:
    from taxonomy_schema.document_folder import DocumentFolder
    from taxonomy_schema.parse import LeafSource
    from taxonomy_schema.rules.benchmarks import BenchmarkIndex
    from taxonomy_schema.similarity import Prints


class Linted(NamedTuple):
    """How many leaves were looked at, what was found, and the texts to show lines of, by path in the taxonomy."""

    leaves: int
    findings: Sequence[Finding]
    texts: Mapping[str, str]


class LintOptions(NamedTuple):
    """What was asked for besides the target."""

    hosts: tuple[str, ...] = ()
    """Further hosts that documents may come from."""
    remember: bool = True
    """Of a whole taxonomy, check again only what changed since the last time."""
    benchmarks: Path | None = None
    """Folder of benchmarks whose questions leaves are held against; what is looked at so is not remembered."""
    documents: Path | None = None
    """Clone of a document's repository, or a folder of such, that knowledge leaves are held against; likewise."""

    @property
    def beside(self) -> bool:
        """Whether leaves are held against something that lies beside the taxonomy."""
        return self.benchmarks is not None or self.documents is not None


def lint_target(target: str, options: LintOptions = LintOptions()) -> Linted:
    """Check a path by the taxonomy's own policy, or what B changed since it left A in `A..B` by the policy of A.

    Raises:
        TreeError: the target is neither, lies in no taxonomy, or cannot be read.

    """
    if is_range(target):
        base, head = commits_of(target)
        return _lint_change(base, head, options)
    if Path(target).name == POLICY_FILE and Path(target).is_file():
        return _lint_policy(Path(target))
    root, under = place_of(target)
    if not under:
        return _lint_whole(root, options)
    from taxonomy_schema.rules.checking import check

    policy, _ = policy_here(root, options.hosts)
    entries = list_folder(root, under)
    names = leaf_names(entries)
    found = [
        finding
        for leaf_id in sorted(names)
        for finding in check(read_leaf(root, leaf_id, names[leaf_id]), policy).findings
    ]
    outside = policy.weigh(entry_findings(entries, {entry.path for entry in entries}))
    beside = _beside(root, names, policy, options) if options.beside else ()
    return Linted(len(names), (*found, *beside, *outside), _FolderTexts(root))


def _lint_whole(root: Path, options: LintOptions) -> Linted:
    from service.cli.linting.git_state import Asked

    # Git looks at the files while the rules are loaded.
    asked = Asked(root) if options.remember and not options.beside else None
    from service.cli.linting.tree import lint_tree

    policy, faults = policy_here(root, options.hosts)
    whole = lint_tree(root, policy, asked)
    beside = _beside(root, leaf_names(list_folder(root)), policy, options) if options.beside else ()
    more = (*faults, *beside)
    return Linted(whole.leaves, (*more, *whole.findings) if more else whole.findings, _FolderTexts(root))


def _beside(
    root: Path, names: Mapping[str, set[str]], policy: Policy, options: LintOptions
) -> tuple[Finding, ...]:
    from taxonomy_schema.parse import read_source

    look = _Beside(options)
    found = (
        finding
        for leaf_id in sorted(names)
        for finding in look.at(read_source(read_leaf(root, leaf_id, names[leaf_id])), policy)
    )
    return tuple(policy.weigh(found))


class _Beside:
    """What leaves are held against; each part is loaded when it is asked for."""

    def __init__(self, options: LintOptions) -> None:
        self.index = None if options.benchmarks is None else _index(options.benchmarks)
        self.documents = None if options.documents is None else _clones(options.documents)

    def at(self, source: "LeafSource", policy: Policy) -> Iterator[Finding]:
        """What benchmarks ask too, and what the leaf's document tells."""
        if self.index is not None:
            from taxonomy_schema.rules.benchmarks import overlaps

            yield from overlaps(source, self.index)
        yield from self.of_document(source, policy)

    def of_document(self, source: "LeafSource", policy: Policy) -> Iterator[Finding]:
        """What the leaf's document tells; of one that is not here, that it is not."""
        if self.documents is not None:
            found = self.documents.findings(source, policy)
            if found is None:
                from service.cli.lint_text import say

                say(
                    f"{source.qna_file}: no clone here has its document's commit, so it is not compared.",
                    error=True,
                )
            yield from found or ()


def _index(folder: Path) -> "BenchmarkIndex | None":
    from taxonomy_schema.benchmark_data import load_benchmarks

    return load_benchmarks(folder)


def _clones(folder: Path) -> "DocumentFolder":
    from taxonomy_schema.document_folder import DocumentFolder

    return DocumentFolder(folder)


class _Texts(Mapping[str, str]):
    """Texts that are asked for by their path, and never listed."""

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class _AnyOf(_Texts):
    """What any of several targets has."""

    def __init__(self, every: Sequence[Mapping[str, str]]) -> None:
        self._every = every

    def __getitem__(self, path: str) -> str:
        for texts in self._every:
            if path in texts:
                return texts[path]
        raise KeyError(path)


class _FolderTexts(_Texts):
    """The files of a folder, read when a line of one is to be shown."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def __getitem__(self, path: str) -> str:
        text = read_shown(self._root, path)
        if text is None:
            raise KeyError(path)
        return text


def lint_targets(targets: Sequence[str], options: LintOptions = LintOptions()) -> Linted:
    """Check several targets; a leaf that two of them name, as its two files do, is checked once.

    Raises:
        TreeError: as `lint_target` does.

    """
    every = [lint_target(target, options) for target in apart(targets)]
    if len(every) == 1:
        return every[0]
    findings = dict.fromkeys(finding for linted in every for finding in linted.findings)
    return Linted(
        sum(linted.leaves for linted in every), tuple(findings), _AnyOf([one.texts for one in every])
    )


def apart(targets: Sequence[str]) -> list[str]:
    """The targets without those that name a leaf which another names already."""
    kept = {
        str(Path(one).parent) if Path(one).name in (QNA, ATTRIBUTION) and Path(one).is_file() else one: one
        for one in reversed(targets)
    }
    return list(reversed(kept.values()))


def is_range(target: str) -> bool:
    """Whether the target names two commits; what is there as a path is a path."""
    return ".." in target and not Path(target).exists()


def commits_of(target: str) -> tuple[str, str]:
    """The two commits of `A..B`; one that is left out is HEAD."""
    base, head = target.replace("...", "..").split("..", 1)
    return base or "HEAD", head or "HEAD"


def place_of(target: str) -> tuple[Path, str]:
    """The taxonomy's top folder, and the path below it.

    Raises:
        TreeError: nothing is there, it is no file of a leaf, or it lies in no taxonomy.

    """
    path = Path(target)
    if not path.exists():
        raise TreeError(
            f"{target} is neither a path nor a range of commits. Name a folder, or two commits as A..B."
        )
    if path.is_file() and path.name not in (QNA, ATTRIBUTION):
        raise TreeError(
            f"{target} is no file of a leaf. Name {QNA}, {ATTRIBUTION}, the folder they are in, or {POLICY_FILE}."
        )
    return locate(path)


def _lint_policy(path: Path) -> Linted:
    """The maintainers' file; whoever lints leaves does not wait for what reads it."""
    from service.decisions.policy import parse_policy

    data = path.read_bytes()
    found = parse_policy(data)
    return Linted(
        0, found if isinstance(found, tuple) else (), {POLICY_FILE: data.decode("utf-8", "replace")}
    )


def _kept_prints() -> "Prints":
    from service.cli.linting.cache import prints_file
    from service.prints import KeptPrints

    return KeptPrints(prints_file())


def _lint_change(base: str, head: str, options: LintOptions) -> Linted:
    from taxonomy_schema.rules.change import check_change
    from taxonomy_schema.tree import list_tree, read_entries

    here = Path.cwd()
    look = _Beside(options)
    policy = policy_at(here, base, options.hosts)
    prints = _kept_prints() if options.remember else None
    report = check_change(here, base, head, policy, benchmarks=look.index, prints=prints)
    sources = [leaf.parsed.source for leaf in report.leaves if leaf.parsed is not None]
    of_documents = policy.weigh([finding for one in sources for finding in look.of_document(one, policy)])
    findings = (*report.findings, *of_documents)
    files = {finding.place.file for finding in findings}
    shown = frozenset(
        leaf.change.id
        for leaf in report.leaves
        if files & {f"{leaf.change.id}/{name}" for name in (QNA, ATTRIBUTION)}
    )
    texts = _texts(read_entries(here, list_tree(here, head), shown)) if shown else {}
    return Linted(len(report.leaves), findings, texts)


def _texts(leaves: Mapping[str, LeafFiles]) -> dict[str, str]:
    both = (
        (f"{files.id}/{name}", content)
        for files in leaves.values()
        for name, content in ((QNA, files.qna), (ATTRIBUTION, files.attribution))
    )
    return {path: content.decode("utf-8", "replace") for path, content in both if content is not None}
