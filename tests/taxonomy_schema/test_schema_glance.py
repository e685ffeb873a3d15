from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taxonomy_schema.schema import schema
from taxonomy_schema.schema_glance import look_for

VALIDATORS = {name: jsonschema_rs.Draft202012Validator(schema(name)) for name in ("knowledge-v3", "skill-v3")}
SCALARS: st.SearchStrategy[Any] = st.sampled_from(
    ["", "a", "b", "c", "d", "e", 1, 1.0, True, False, None, {}, []]
)
TEXTS = st.sampled_from(["a", "b", "c", "d", "e", "f"])


def mappings(texts: tuple[str, ...], **others: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Mostly with these keys and good values, in any order; now and then something else."""
    good = st.fixed_dictionaries({**dict.fromkeys(texts, TEXTS), **others})
    odd = st.dictionaries(st.sampled_from([*texts, *others, "other"]), SCALARS | TEXTS, max_size=2)
    changed = st.builds(lambda one, two: {**two, **one, **two}, good, odd)
    return st.one_of(good, good, good, changed)


PAIRS = mappings(("question", "answer"))
CONTEXTS = mappings(("context",), questions_and_answers=st.lists(PAIRS, min_size=2, max_size=4))
VERSIONS = st.sampled_from([3, 3, 3, 3, 2, 3.0, True, "3"])
SKILLS = mappings(
    ("created_by", "task_description"),
    version=VERSIONS,
    seed_examples=st.lists(PAIRS, min_size=4, max_size=7),
)
DOCUMENTS = mappings(("repo", "commit"), patterns=st.lists(TEXTS, max_size=2))
KNOWLEDGE = mappings(
    ("created_by", "domain", "document_outline"),
    version=VERSIONS,
    document=DOCUMENTS,
    seed_examples=st.lists(CONTEXTS, min_size=4, max_size=6),
)


@given(st.tuples(st.just("skill-v3"), SKILLS) | st.tuples(st.just("knowledge-v3"), KNOWLEDGE))
@settings(max_examples=500)
def test_what_surely_fits_is_valid(leaf: tuple[str, dict[str, Any]]) -> None:
    name, data = leaf
    if look_for(schema(name))(data):
        assert VALIDATORS[name].is_valid(data)


def test_a_sound_leaf_needs_no_validator() -> None:
    seeds = [{"question": one, "answer": "x"} for one in "abcde"]
    skill = {"version": 3, "created_by": "ada", "task_description": "Say x.", "seed_examples": seeds}

    look = look_for(schema("skill-v3"))
    assert look(skill)
    assert not look({**skill, "version": True})
    turned = {"answer": "x", "question": "a"}  # the first one, its keys in another order
    assert not look({**skill, "seed_examples": [*seeds, turned]})


@pytest.mark.parametrize("more", [{"pattern": "^b"}, {"type": ["string", "null"]}, {"const": "b"}])
def test_what_a_schema_says_beyond_the_known_words_is_left_to_the_validator(more: dict[str, Any]) -> None:
    assert look_for({"type": "string"})("a")
    assert not look_for({"type": "string", **more})("a")
