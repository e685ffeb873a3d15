"""Passwords, tokens and private keys that came along with a text: what is published once can be used by anybody."""

import functools
import importlib
import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from taxonomy_schema.findings import Finding, Place, Severity
from taxonomy_schema.parse import LeafSource
from taxonomy_schema.parse_rules import GOOD, changed
from taxonomy_schema.patterns import late
from taxonomy_schema.policy import Policy
from taxonomy_schema.rules.glance import glance, near, texts
from taxonomy_schema.rules.leaf_rule import LeafRule

_PRIVATE_KEY: Final = b"PRIVATE KEY"
# detect-secrets' detectors of one provider's form each. Its detectors of mere words and of mere randomness are left
# out: in prose they cry wolf.
_DETECTORS: Final = (
    ("artifactory", "ArtifactoryDetector"),
    ("aws", "AWSKeyDetector"),
    ("azure_storage_key", "AzureStorageKeyDetector"),
    ("discord", "DiscordBotTokenDetector"),
    ("github_token", "GitHubTokenDetector"),
    ("gitlab_token", "GitLabTokenDetector"),
    ("jwt", "JwtTokenDetector"),
    ("mailchimp", "MailchimpDetector"),
    ("npm", "NpmDetector"),
    ("openai", "OpenAIDetector"),
    ("private_key", "PrivateKeyDetector"),
    ("pypi_token", "PypiTokenDetector"),
    ("sendgrid", "SendGridDetector"),
    ("slack", "SlackDetector"),
    ("square_oauth", "SquareOAuthDetector"),
    ("stripe", "StripeDetector"),
    ("telegram_token", "TelegramBotTokenDetector"),
    ("twilio", "TwilioKeyDetector"),
)
_HUB_TOKEN: Final = late(r"\bhf_[A-Za-z0-9]{30,}\b|\bgithub_pat_[A-Za-z0-9_]{60,}\b")
_NAMED: Final = late(
    r"(?:pass(?:word|wd|phrase)|secret|token|api[ _-]?key|access[ _-]?key|credential)s?"
    r"[\"'`]?\s{0,3}(?::|=|\bis\b)\s{0,3}[\"'`]?([A-Za-z0-9+/_=.~!-]{16,200})",
    re.IGNORECASE,
)
_LONG: Final = late(r"[A-Za-z0-9_-]{20}|PRIVATE KEY")
_EXAMPLE: Final = late("example|sample|dummy|placeholder", re.IGNORECASE)
_LEAST_ENTROPY: Final = 3.7
"""Bits a character: English words written together have about 3.2, random letters and digits over 4."""
_SHOWN: Final = 4
_MEND: Final = (
    "Write “EXAMPLE-KEY” instead. If the real one was pushed, cancel it where you got it: Git's history keeps it "
    "readable."
)


class Credential(LeafRule):
    code = "GL503"
    title = "A password, token or private key"
    docs = (
        "What looks exactly like a key or token of a known service, or begins a private key, must not be published: "
        "it can be used by anybody who reads the leaf, and a model may learn to say it. The finding shows its first "
        "characters only."
    )
    bad = changed(
        "answer: It is lighter than water.", "answer: Use ghp_" + "0123456789abcdefABCDEF0123456789abcd"
    )
    good = GOOD

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        if not _suspect(source):
            return
        for line, place in _lines(source):
            for kind, value in _secrets(line):
                yield self.finding(
                    place.at(column=line.find(value) + 1),
                    f"{kind} stands here, beginning with “{value[:_SHOWN]}…”. Whoever reads the leaf could use it.",
                    _MEND,
                )
        if glance(source).escaped:
            for text in texts(source):
                for kind, value in _secrets(text.value):
                    if value not in (source.qna_text or ""):
                        yield self.finding(
                            near(source, text, value),
                            f"{kind} stands here, written with escapes. Whoever reads the leaf could use it.",
                            _MEND,
                        )


class NamedSecret(LeafRule):
    code = "GL504"
    title = "Something that may be a password or key"
    severity = Severity.HINT
    docs = (
        "After a word such as “password” or “API key” stands a long mixture of letters and digits, as only machines "
        "write it. If it opens anything, it must not be published."
    )
    bad = changed("answer: It is lighter than water.", "answer: The password is x7Gk2pQ9vLm4Wz8Rt1")
    good = GOOD

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        if not _suspect(source):
            return
        for line, place in _lines(source):
            for match in _NAMED.finditer(line):
                value = match[1]
                if _looks_random(value) and not any(True for _ in _secrets(line)):
                    yield self.finding(
                        place.at(column=match.start(1) + 1),
                        f"This looks like a password or key: “{value[:_SHOWN]}…”. If it is one, whoever reads the "
                        "leaf could use it.",
                        "Write “EXAMPLE-KEY” instead. If it opens anything, change it there too: Git's history "
                        "keeps it "
                        "readable.",
                    )


def _suspect(source: LeafSource) -> bool:
    """Whether there is anything a detector could find; told once for both rules."""
    known: bool | None = source.kept.get("suspect")
    if known is None:
        look = glance(source)
        known = look.has_long_token or _PRIVATE_KEY in look.raw
        source.kept["suspect"] = known
    return known


def _lines(source: LeafSource) -> Iterator[tuple[str, Place]]:
    """Every line of both files, comments too."""
    for number, line in enumerate(source.qna_lines, start=1):
        yield line, Place(file=source.qna_file, line=number)
    for number, line in enumerate((source.attribution_text or "").split("\n"), start=1):
        yield line, Place(file=source.attribution_file, line=number)


def _secrets(line: str) -> Iterator[tuple[str, str]]:
    """What kind of secret, and the secret."""
    if not _LONG.search(line):
        return
    seen = set()
    for match in _HUB_TOKEN.finditer(line):
        yield "A token", match[0]
    for detector in _detectors():
        for value in detector.analyze_string(line):
            if value and value in line and value not in seen and not _EXAMPLE.search(value):
                seen.add(value)
                kind = detector.secret_type
                yield ("A private key" if kind == "Private Key" else f"A secret ({kind})"), value


@functools.cache
def _detectors() -> tuple[Any, ...]:
    """Loaded for the first suspect: most checks meet none."""
    return tuple(
        getattr(importlib.import_module(f"detect_secrets.plugins.{module}"), name)()
        for module, name in _DETECTORS
    )


def _looks_random(value: str) -> bool:
    """Letters and digits mixed, with the entropy of chance; not the same few characters, and no words with hyphens."""
    if not (any(one.isdigit() for one in value) and any(one.isalpha() for one in value)):
        return False
    if _EXAMPLE.search(value) or value.count("-") + value.count("_") > len(value) // 8 + 1:
        return False
    counts = Counter(value)
    entropy = -sum(count / len(value) * math.log2(count / len(value)) for count in counts.values())
    return entropy >= _LEAST_ENTROPY


RULES: Final[tuple[LeafRule, ...]] = (Credential(), NamedSecret())
