"""Seeds nearly alike, answers that say their question, answers that stand on nothing: what is one, and what is near."""

import pytest

from taxonomy_schema.findings import Finding
from taxonomy_schema.rules import check
from taxonomy_schema.rules.examples import knowledge
from tests.taxonomy_schema.leaves import SKILL_ID, files, from_example

Pairs = tuple[tuple[str, str], ...]
REST: Pairs = (
    ("Why is the sky blue?", "Air scatters blue light most."),
    ("Why does bread rise?", "Yeast makes gas in the dough."),
    ("Why do leaves fall?", "The tree saves its water for winter."),
)
HEADS = {1: "", 2: "version: 2\n", 3: "version: 3\n"}


def skill(*pairs: tuple[str, str], version: int = 3, contexts: tuple[str, ...] = ()) -> str:
    text = f"{HEADS[version]}created_by: ada\ntask_description: Answer.\nseed_examples:\n"
    for number, (question, answer) in enumerate(pairs):
        text += f"  - question: {question!r}\n    answer: {answer!r}\n"
        if contexts:
            text += f"    context: {contexts[number]!r}\n"
    return text


def told(code: str, text: str, leaf_id: str = SKILL_ID) -> list[Finding]:
    report = check(files(text, leaf_id=leaf_id))
    assert report.source.sound, report.findings
    return [one for one in report.findings if one.code == code]


ALIKE = [
    (("How do I bake a loaf of rye bread at home?", "Mix flour, water and salt, wait a day, and bake it for an hour."),
     ("How do I bake a loaf of rye bread at my home?", "Mix flour, water and salt, wait a day, bake it for one hour.")),
    (("Name the capital of the country north of Spain.", "The capital is Paris, on the river Seine in the north."),
     ("name the capital of the country north of Spain!", "The capital is Paris, on the river Seine, in the north")),
    (("Tell me why does ice float on water in winter?", "It is lighter than the water around it, so it floats."),
     ("Why does ice float on water in winter?", "It is lighter than the water around it, so it floats.")),
]  # fmt: skip


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize(("first", "second"), ALIKE)
def test_seeds_that_say_nearly_the_same_are_pointed_at(
    first: tuple[str, str], second: tuple[str, str], version: int
) -> None:
    for one, two in ((first, second), (second, first)):
        text = skill(*REST, one, two, version=version)
        (found,) = told("GL306", text)
        lines = text.split("\n")
        assert lines[found.place.line - 1].startswith(f"  - question: {two[0]!r}")
        assert f"line {lines.index(f'  - question: {one[0]!r}') + 1}," in found.message


@pytest.mark.parametrize(
    "pairs",
    [
        # Another number, another answer, another question: what teaches something.
        (("How much is 17 plus 25?", "It is 42, as 17 plus 25 is 42."),
         ("How much is 18 plus 25?", "It is 43, as 18 plus 25 is 43.")),
        (("Is the whale a fish?", "No, the whale is a mammal that lives in the sea."),
         ("Is the shark a fish?", "Yes, the shark is a fish that lives in the sea.")),
        (("Name a synonym of glad.", "Happy."), ("Name a synonym of sad.", "Unhappy.")),
        (("What is the past of go?", "Went."), ("What is the past of see?", "Saw.")),
        (("Why does the moon shine so brightly?", "It reflects the light of the sun."),
         ("Why does the snow shine so brightly?", "It reflects the light of the sun.")),
        (("Tell me whether the river is longer than the road.", "Yes, the river is longer than the road."),
         ("Tell me whether the road is longer than the river.", "Yes, the road is longer than the river.")),
        # The same question with different answers is told of as such.
        (("Why does ice float?", "It is light."), ("Why does ice float?", "Water is heavier than it.")),
    ],
)  # fmt: skip
def test_seeds_that_differ_in_what_they_teach_are_not(pairs: Pairs) -> None:
    assert told("GL306", skill(*REST, *pairs)) == []


def test_the_same_question_of_another_context_is_another_seed() -> None:
    first, second = ALIKE[0]
    pairs = (*REST, first, second)
    other = tuple(
        f"Context number {name}, with words of its own." for name in ("one", "two", "three", "four", "five")
    )
    same = (*other[:4], other[3])
    place = "compositional_skills/grounded/writing/short"

    assert told("GL306", skill(*pairs, contexts=other), place) == []
    assert len(told("GL306", skill(*pairs, contexts=same), place)) == 1


