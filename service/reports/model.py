"""Everything a report needs, and nothing else. Jobs fill it from the ledger and the artifacts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pipelines.artifacts import Comparison, LeafCounts, Sample, StepRecord
from pipelines.errors import Failure
from taxonomy_schema.models import Finding, Severity

ContributionState = Literal["open", "draft", "held", "merged", "closed"]
RunKind = Literal["check", "precheck", "preview", "evaluate", "ask", "release"]
RunState = Literal["queued", "running", "succeeded", "failed", "broken", "cancelled", "superseded"]
StageState = Literal["waiting", "ready", "running", "succeeded", "failed", "cancelled"]


@dataclass(frozen=True)
class StageLine:
    """One stage of a run as it stands now."""

    name: str
    subject: str
    state: StageState
    share: float = 0.0
    """How much is done, between 0 and 1; 0 also when not known."""
    message: str = ""
    """What its progress says, as `48 of 96 samples`."""
    seconds: float = 0.0
    """Working time over all tries."""
    reused: bool = False
    """True when its artifact was there already and nothing was computed."""
    attempts: int = 1
    failure: Failure | None = None


@dataclass(frozen=True)
class RunLine:
    """One run of the head commit."""

    id: int
    kind: RunKind
    state: RunState
    requested_by: str
    recipe: str = ""
    ending: str = ""
    """One line: why it ended as it did; empty while it is open."""
    stages: tuple[StageLine, ...] = ()
    queue_place: int | None = None
    """1 is next; None when it does not wait."""
    eta_seconds: float | None = None
    """Until it ends, from the present moment; None when nothing is known."""

    @property
    def is_open(self) -> bool:
        return self.state in {"queued", "running"}

    @property
    def failure(self) -> Failure | None:
        """The failure of the stage that ended the run, if one did."""
        return next((s.failure for s in self.stages if s.state == "failed" and s.failure is not None), None)


@dataclass(frozen=True)
class PolicyEffect:
    """What the contribution would do to the taxonomy's policy once merged. Untrusted text."""

    changes: tuple[tuple[str, str, str], ...]
    """(setting, old, new)"""
    gains: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckResult:
    """What the rules said of the head."""

    leaves_changed: tuple[str, ...]
    """Ids of the leaves that the contribution adds, changes, moves or removes."""
    findings: tuple[Finding, ...] = ()
    policy: PolicyEffect | None = None
    """None: the policy's file is not changed, or cannot be read."""
    rules_url: str = ""
    """Where the rules' pages are, without a slash at the end; empty: nowhere."""

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.severity is Severity.ERROR)

    @property
    def hints(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.severity is Severity.HINT)

    @property
    def passed(self) -> bool:
        return not self.errors


@dataclass(frozen=True)
class Cost:
    """What one run spent itself; what was reused costs nothing."""

    accelerator_minutes: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    requests: int = 0


@dataclass(frozen=True)
class Provenance:
    """How a result came about."""

    base_commit: str
    recipe: str
    base_model: str
    release_version: str | None = None
    """The release that the candidate was compared with; None: the base model, before the first release."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Distribution -> version, of all stages together."""
    inputs_keys: Mapping[str, str] = field(default_factory=dict)
    """`STAGE` or `STAGE SUBJECT` -> inputs key (hex)."""


@dataclass(frozen=True)
class Evaluation:
    """What the newest `evaluate` run of the head that succeeded has found."""

    run_id: int
    comparison: Comparison
    leaves: tuple[LeafCounts, ...] = ()
    """Of the contributed leaves."""
    steps: tuple[StepRecord, ...] = ()
    """Of the candidate's training, in order."""
    samples: tuple[Sample, ...] = ()
    """A few that were kept, of the contributed leaves."""
    cost: Cost = field(default_factory=Cost)
    provenance: Provenance | None = None


@dataclass(frozen=True)
class ReportInput:
    """One pull request at its present head."""

    repository: str
    number: int
    head_sha: str
    author: str
    public_url: str
    """Where people reach the service, without a slash at the end; run pages are `PUBLIC_URL/runs/ID`."""
    state: ContributionState
    approved_by: str | None = None
    """Who gave leave to spend accelerator time on exactly this head; None: nobody yet."""
    needed: str = ""
    """What must come next, when more is known than the rest of this says (a budget used up); else empty."""
    reviewers: tuple[str, ...] = ()
    """Who may approve (logins, teams), where the policy routes the changed leaves to some."""
    check: CheckResult | None = None
    """None while the check runs."""
    runs: tuple[RunLine, ...] = ()
    """All of this head, oldest first."""
    evaluation: Evaluation | None = None
    shipped_in: str | None = None
    """The version of the first release with the leaves of this contribution."""

    @property
    def short_sha(self) -> str:
        return self.head_sha[:8]

    @property
    def page_run(self) -> int | None:
        """The run whose page tells more: what was measured, else the newest evaluation or check. Trials answer for
        themselves.
        """
        if self.evaluation is not None:
            return self.evaluation.run_id
        return next((run.id for run in reversed(self.runs) if run.kind in {"check", "evaluate"}), None)

    def newest(self, kind: RunKind) -> RunLine | None:
        """The newest run of a kind, or None."""
        return next((run for run in reversed(self.runs) if run.kind == kind), None)
