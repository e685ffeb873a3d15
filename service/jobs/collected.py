"""What the stage `collect` says of leaves beside their documents, weighed as the taxonomy's policy weighs it.

The stage knows no policy: its artifact serves whoever asks for the same commits. So its hints are weighed here, by the
policy that the check of the same head went by, the default branch's then.
"""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.ledger.tables import Run, Stage, StageState
from taxonomy_schema.models import Finding, Severity
from taxonomy_schema.policy import Policy


def weighed(stages: Iterable[Stage], check: Run) -> tuple[Finding, ...]:
    """What the newest of these collectings found; `check` is the newest finished one of the head."""
    said = [stage.summary.get("findings", ()) for stage in stages if _collected(stage)]
    policy = Policy(raised=tuple((check.result or {}).get("raised", ())))
    return tuple(policy.weigh(Finding.from_dict(one) for one in said[-1])) if said else ()


def errors(stages: Iterable[Stage], check: Run) -> tuple[Finding, ...]:
    """Those that the policy makes errors."""
    return tuple(finding for finding in weighed(stages, check) if finding.severity is Severity.ERROR)


def of_head(session: Session, check: Run) -> list[Stage]:
    """All collectings for the head of this check, the oldest first."""
    of_run = (
        Run.repository == check.repository,
        Run.number == check.number,
        Run.head_sha == check.head_sha,
    )
    found = select(Stage).join(Run, Run.id == Stage.run_id).where(*of_run, Stage.name == "collect")
    return list(session.scalars(found.order_by(Run.id)))


def _collected(stage: Stage) -> bool:
    return stage.name == "collect" and stage.state is StageState.SUCCEEDED
