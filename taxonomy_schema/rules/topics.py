"""Topics that a taxonomy's policy excludes, told by words that the policy lists."""

import functools
import re
from collections.abc import Iterator
from typing import Final

from taxonomy_schema.findings import Finding, Severity
from taxonomy_schema.parse import LeafSource
from taxonomy_schema.patterns import late
from taxonomy_schema.policy import Policy
from taxonomy_schema.rule import quoted
from taxonomy_schema.rules.glance import found, near
from taxonomy_schema.rules.leaf_rule import LeafRule


class ExcludedTopic(LeafRule):
    code = "GL507"
    title = "A word of a topic that this taxonomy does not take"
    severity = Severity.HINT
    docs = (
        "The maintainers' policy lists topics that the taxonomy does not take, each with words that tell it "
        "(`excluded_topics` in `.graft.yaml`; none by default). Whole words count, in capitals or not. A word may be "
        "meant otherwise, so it is a hint, unless the policy raises it."
    )

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        for topic, words in policy.excluded_topics:
            for match, text in found(source, _pattern(words)):
                yield self.finding(
                    near(source, text, match[0]),
                    f"{quoted(match[0])} is a word of {quoted(topic)}, a topic that this taxonomy's maintainers "
                    "do not take.",
                    "Choose other examples, or, if the word means something else here, say so in the pull request.",
                )


@functools.lru_cache(maxsize=256)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Any of the words or phrases, whole; one space in a phrase stands for any white space."""
    each = (r"\s+".join(map(re.escape, word.split())) for word in sorted(words, key=len, reverse=True))
    return late(rf"(?<!\w)(?:{'|'.join(each)})(?!\w)", re.IGNORECASE)


RULES: Final[tuple[LeafRule, ...]] = (ExcludedTopic(),)
