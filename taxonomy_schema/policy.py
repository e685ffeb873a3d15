"""What a taxonomy's maintainers may set about the rules. The defaults suit a public taxonomy."""

from dataclasses import dataclass

from taxonomy_schema.findings import Severity

LICENCES = ("CC0-1.0", "CDLA-Permissive-2.0", "CC-BY-4.0", "CC-BY-SA-4.0", "Apache-2.0", "MIT")
HOSTS = ("github.com", "gitlab.com", "codeberg.org", "bitbucket.org", "git.sr.ht", "huggingface.co")


@dataclass(frozen=True)
class Policy:
    """Limits are counts of words, a word being a run of characters without white space."""

    hosts: tuple[str, ...] = HOSTS
    licences: tuple[str, ...] = LICENCES
    licence_severity: Severity = Severity.HINT
    skill_words: int = 2300
    context_words: int = 500
    pair_words: int = 250


DEFAULT_POLICY = Policy()