def test_knowledge_is_asked_without_its_context() -> None:
    near = knowledge(
        "How many oaks has the second hill?\n        answer: Two oaks.",
        "How many oaks has the very first hill?\n        answer: One oak.",
    )

    assert [one.code for one in check(from_example(near)).findings if one.code == "GL306"] == ["GL306"]


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize(
    ("question", "answer", "said"),
    [
        ("Why does ice float?", "Why does ice float? It is lighter.", "whole question again"),
        ("Why does ice float?", "You ask why does ice float. It is lighter.", "whole question again"),
        ("Why does ice float?", "Why does ice float?", "nothing but the question"),
        ("Why does ice float?", "why does ICE float", "nothing but the question"),
        ("Why does ice float on water?", "Why does ice\nfloat on water? It is lighter.", "whole question again"),
        ("Why  does ice float?", "Why does ice float? It is lighter.", "whole question again"),
        ("Explain why ice floats.", "Explain why ice floats: it is lighter.", "whole question again"),
    ],
)  # fmt: skip
def test_an_answer_that_says_its_question_is_pointed_at(
    question: str, answer: str, said: str, version: int
) -> None:
    text = skill(
        *REST, ("Why do we sleep?", "Body and mind mend themselves."), (question, answer), version=version
    )
    text = text.replace("\\n", "\n\n      ")

    (found,) = told("GL307", text)

    assert said in found.message


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Why does ice float?", "Ice floats because it is lighter than water."),
        ("Say “ice floats” in other words.", "Ice stays on top of the water."),
        ("Spell cat.", "Spell cat as c, a, t."),  # too short to be a habit
        ("Repeat after me.", "Me."),
        ("2 + 2 = ?", "2 + 2 = 4"),
        ("What is the opposite of hot?", "The opposite of hot is cold."),
    ],
)
def test_an_answer_may_take_up_words_of_its_question(question: str, answer: str) -> None:
    pairs = (*REST, ("Why do we sleep?", "Body and mind mend themselves."), (question, answer))

    assert told("GL307", skill(*pairs)) == []


BESIDE = "Medieval merchants carried precious spices across stormy oceans towards distant European harbours."


def beside(context: str, answer: str) -> list[Finding]:
    rest = [
        (f"What is said of {name}?", f"Nothing is said of {name}.") for name in ("Ada", "Bob", "Cleo", "Dan")
    ]
    contexts = (*(f"Nothing is said of {name}." for name in ("Ada", "Bob", "Cleo", "Dan")), context)
    text = skill(*rest, ("What is told?", answer), contexts=contexts)
    return told("GL308", text, "compositional_skills/grounded/writing/short")


@pytest.mark.parametrize(
    "context", ["The first hill has one oak.", "12 + 7 = 19", "Foxes live below it; snow comes late."]
)
def test_an_answer_that_shares_no_word_with_its_context_is_pointed_at(context: str) -> None:
    (found,) = beside(context, BESIDE)

    assert "What is told?" in found.message


@pytest.mark.parametrize(
    ("context", "answer"),
    [
        ("A merchant sailed.", BESIDE),  # another form of a word
        ("SPICES were dear.", BESIDE),
        (
            "The hill has one oak.",
            "No, it does not, as it is not said at all in it, is it?",
        ),  # nothing but small words
        ("The hill has one oak.", "Nothing is told."),
        (
            "Der Hügel hat eine Eiche.",
            "The hill has a tree of the kind called oak, or Eiche in its own language there.",
        ),
        ("木が一本ある。", "丘の上には木が一本あり、その下には狐が住んでいる。"),
        ("x = 4", "x = 4, y = 5, z = 6, so the sum is 15."),
    ],
)
def test_an_answer_with_a_word_of_its_context_or_with_few_words_is_not(context: str, answer: str) -> None:
    assert beside(context, answer) == []


def test_a_skill_without_contexts_stands_on_nothing() -> None:
    assert (
        told(
            "GL308",
            skill(*REST, ("What is told?", BESIDE), ("Why do we sleep?", "Body and mind mend themselves.")),
        )
        == []
    )
