"""The split is decided by content: the same everywhere, and never the same text on both sides."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.collect.config import CollectSettings
from pipelines.collect.exams import split_seeds
from taxonomy_schema.models import Kind, Leaf, Seed

SETTINGS = CollectSettings()


def _leaf(kind: Kind, seeds: tuple[Seed, ...]) -> Leaf:
    return Leaf(id="x/y", kind=kind, version=3, created_by="ada", seeds=seeds)


def _skill(count: int) -> Leaf:
    seeds = tuple(Seed(question=f"q{n}", answer=f"a{n}", group=n) for n in range(count))
    return _leaf(Kind.FREEFORM, seeds)


def _knowledge(contexts: int, each: int = 3) -> Leaf:
    seeds = tuple(
        Seed(question=f"q{n} of {c}", answer=f"a{n} of {c}", context=f"c{c}", group=c)
        for c in range(contexts)
        for n in range(each)
    )
    return _leaf(Kind.KNOWLEDGE, seeds)


@pytest.mark.parametrize(("seeds", "aside"), [(1, 0), (2, 0), (3, 1), (4, 2), (5, 2), (10, 4)])
def test_at_least_two_seeds_of_a_skill_are_kept_and_two_put_aside_where_there_are_enough(
    seeds: int, aside: int
) -> None:
    split = split_seeds(_skill(seeds), SETTINGS)
    assert (len(split.exam), len(split.prompting)) == (aside, seeds - aside)


@pytest.mark.parametrize(("contexts", "aside_each"), [(5, 2), (4, 1)])
def test_every_context_of_knowledge_keeps_a_question_to_prompt_with(contexts: int, aside_each: int) -> None:
    split = split_seeds(_knowledge(contexts), SETTINGS)
    assert len(split.exam) == contexts * aside_each
    assert {seed.group for seed in split.prompting} == set(range(contexts))


def test_the_order_of_the_seeds_in_the_file_decides_nothing() -> None:
    leaf = _skill(10)
    turned = leaf.model_copy(update={"seeds": tuple(reversed(leaf.seeds))})
    assert {seed.question for seed in split_seeds(leaf, SETTINGS).exam} == {
        seed.question for seed in split_seeds(turned, SETTINGS).exam
    }


def test_another_seed_of_the_recipe_puts_others_aside() -> None:
    splits = {
        tuple(seed.question for seed in split_seeds(_skill(20), CollectSettings(seed=n)).exam)
        for n in range(5)
    }
    assert len(splits) > 1


def test_one_question_of_many_texts_is_no_leak_for_a_grounded_skill() -> None:
    seeds = tuple(Seed(question="Shorten it.", answer=f"a{n}", context=f"c{n}", group=n) for n in range(5))
    assert len(split_seeds(_leaf(Kind.GROUNDED, seeds), SETTINGS).prompting) == 3


@given(
    questions=st.lists(
        st.sampled_from(["One?", "one?", " ONE?", "two?", "three?", "four?"]), min_size=1, max_size=12
    ),
    salt=st.integers(0, 50),
)
def test_no_question_stands_on_both_sides(questions: list[str], salt: int) -> None:
    seeds = tuple(Seed(question=question, answer=str(n), group=n) for n, question in enumerate(questions))
    split = split_seeds(_leaf(Kind.FREEFORM, seeds), CollectSettings(seed=salt))
    asked = {seed.question.casefold().strip() for seed in split.exam}
    assert not asked & {seed.question.casefold().strip() for seed in split.prompting}
    assert len(asked) == len(split.exam)
