"""Gives commands their effects, all in the caller's one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from pipelines.plan import RunContext
from service.decisions import commands as c
from service.jobs import leaf_results
from service.jobs.advance import start
from service.jobs.gather import review_key
from service.jobs.recipes import recipe_of
from service.jobs.start_release import as_reference, plan_release, published
from service.jobs.start_trial import start_trial
from service.ledger import answers, contributions, outbox, runs
from service.ledger.runs import RunRequest
from service.ledger.session import nudge_after_commit
from service.ledger.tables import Contribution, RunKind, RunState
from service.reports.comment import answer_marker
from service.settings import Settings


@dataclass(frozen=True)
class Scene:
    """Where commands take effect. `contribution` is None under an issue."""

    session: Session
    settings: Settings
    repository: str
    number: int
    contribution: Contribution | None
    now: datetime


def carry_out(scene: Scene, commands: Sequence[c.Command]) -> None:
    """In order. Every effect is idempotent: the same commands twice do no more than once."""
    for command in commands:
        match command:
            case c.React(comment_id, reaction):
                payload: dict[str, object] = {"comment_id": comment_id, "reaction": reaction}
                _write(scene, _key(scene, "reaction", comment_id), "reaction", payload)
            case c.Answer(comment_id, text):
                _answer(scene, comment_id, text, {"comment_id": comment_id})
            case c.Say(about, text):
                _answer(scene, about, text, {})
            case c.StartRun(kind="release"):
                plan_release(
                    scene.session,
                    scene.settings,
                    scene.repository,
                    commit=command.head_sha,
                    requested_by=command.requested_by,
                )
            case c.TryRelease(head_sha, by, comment_id):
                _try_release(scene, head_sha, by, comment_id)
            case c.CancelRun(run_id, state, reason) if scene.contribution is None:
                runs.cancel(scene.session, run_id, state=RunState(state), reason=reason, now=scene.now)
            case _:
                if scene.contribution is None:
                    raise AssertionError(f"{command} makes no sense under an issue")
                _on_contribution(scene, scene.contribution, command)


def _on_contribution(scene: Scene, contribution: Contribution, command: c.Command) -> None:
    session, now = scene.session, scene.now
    match command:
        case c.StartRun():
            start(session, scene.settings, _request(scene, contribution, command), now=now)
        case c.StartTrial(kind=kind, comment_id=comment_id):
            if not start_trial(session, scene.settings, contribution, command, now=now):
                text = f"Another {kind} of this commit is under way. Ask again when it is answered."
                _answer(scene, comment_id, text, {"comment_id": comment_id})
        case c.CancelRun(run_id, state, reason):
            runs.cancel(session, run_id, state=RunState(state), reason=reason, now=now)
        case c.Approve(head_sha, by):
            contributions.approve(session, contribution.id, head_sha=head_sha, by=by, now=now)
        case c.DropApproval(head_sha):
            contributions.drop_approval(session, contribution.id, head_sha=head_sha, now=now)
        case c.Hold(held, by_triager):
            contribution.held, contribution.held_by_triager = held, by_triager
        case c.MarkMerged(merged_sha):
            _mark_merged(scene, contribution, merged_sha)
        case c.AskForReview(reviewer):
            _ask_for_review(scene, reviewer)
        case c.LookAgain(at):
            contribution.look_at = at
        case c.Report(needed):
            contribution.needed = {"text": needed.text, "reviewers": list(needed.reviewers)}
    contributions.want_report(session, contribution.id)
    nudge_after_commit(session, "report", contribution.id)


def _request(scene: Scene, contribution: Contribution, command: c.StartRun) -> RunRequest:
    context = None
    if command.kind == "evaluate":
        context = RunContext(
            kind="evaluate",
            recipe=recipe_of(scene.settings),
            commit=command.head_sha,
            base_commit=command.base_sha,
            reference=as_reference(published(scene.session, scene.repository)),
        )
    return RunRequest(
        kind=RunKind(command.kind),
        repository=scene.repository,
        number=scene.number,
        contribution_id=contribution.id,
        head_sha=command.head_sha,
        base_sha=command.base_sha,
        requested_by=command.requested_by,
        context=context,
    )


def _try_release(scene: Scene, head_sha: str, by: str, comment_id: int) -> None:
    run = plan_release(
        scene.session, scene.settings, scene.repository, commit=head_sha, requested_by=by, dry_run=True
    )
    if run.context.get("dry_run"):
        answers.promise(scene.session, run.id, number=scene.number, comment_id=comment_id)
    else:  # a release began at the same moment
        text = "A release is being cut already; its gate says the same as a dry run."
        _answer(scene, comment_id, text, {"comment_id": comment_id})


def _mark_merged(scene: Scene, contribution: Contribution, merged_sha: str) -> None:
    contribution.state, contribution.merged_sha = "merged", merged_sha
    head = (scene.session, scene.repository, scene.number, contribution.head_sha)
    check = runs.newest(*head, RunKind.CHECK, RunState.SUCCEEDED, RunState.FAILED)
    if check is None:
        return
    evaluation = runs.newest(*head, RunKind.EVALUATE, RunState.SUCCEEDED)
    leaves = leaf_results.changed_leaves(check.result)
    leaf_results.merged(scene.session, contribution, leaves, evaluation, now=scene.now)


def _ask_for_review(scene: Scene, reviewer: str) -> None:
    key = review_key(scene.repository, scene.number, reviewer)
    _write(scene, key, "review", {"number": scene.number, "reviewer": reviewer})


def _key(scene: Scene, kind: str, about: int | str) -> str:
    return f"{scene.repository}#{scene.number}:{kind}:{about}"


def _answer(scene: Scene, about: int | str, text: str, payload: dict[str, object]) -> None:
    marker = answer_marker(about)
    said = {"number": scene.number, "marker": marker, "body": f"{marker}\n{text}"}
    _write(scene, _key(scene, "answer", about), "answer", payload | said)


def _write(scene: Scene, key: str, kind: str, payload: dict[str, object]) -> None:
    outbox.post(
        scene.session, key=key, kind=kind, repository=scene.repository, payload=payload, now=scene.now
    )
