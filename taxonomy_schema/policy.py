"""What a taxonomy's maintainers may set about the rules. The defaults suit a public taxonomy."""

from collections.abc import Iterable
from typing import NamedTuple

from taxonomy_schema.findings import Finding, Severity

LICENCES = ("CC0-1.0", "CDLA-Permissive-2.0", "CC-BY-4.0", "CC-BY-SA-4.0", "Apache-2.0", "MIT")
HOSTS = ("github.com", "gitlab.com", "codeberg.org", "bitbucket.org", "git.sr.ht", "huggingface.co")
DOCUMENT_TYPES = (".md", ".markdown", ".txt")


class Policy(NamedTuple):
    """Limits are counts of words, a word being a run of characters without white space."""

    raised: tuple[str, ...] = ()
    """Codes of hints that are errors in this taxonomy. An error cannot be lowered."""
    hosts: tuple[str, ...] = HOSTS
    licences: tuple[str, ...] = LICENCES
    excluded_topics: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Topics that the taxonomy does not take, each with words and phrases that tell it."""
    skill_words: int = 2300
    context_words: int = 500
    pair_words: int = 250
    context_tokens: int = 500
    pair_tokens: int = 250
    """Tokens are estimated by a text's length; see `rules.tokens`."""
    line_characters: int = 120
    document_types: tuple[str, ...] = DOCUMENT_TYPES
    document_bytes: int = 5_000_000
    """How large one file of a document may be."""
    documents: int = 50
    """How many files a leaf's patterns may name."""
    leaf_similarity: float = 0.6
    """Leaves that share more than this share of their passages are told to be alike."""

    def severity_of(self, finding: Finding) -> Finding:
        """The finding as this policy weighs it."""
        if finding.code in self.raised and finding.severity is Severity.HINT:
            return finding._replace(severity=Severity.ERROR)
        return finding

    def weigh(self, findings: Iterable[Finding]) -> Iterable[Finding]:
        """Findings with the hints that this policy raises as errors; the only place where it does so."""
        return map(self.severity_of, findings) if self.raised else findings


DEFAULT_POLICY = Policy()
