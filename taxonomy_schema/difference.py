"""Two commits -> what changed inside each leaf: seeds, the document, the attribution."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from taxonomy_schema.files import LeafFiles
from taxonomy_schema.gitio import resolve
from taxonomy_schema.parse import LeafSource, read_source
from taxonomy_schema.rules.walk import Pair, folded, pairs
from taxonomy_schema.tree import LeafChange, changed_leaves, list_tree, merge_base, read_entries


@dataclass(frozen=True, slots=True)
class SeedChange:
    """One seed that differs: `status` is added, removed or changed; `parts` are what changed of it."""

    status: str
    question: str
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field of a leaf's head or of its document, or of one work of its attribution; `None`: not there."""

    name: str
    old: str | None
    new: str | None


@dataclass(frozen=True)
class LeafDifference:
    """What became of one leaf. `unreadable` says that a side has not the format, so that nothing is known inside."""

    change: LeafChange
    kind: str | None = None
    seeds: tuple[SeedChange, ...] = ()
    seed_count: int = 0
    fields: tuple[FieldChange, ...] = ()
    attribution: tuple[FieldChange, ...] = ()
    form_only: bool = False
    """Bytes differ, and what they say does not."""
    unreadable: bool = False

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)


def difference(repository: Path, base: str, head: str) -> tuple[LeafDifference, ...]:
    """What `head` did to each leaf since it left `base`, by id.

    Raises:
        TreeError: an unknown commit, no common ancestor, or an object is missing.

    """
    changes = changed_leaves(repository, base, head)
    old_ids = frozenset(change.old_id or change.id for change in changes if change.status != "added")
    new_ids = frozenset(change.id for change in changes if change.status != "removed")
    before = read_entries(repository, list_tree(repository, merge_base(repository, base, head)), old_ids)
    after = read_entries(repository, list_tree(repository, resolve(repository, head)), new_ids)
    return tuple(_of_leaf(change, before, after) for change in changes)


def _of_leaf(
    change: LeafChange, before: Mapping[str, LeafFiles], after: Mapping[str, LeafFiles]
) -> LeafDifference:
    old = _source(before, change.old_id or change.id) if change.status != "added" else None
    new = _source(after, change.id) if change.status != "removed" else None
    shown = new or old
    sound = all(side is None or side.sound for side in (old, new))
    seeds = _seeds(old, new) if sound else ()
    fields = _fields(_head(old), _head(new)) if sound else ()
    attribution = _fields(_works(old), _works(new))
    return LeafDifference(
        change=change,
        kind=shown.kind.value if shown is not None and shown.kind is not None else None,
        seeds=seeds,
        seed_count=len(pairs(shown)) if shown is not None else 0,
        fields=fields,
        attribution=attribution,
        form_only=sound and change.status == "changed" and not (seeds or fields or attribution),
        unreadable=not sound,
    )


def _source(leaves: Mapping[str, LeafFiles], leaf_id: str) -> LeafSource | None:
    files = leaves.get(leaf_id)
    return read_source(files) if files is not None else None


def _seeds(old: LeafSource | None, new: LeafSource | None) -> tuple[SeedChange, ...]:
    """Seeds are the same by question and context, then by question, then by answer; the rest came or went."""
    gone = list(pairs(old)) if old is not None else []
    come = list(pairs(new)) if new is not None else []
    unchanged = Counter(_facts(pair) for pair in gone) & Counter(_facts(pair) for pair in come)
    gone, come = _without(gone, unchanged), _without(come, unchanged)
    changed: dict[int, SeedChange] = {}
    for same in (_question, _answer):
        for pair in list(come):
            match = next((other for other in gone if same(other) == same(pair)), None)
            if match is not None:
                gone.remove(match)
                changed[id(pair)] = SeedChange("changed", pair.question, _parts(match, pair))
    told = [changed.get(id(pair)) or SeedChange("added", pair.question) for pair in come]
    return (*told, *(SeedChange("removed", pair.question) for pair in gone))


def _without(some: list[Pair], unchanged: Counter[tuple[str, str, str | None]]) -> list[Pair]:
    left = Counter(unchanged)
    kept = []
    for pair in some:
        if left[_facts(pair)]:
            left[_facts(pair)] -= 1
        else:
            kept.append(pair)
    return kept


def _facts(pair: Pair) -> tuple[str, str, str | None]:
    return pair.question, pair.answer, pair.context


def _question(pair: Pair) -> str:
    return folded(pair.question)


def _answer(pair: Pair) -> str:
    return folded(pair.answer)


def _parts(old: Pair, new: Pair) -> tuple[str, ...]:
    return tuple(
        name for name in ("question", "answer", "context") if getattr(old, name) != getattr(new, name)
    )


def _head(source: LeafSource | None) -> dict[str, str]:
    """Everything of `qna.yaml` but the seeds, flat."""
    found: dict[str, str] = {}
    for key, value in (source.data if source is not None else {}).items():
        if isinstance(value, dict):
            found |= {f"{key}.{name}": _written(inner) for name, inner in value.items()}
        elif key != "seed_examples":
            found[key] = _written(value)
    return found


def _works(source: LeafSource | None) -> dict[str, str]:
    works = source.works if source is not None else ()
    return {
        name if len(works) == 1 else f"{name} of work {number}": value
        for number, work in enumerate(works, start=1)
        for name, value in work.values.items()
    }


def _written(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _fields(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[FieldChange, ...]:
    """Of a leaf that came or went as a whole nothing is listed: it is all new, or all gone."""
    if not old or not new:
        return ()
    return tuple(
        FieldChange(name, old.get(name), new.get(name))
        for name in dict.fromkeys([*new, *old])
        if old.get(name) != new.get(name)
    )
