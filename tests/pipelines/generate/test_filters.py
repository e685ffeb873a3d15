"""Each filter drops what it is for, and lets a sound sample pass."""

import json

import pytest

from pipelines.engines.completion import Completion
from pipelines.generate.filters import Draft, Dropped, check_draft, near, parse_draft
from pipelines.generate.judge import judgement_of
from pipelines.generate.passages import Passage, cut_passages, plain_text
from pipelines.generate.prompts import prompts_for
from pipelines.generate.similarity import rouge_l, words_of
from taxonomy_schema.models import Kind, Seed

TEXT = "The wren is a small bird of 9 grams. It lives in hedges and sings very loudly in spring."
PASSAGE = Passage("birds.md", TEXT, (TEXT,))
SEEDS = (Seed(question="Where does the wren live in winter?", answer="In hedges.", context=TEXT, group=0),)
SOUND = Draft("When does the wren sing loudly?", "The wren sings very loudly in spring.")


def test_a_sound_sample_passes() -> None:
    check_draft(SOUND, Kind.KNOWLEDGE, SEEDS, PASSAGE)


@pytest.mark.parametrize(
    ("draft", "reason"),
    [
        (Draft("", "In spring."), "filter:empty"),
        (Draft("Why does it sing?", ", "), "filter:empty"),
        (Draft("Why?", "It sings in spring."), "filter:too short"),
        (Draft("What does the wren do?", "sings " + "and then it rests a little while " * 80), "filter:too long"),
        (Draft("What does it sing?", "It sings " + "very loudly " * 6), "filter:repeats itself"),
        (Draft("What is a wren?", "A wren is a kind of bird and a bird is a kind of bird and a kind of wren."),
         "filter:repeats itself"),
        (Draft("What is the wren called?", "In hedges it is called the"), "filter:unfinished"),
        (Draft("When does it sing loudly?", "When does it sing loudly."), "filter:answer repeats the question"),
        (Draft("Where does the wren live in winter?", "It sings."), "filter:near a seed"),
        (Draft("The wren sings when?  Tell", "It sings in spring."), "filter:no question"),
        (Draft("What does this passage say of wrens?", "They live in hedges."), "filter:points at the passage"),
        (Draft("Is the wren a small bird?", "Small bird."), "filter:answer says nothing new"),
        (Draft("How heavy is an elephant?", "The wren lives in hedges."), "filter:answer to something else"),
        (Draft("How heavy is the wren?", "The wren is a small bird of 12 grams."), "filter:number not in the passage"),
        (Draft("What does the wren eat?", "The wren eats mostly cheese from Holland."), "filter:not in the passage"),
    ],
)  # fmt: skip
def test_an_unsound_sample_is_dropped_for_its_reason(draft: Draft, reason: str) -> None:
    with pytest.raises(Dropped) as caught:
        check_draft(draft, Kind.KNOWLEDGE, SEEDS, PASSAGE)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("text", "finish", "reason"),
    [
        ('{"question": "Why', "length", "write:cut off"),
        ("Question: why?", "stop", "write:not parsed"),
        ('["a"]', "stop", "write:not parsed"),
        ('{"question": "Why?"}', "stop", "write:not parsed"),
        ('{"question": "Why?", "answer": 3}', "stop", "write:not parsed"),
    ],
)
def test_what_is_no_sample_is_dropped_as_such(text: str, finish: str, reason: str) -> None:
    with pytest.raises(Dropped) as caught:
        parse_draft(Completion(text, finish, 1, 1), ("question", "answer"))  # type: ignore[arg-type]
    assert caught.value.reason == reason


def test_a_sample_is_read_from_its_json() -> None:
    text = json.dumps({"context": " c ", "question": "q?", "answer": "a"})
    assert parse_draft(Completion(text, "stop", 1, 1), ("context", "question", "answer")) == Draft(
        "q?", "a", "c"
    )


def test_an_answer_that_was_there_before_is_taken_as_it_is() -> None:
    assert parse_draft(Completion('{"question": "q?"}', "stop", 1, 1), ("question",), "a").answer == "a"


def test_skills_may_ask_alike_of_different_things() -> None:
    one = Draft("List two synonyms for the word happy.", "Glad and cheerful.")
    other = Draft("List two synonyms for the word angry.", "Furious and cross.")
    assert not near(one, other, Kind.FREEFORM)
    assert near(one, other, Kind.KNOWLEDGE)


LIST = tuple(
    Seed(question=f"List two synonyms for the word {word}.", answer=f"{word} one", group=0)
    for word in ("glad", "cold")
)


def test_a_skill_whose_questions_share_words_keeps_to_them() -> None:
    check_draft(Draft("Which synonyms has the word angry?", "Furious and cross."), Kind.FREEFORM, LIST, None)
    with pytest.raises(Dropped, match="off the skill"):
        check_draft(Draft("What is the longest river?", "The Nile, they say."), Kind.FREEFORM, LIST, None)


def test_a_skill_whose_questions_differ_is_free() -> None:
    seeds = (
        Seed(question="Why is ice cold?", answer="a", group=0),
        Seed(question="Who reads maps?", answer="b", group=1),
    )
    check_draft(Draft("What is the longest river?", "The Nile, they say."), Kind.FREEFORM, seeds, None)


def test_rouge_l_is_the_published_measure() -> None:
    """Lin 2004, section 3: police killed the gunman / police kill the gunman shares three of four words."""
    assert rouge_l(words_of("police killed the gunman"), words_of("police kill the gunman")) == pytest.approx(
        0.75
    )
    assert rouge_l([], ["a"]) == 0.0


@pytest.mark.parametrize(("word", "score"), [("good", 1.0), ("bad", 0.0), (" good", 1.0), ("perhaps", 0.0)])
def test_the_judges_word_becomes_a_score(word: str, score: float) -> None:
    assert judgement_of(word, prompts_for(Kind.FREEFORM)).score == score


def test_markdown_becomes_prose_in_passages() -> None:
    markdown = (
        '# Title\n\n| a | b |\n|---|---|\n\nThe **wren** is a [bird](x "wikilink") of hedges and gardens.\n\n'
        "```\ncode here is not prose.\n```\n\n* see also\n\nIt sings very loudly in spring[^1] and all the year.\n"
    )
    passages = cut_passages("w.md", markdown, 10)
    assert [passage.text for passage in passages] == [
        "The wren is a bird of hedges and gardens.",
        "It sings very loudly in spring and all the year.",
    ]
    (whole,) = cut_passages("w.md", markdown, 20)
    assert whole.sentences == tuple(passage.text for passage in passages)
    assert plain_text("a ![x](y (z)) `b`") == "a x b"


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    text = " ".join(f"Sentence number {n} has exactly seven words." for n in range(40))
    passages = cut_passages("w.md", text, 50)
    assert all(len(passage.text.split()) <= 63 for passage in passages)
    assert sum(len(passage.sentences) for passage in passages) == 40
