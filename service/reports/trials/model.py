"""Everything the answer to one command needs, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pipelines.artifacts import Comparison, Release
from pipelines.plan import ModelRole
from pipelines.trials import Precheck, Preview, Reply
from service.reports.model import RunLine

MODELS: Final[tuple[ModelRole, ...]] = ("base", "reference", "candidate")
"""In the order in which they are shown."""


def run_marker(comment_id: int, kind: str) -> str:
    """Finds the answer of one command again: a comment gives at most one command of a kind that starts a run."""
    return f"<!-- graftlab:answer:{comment_id}:{kind} -->"


@dataclass(frozen=True)
class TrialInput:
    """One run that answers a comment, as it stands."""

    run: RunLine
    head_sha: str
    comment_id: int
    public_url: str
    """Without a slash at the end."""
    base_model: str
    release_version: str | None = None
    """What stands as reference; None: the base model, before the first release."""
    leaf: str | None = None
    prompt: str | None = None
    precheck: Precheck | None = None
    preview: Preview | None = None
    replies: Mapping[ModelRole, Reply] = field(default_factory=dict)
    candidate_run: int | None = None
    """The evaluation whose candidate is asked."""
    comparison: Comparison | None = None
    version: str = ""
    """Of a dry run: what the release would be called."""
    release: Release | None = None
    """Of a dry run that passed the gate."""

    @property
    def short_sha(self) -> str:
        return self.head_sha[:8]

    @property
    def page(self) -> str:
        return f"{self.public_url}/runs/{self.run.id}"

    @property
    def reference(self) -> str:
        """The model that is published now, in words; ours, so it needs no escaping but the version's."""
        return "the base model" if self.release_version is None else f"release {self.release_version}"
