"""Texts that act where they are shown: reviewers should see them before a page or a bot does."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from taxonomy_schema.findings import Finding, Severity
from taxonomy_schema.parse import LeafSource
from taxonomy_schema.parse_rules import GOOD, changed
from taxonomy_schema.patterns import late
from taxonomy_schema.policy import Policy
from taxonomy_schema.rule import quoted
from taxonomy_schema.rules.glance import found, glance, near
from taxonomy_schema.rules.leaf_rule import LeafRule

# Each begins with what is rare, so that the search skips the rest of a text.
_MENTION: Final = late(r"@(?<![\w@/.+-]@)[A-Za-z0-9][A-Za-z0-9-]{0,38}")
_TAG: Final = late(
    r"</?(?:a|area|audio|base|button|details|embed|form|frame|frameset|iframe|img|input|link|math|meta|object|picture|"
    r"script|source|style|summary|svg|table|template|textarea|video)(?=[\s/>])[^<>]{0,300}>",
    re.IGNORECASE,
)
_ACTS: Final = (
    (b"<!--", "an HTML comment, which pages do not show", late("<!--")),
    (b"<", "HTML that a page may follow or load", _TAG),
    (b"@", "a mention, which sends somebody a message", _MENTION),
    (b"/graft", "a command of this service", late(r"/graft(?<![\w/.]/graft)\b")),
    (b"[", "a picture that is loaded from elsewhere", late(r"!\[[^\]\n]{0,300}\]\(\s*https?:[^\s)]+")),
    (b"](", "a link that runs a program", late(r"\]\(\s*(?:javascript|data|vbscript):", re.IGNORECASE)),
)
"""Each with what it cannot be without; the first sign of that is uncommon."""
# Joiners that scripts and emoji need are not among them.
_HIDDEN: Final = late(
    "[\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\U000e0000-\U000e007f]"
)
_ASCII: Final = bytes(range(128))


class ActsWhereShown(LeafRule):
    code = "GL501"
    title = "A text that would act where it is shown"
    severity = Severity.HINT
    docs = (
        "HTML comments and tags that load or hide something, @mentions, pictures from elsewhere and `/graft` commands "
        "in a leaf are shown without effect by this service. They are pointed out, since elsewhere they may hide text, "
        "call people, or tell a stranger who reads along."
    )
    bad = changed("answer: It is lighter than water.", "answer: Ask @octocat.")
    good = GOOD

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        look = glance(source)
        for start, what, pattern in _ACTS:
            if start[:1] in look.signs and start in look.raw and pattern.search(look.text):
                for match, text in found(source, pattern):
                    yield self.finding(
                        near(source, text, match[0]),
                        f"{quoted(match[0])} is {what}.",
                        "Leave it out, unless the leaf is about such things: it may hide text, call people or "
                        "start something elsewhere.",
                    )


class HiddenCharacter(LeafRule):
    code = "GL502"
    title = "A character that cannot be seen"
    severity = Severity.HINT
    docs = "Invisible characters, and those that turn the direction of writing, can make a text look like another."
    bad = changed("answer: It is lighter", "answer: It is\u200b lighter")
    good = GOOD

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        look = glance(source)
        beyond = source.beyond_ascii
        if look.escaped:
            beyond = look.raw.translate(None, _ASCII).decode("utf-8", "replace")
        if not (beyond and _HIDDEN.search(beyond)):
            return
        for match, text in found(source, _HIDDEN):
            name = unicodedata.name(match[0], "a character without a name").lower()
            yield self.finding(
                near(source, text, match[0]),
                f"An invisible character stands here: {name} (U+{ord(match[0]):04X}). Two texts that look alike "
                "could differ.",
                "Delete it, or type the words again: it came perhaps with a copied text.",
            )


RULES: Final[tuple[LeafRule, ...]] = (ActsWhereShown(), HiddenCharacter())
