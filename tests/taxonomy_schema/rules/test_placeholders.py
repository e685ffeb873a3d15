"""Texts that hold the place of others, in the ways that people leave them, and answers that only look so."""

import pytest

from taxonomy_schema.findings import Finding, Severity
from taxonomy_schema.rules import check
from taxonomy_schema.rules.examples import GOOD_KNOWLEDGE
from tests.taxonomy_schema.leaves import SKILL, files

ANSWER = "It is lighter than water."
LATIN = "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore."


def told(text: str, leaf_id: str = "compositional_skills/writing/short") -> list[Finding]:
    report = check(files(text, leaf_id=leaf_id))
    assert report.source.sound, report.findings
    return [one for one in report.findings if one.code == "GL310"]


def answered(answer: str) -> list[Finding]:
    return told(SKILL.replace(ANSWER, "'" + answer.replace("'", "''") + "'"))


@pytest.mark.parametrize(
    "text",
    [
        "TODO", "TODO ", "TBD", "tbd.", "FIXME", "FIXME!", "To be written", "to be determined.", "[TBD]", "(tba)",
        "<your answer>", "<answer>", "[answer]", "{{answer}}", "{the answer}", "<Insert answer here>",
        "Answer here", "Answer goes here.", "your answer here", "Write your answer here", "Enter text here…",
        "**Your answer**", "«votre réponse»", "À compléter", "Deine Antwort", "Antwort hier einfügen", "tu respuesta",
        "Respuesta aquí.", "sua resposta", "La tua risposta", "Ваш ответ", "你的答案", "要記入", LATIN, LATIN.lower(),
    ],
)  # fmt: skip
def test_what_surely_holds_a_place_is_an_error(text: str) -> None:
    assert [one.severity for one in answered(text)] == [Severity.ERROR]


@pytest.mark.parametrize(
    "text",
    [
        "...", "…", "<...>", "[…]", "___", "???", "----", "n/a", "N/A", "xxx", "foo", "Foo bar", "asdf", "test",
        "Placeholder",
        "todo", "Todo.", "To do", "Lorem ipsum", "TODO: say it better", "TBD (ask Ada)", "FIXME this is not right",
        "XXX: check", "Platzhalter", "Por hacer", "待定",
        "TODO this text goes on for longer than forty characters and yet waits for another",
    ],
)  # fmt: skip
def test_what_may_be_meant_is_a_hint(text: str) -> None:
    assert [one.severity for one in answered(text)] == [Severity.HINT]


@pytest.mark.parametrize(
    "text",
    [
        # Words of the list in texts of their own.
        "To do that, add water.", "Your answer is right.", "The answer is here.", "Test the ice first.",
        "Todos los días.",
        "Here is the answer.", "A placeholder stands for another text.", "Foo is a name that programmers use.",
        "Lorem ipsum is a text that printers use.", "The text begins with lorem ipsum dolor sit amet.",
        "Add the text here to see it.", "Answer the phone.", "Text", "Answer", "Context", "Insert",
        # Short answers, signs and other languages.
        "No", "-", "?", "!", "42", "x", "A", "(a)", "[1, 2]", "{}", "<b>", "f(x)", "“…” are three dots",
        "XXX is thirty.",
        "Todo está bien.", "Pendiente", "Antwort", "Da", "Tu", "Su casa", "A fazenda", "In Paris", "Re: your letter",
        "To-do lists help.", "TODAY", "Tbilisi",
    ],
)  # fmt: skip
def test_what_is_a_text_is_left_alone(text: str) -> None:
    assert answered(text) == []


@pytest.mark.parametrize("version", ["", "version: 1\n", "version: 2\n", "version: 3\n"])
def test_every_text_of_a_skill_is_looked_at_in_every_version(version: str) -> None:
    text = SKILL.replace("version: 3\n", version)
    for old in ("Answer in one short sentence.", "Why does ice float?", ANSWER):
        (found,) = told(text.replace(old, "TBD"))
        assert text.replace(old, "TBD").split("\n")[found.place.line - 1].endswith("TBD")
    grounded = text.replace("    answer: It", "    context: <context>\n    answer: It")
    grounded = grounded.replace("  - question", "  - context: There is one.\n    question")
    grounded = grounded.replace(
        "  - context: There is one.\n    question: Why does ice", "  - question: Why does ice"
    )
    assert [one.severity for one in told(grounded, "compositional_skills/grounded/short")] == [Severity.ERROR]


@pytest.mark.parametrize(
    "old",
    [
        "geography",
        "Five hills and what grows on them.",
        "Foxes live there.",
        "Who lives below the first hill?",
    ],
)
def test_every_text_of_knowledge_is_looked_at(old: str) -> None:
    changed = str(GOOD_KNOWLEDGE.qna).replace(f": {old}", ": '<answer>'", 1)

    assert [one.severity for one in told(changed, GOOD_KNOWLEDGE.id)] == [Severity.ERROR]


def test_a_context_that_waits_is_pointed_at_once() -> None:
    text = "The first hill has one oak. Foxes live below it. Snow comes in month 1."
    changed = str(GOOD_KNOWLEDGE.qna).replace(text, "'[insert context here]'")

    assert len({one.place for one in told(changed, GOOD_KNOWLEDGE.id)}) == 1
    assert len(told(changed, GOOD_KNOWLEDGE.id)) == 1
