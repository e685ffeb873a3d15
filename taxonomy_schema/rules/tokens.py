"""How many tokens a text is about, which is what models are limited by, told without any model's tokenizer."""

from collections.abc import Iterator
from typing import Final

from taxonomy_schema.findings import Finding, Severity
from taxonomy_schema.parse import LeafSource
from taxonomy_schema.policy import Policy
from taxonomy_schema.rules.examples import GOOD_KNOWLEDGE, knowledge
from taxonomy_schema.rules.leaf_rule import LeafRule
from taxonomy_schema.rules.walk import pairs, place, words

BYTES: Final = 4
"""Bytes of UTF-8 that a token stands for: in English prose 3 to 5 with every tokenizer in use, on average 4. Other
languages, numbers and programs take up to twice as many tokens."""


class ManyTokens(LeafRule):
    code = "GL207"
    title = "A text has probably too many tokens"
    severity = Severity.HINT
    docs = (
        "InstructLab states its limits in tokens: a context has fewer than 500, and a question with its answer at most "
        "250. A word is one token or more, so more words than that are an error (GL204, GL205). In between only the "
        "model's own tokenizer could tell, which an evaluation asks: what it finds too long it leaves out, and says "
        f"so. Here a token is taken to be {BYTES} bytes of UTF-8, as it is on average in English prose, which is why "
        "it is a hint."
    )
    bad = knowledge("The first hill has one oak.", "The hill has oaks of considerable proportions. " * 50)
    good = GOOD_KNOWLEDGE

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        # What is all ASCII has as many bytes as characters; of other texts a character has at most four.
        widest = 4 if source.beyond_ascii else 1
        sure = policy.context_tokens * BYTES // widest
        for index, entry in enumerate(source.data.get("seed_examples", ())):
            context = entry.get("context")
            if context is None or len(context) <= sure:
                continue
            count = _tokens(context)
            if count > policy.context_tokens and words(context) <= policy.context_words:
                yield self.finding(
                    place(source, ("seed_examples", index, "context")),
                    f"The context is about {count:,} tokens, judged by its length; {policy.context_tokens:,} is the "
                    "most, and what a model's prompt cannot hold is left out.",
                    "Cut it to the passage that its questions need.",
                )
        if not source.is_knowledge:
            return
        sure = policy.pair_tokens * BYTES // widest
        for pair in pairs(source):
            if len(pair.question) + len(pair.answer) <= sure:
                continue
            count = _tokens(pair.question) + _tokens(pair.answer)
            if count > policy.pair_tokens and words(pair.question) + words(pair.answer) <= policy.pair_words:
                yield self.finding(
                    place(source, pair.path),
                    f"The question and its answer are about {count:,} tokens, judged by their length; "
                    f"{policy.pair_tokens:,} is the most, and what a model's prompt cannot hold is left out.",
                    "Shorten the answer, or ask two questions.",
                )


def _tokens(text: str) -> int:
    return -(-len(text.encode()) // BYTES)


RULES: Final[tuple[LeafRule, ...]] = (ManyTokens(),)
