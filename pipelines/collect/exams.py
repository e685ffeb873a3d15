"""Which seeds are put aside for the exam: decided by content and the recipe's seed alone, the same on every machine."""

import hashlib
from collections import defaultdict
from dataclasses import dataclass

from pipelines.artifacts import ExamItem
from pipelines.collect.config import CollectSettings
from taxonomy_schema.models import Kind, Leaf, Seed

_MANY_CONTEXTS = 5
_LEAST_ASIDE = 2
_LEAST_KEPT = 2


@dataclass(frozen=True, slots=True)
class Split:
    """A leaf's seeds, each on one side."""

    leaf: Leaf
    prompting: tuple[Seed, ...]
    exam: tuple[Seed, ...]

    def prompting_leaf(self) -> Leaf:
        return self.leaf.model_copy(update={"seeds": self.prompting})

    def exam_items(self, *, contributed: bool) -> tuple[ExamItem, ...]:
        return tuple(ExamItem.of(self.leaf, seed, contributed=contributed) for seed in self.exam)


def split_seeds(leaf: Leaf, settings: CollectSettings) -> Split:
    """Put a share aside; for knowledge question by question under each context, so that each stays prompted with."""
    aside: set[int] = set()
    for members in _clusters(leaf):
        count = _how_many(leaf, len(members), settings)
        by_hash = sorted(members, key=lambda index: _order(leaf.seeds[index], settings.seed))
        aside.update(by_hash[:count])
    split = Split(
        leaf=leaf,
        prompting=tuple(seed for index, seed in enumerate(leaf.seeds) if index not in aside),
        exam=tuple(seed for index, seed in enumerate(leaf.seeds) if index in aside),
    )
    return without_leaks([split])[0]


def without_leaks(splits: list[Split]) -> list[Split]:
    """Never the same text on both sides, within a leaf or between leaves; the earlier leaf keeps what it has.

    Within a leaf the exam wins: its duplicate is dropped from the prompting seeds.
    """
    prompted: set[str] = set()
    examined: set[str] = set()
    cleaned: list[Split] = []
    for split in splits:
        kind = split.leaf.kind
        exam = tuple(seed for seed in _distinct(split.exam, kind) if not _texts(seed, kind) & prompted)
        examined.update(*(_texts(seed, kind) for seed in exam))
        prompting = tuple(seed for seed in split.prompting if not _texts(seed, kind) & examined)
        prompted.update(*(_texts(seed, kind) for seed in prompting))
        cleaned.append(Split(split.leaf, prompting, exam))
    return cleaned


def _clusters(leaf: Leaf) -> list[list[int]]:
    """Indices of the seeds among which a share is drawn: each context of a knowledge leaf, or the whole leaf."""
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for index, seed in enumerate(leaf.seeds):
        groups[seed.group if leaf.kind.is_knowledge else 0].append(index)
    return list(groups.values())


def _how_many(leaf: Leaf, seeds: int, settings: CollectSettings) -> int:
    if leaf.kind.is_knowledge:
        contexts = len({seed.group for seed in leaf.seeds})
        share = settings.knowledge_exam_share if contexts >= _MANY_CONTEXTS else settings.exam_share
        return min(seeds - 1, max(1, round(share * seeds)))
    return max(0, min(seeds - _LEAST_KEPT, max(_LEAST_ASIDE, round(settings.exam_share * seeds))))


def _order(seed: Seed, salt: int) -> str:
    content = "\0".join((str(salt), seed.context or "", seed.question, seed.answer))
    return hashlib.sha256(content.encode()).hexdigest()


def _distinct(seeds: tuple[Seed, ...], kind: Kind) -> list[Seed]:
    seen: set[str] = set()
    distinct = []
    for seed in seeds:
        texts = _texts(seed, kind)
        if not texts & seen:
            distinct.append(seed)
        seen |= texts
    return distinct


def _texts(seed: Seed, kind: Kind) -> frozenset[str]:
    """What makes two seeds the same. A grounded skill may ask one question of many contexts, even with one answer;
    knowledge that is asked and answered alike under two contexts is the same knowledge.
    """
    question, answer, context = (_plain(text) for text in (seed.question, seed.answer, seed.context or ""))
    texts = {f"{question}\0{context}"}
    if kind.is_knowledge:
        texts.add(f"{question}\0{answer}\0")
    return frozenset(texts)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
