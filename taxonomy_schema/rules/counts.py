"""How much a leaf holds: enough to teach from, not more than people can review."""

from collections.abc import Iterator
from typing import Final

from taxonomy_schema.findings import Finding, Severity
from taxonomy_schema.kinds import NEWEST_VERSION
from taxonomy_schema.parse import LeafSource
from taxonomy_schema.parse_rules import ATTRIBUTION, GOOD, GOOD_SKILL, changed
from taxonomy_schema.policy import Policy
from taxonomy_schema.rule import Example
from taxonomy_schema.rules.examples import GOOD_KNOWLEDGE, knowledge
from taxonomy_schema.rules.form import LEAST_SEEDS
from taxonomy_schema.rules.leaf_rule import LeafRule
from taxonomy_schema.rules.walk import key_place, may_exceed, may_hold, pairs, place, words

_USED_PAIRS: Final = 3


class FewOldSeeds(LeafRule):
    code = "GL202"
    title = "An older leaf has fewer seeds than the newest version asks for"
    severity = Severity.HINT
    docs = f"Version 1 allowed fewer than {LEAST_SEEDS} seeds. Fewer seeds give less varied data and a weaker exam."
    bad = Example(GOOD_SKILL.replace("version: 3\n", "").split("  - question: Why do leaves")[0], ATTRIBUTION)
    good = GOOD

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        seeds = source.data.get("seed_examples", ())
        if source.sound and len(seeds) < LEAST_SEEDS:
            yield self.finding(
                key_place(source, ("seed_examples",)),
                f"The leaf has {len(seeds)} seeds; with fewer than {LEAST_SEEDS}, as version {NEWEST_VERSION} asks "
                "for, what is written "
                "from them varies little, and its exam tells little.",
                f"Add {LEAST_SEEDS - len(seeds)} more seeds.",
            )


class SkillTooLong(LeafRule):
    code = "GL203"
    title = "A skill's seeds have too many words"
    docs = "All questions and answers of a skill together have at most 2,300 words, so that they fit into prompts."
    bad = changed("Body and mind mend themselves.", "word " * 2300)
    good = GOOD

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        if not may_hold(source, policy.skill_words) or not source.sound or source.is_knowledge:
            return
        every = pairs(source)
        if not may_exceed(
            sum(len(pair.question) + len(pair.answer) + 2 for pair in every), policy.skill_words
        ):
            return
        total = sum(words(pair.question) + words(pair.answer) for pair in every)
        if total > policy.skill_words:
            yield self.finding(
                key_place(source, ("seed_examples",)),
                f"All questions and answers together have {total:,} words; more than {policy.skill_words:,} do not "
                "fit into the "
                "prompts that new examples are written from.",
                "Shorten the answers, or split the skill into two leaves.",
            )


class ContextTooLong(LeafRule):
    code = "GL204"
    title = "A context has too many words"
    docs = "A context has at most 500 words. A longer one crowds the questions out of the prompt."
    bad = knowledge("The first hill has one oak.", "oak " * 501 + ".")
    good = GOOD_KNOWLEDGE

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        if not may_hold(source, policy.context_words):
            return
        for index, entry in enumerate(source.data.get("seed_examples", ())):
            context = entry.get("context")
            if context is None or not may_exceed(len(context) + 1, policy.context_words):
                continue
            count = words(context)
            if count > policy.context_words:
                yield self.finding(
                    place(source, ("seed_examples", index, "context")),
                    f"The context has {count:,} words; more than {policy.context_words:,} crowd its questions out "
                    "of the prompt.",
                    "Cut it to the passage that its questions need.",
                )


class PairTooLong(LeafRule):
    code = "GL205"
    title = "A question with its answer has too many words"
    docs = "In a knowledge leaf a question and its answer together have at most 250 words."
    bad = knowledge("answer: One oak.", "answer: " + "oak " * 251)
    good = GOOD_KNOWLEDGE

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        if not source.is_knowledge or not may_hold(source, policy.pair_words):
            return
        for pair in pairs(source):
            if not may_exceed(len(pair.question) + len(pair.answer) + 2, policy.pair_words):
                continue
            count = words(pair.question) + words(pair.answer)
            if count > policy.pair_words:
                yield self.finding(
                    place(source, pair.path),
                    f"The question and its answer have {count:,} words; more than {policy.pair_words:,} crowd other "
                    "examples out of the "
                    "prompt.",
                    "Shorten the answer, or ask two questions.",
                )


class ManyPairs(LeafRule):
    code = "GL206"
    title = "A context has more questions than are sure to be used"
    severity = Severity.HINT
    docs = (
        f"InstructLab's own generator takes exactly {_USED_PAIRS} questions with their answers of each context, and "
        "drops the others in silence. This service uses all."
    )
    bad = knowledge(
        "      - question: How many oaks has the first hill?",
        "      - question: Which birds nest on the first hill?\n        answer: None do.\n"
        "      - question: How many oaks has the first hill?",
    )
    good = GOOD_KNOWLEDGE

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        if not source.is_knowledge:
            return
        for index, entry in enumerate(source.data["seed_examples"]):
            count = len(entry["questions_and_answers"])
            if count > _USED_PAIRS:
                yield self.finding(
                    key_place(source, ("seed_examples", index, "questions_and_answers")),
                    f"The context has {count} questions; InstructLab's own generator uses the first {_USED_PAIRS} and "
                    "drops the rest in silence.",
                    "Put the three that matter most first, or give the others a context of their own.",
                )


RULES: Final[tuple[LeafRule, ...]] = (
    FewOldSeeds(),
    SkillTooLong(),
    ContextTooLong(),
    PairTooLong(),
    ManyPairs(),
)
