"""What a leaf's seeds say: nothing empty, nothing twice, nothing against itself."""

from collections.abc import Iterator
from typing import Final

from taxonomy_schema.findings import Finding, Severity
from taxonomy_schema.parse import LeafSource
from taxonomy_schema.parse_rules import GOOD, changed
from taxonomy_schema.policy import Policy
from taxonomy_schema.rule import quoted
from taxonomy_schema.rules import likeness, placeholders
from taxonomy_schema.rules.examples import GOOD_KNOWLEDGE, knowledge
from taxonomy_schema.rules.leaf_rule import LeafRule
from taxonomy_schema.rules.walk import Pair, again, folded, pairs, place


class SameTextTwice(LeafRule):
    code = "GL302"
    title = "Two seeds differ at most in case and spaces"
    docs = (
        "The same question with the same answer, and for skills the same context, stands twice in the leaf. "
        "It would be counted as two pieces of evidence in the leaf's exam."
    )
    bad = knowledge(
        "How many oaks has the second hill?\n        answer: Two oaks.",
        "how many oaks  has the first hill?\n        answer: ONE oak.",
    )
    good = GOOD_KNOWLEDGE

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        first: dict[tuple[str, ...], Pair] = {}
        for pair in again(source):
            same = first.setdefault((*_asked(source, pair), folded(pair.answer)), pair)
            if same is not pair and same.question.strip():
                line = source.yaml.spot((*same.path, "question")).line
                yield self.finding(
                    place(source, (*pair.path, "question")),
                    f"The question and answer stand already in line {line}, but for case and spaces: twice the same "
                    "teaches nothing more.",
                    "Remove one, or ask something else.",
                )


class TwoAnswers(LeafRule):
    code = "GL303"
    title = "One question has different answers"
    severity = Severity.HINT
    docs = (
        "The same question, and for skills the same context, is answered in two ways. The model is taught both, and "
        "the exam counts one of them as wrong. Where both are meant, ask so that each answer fits."
    )
    bad = changed("question: Why do we sleep?", "question: Why does ice float?")
    good = GOOD

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        first: dict[tuple[str, ...], Pair] = {}
        for pair in again(source):
            same = first.setdefault(_asked(source, pair), pair)
            if same is not pair and folded(same.answer) != folded(pair.answer):
                line = source.yaml.spot((*same.path, "question")).line
                yield self.finding(
                    place(source, (*pair.path, "question")),
                    f"The question {quoted(pair.question)} has another answer in line {line}: the model is taught "
                    "both, and its exam "
                    "counts one of them as wrong.",
                    "Make the questions differ, or give one answer.",
                )


class OnlySpace(LeafRule):
    code = "GL304"
    title = "A text holds only white space"
    docs = "Questions, answers, contexts and the fields above them need words."
    bad = changed("answer: It is lighter than water.", 'answer: "  "')
    good = GOOD

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        if not source.sound or not _has_only_space(source):
            return
        for path, event in source.yaml.scalars():
            if event.value.isspace() and path:
                key = next(part for part in reversed(path) if isinstance(part, str))
                yield self.finding(
                    place(source, path),
                    f"“{key}” holds only white space, so there is nothing to learn from it.",
                    "Write the text, or remove the seed.",
                )


def _has_only_space(source: LeafSource) -> bool:
    """Whether any text is white space, without its place."""
    top = source.data.values()
    texts = [text for value in top if isinstance(value, dict) for text in value.values()]
    texts += [text for value in texts if isinstance(value, list) for text in value]
    texts += top
    texts += [entry["context"] for entry in source.data["seed_examples"] if "context" in entry]
    return any(isinstance(text, str) and text.isspace() for text in texts) or any(
        pair.question.isspace() or pair.answer.isspace() for pair in pairs(source)
    )


def _asked(source: LeafSource, pair: Pair) -> tuple[str, str]:
    """What a question is: of knowledge, which is asked without the context, the words alone."""
    return folded(pair.question), "" if source.is_knowledge else folded(pair.context or "")


RULES: Final[tuple[LeafRule, ...]] = (
    SameTextTwice(),
    TwoAnswers(),
    OnlySpace(),
    *placeholders.RULES,
    *likeness.RULES,
)
