"""Prechecks, previews, prompts and dry runs: from a comment to an answer that follows the run."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from pipelines.errors import ExitCode, Failure
from pipelines.plan import ask_subject
from pipelines.trials import Reply
from service.github.standin.driver import StandIn
from service.jobs import run_stage, sweep
from service.jobs.advance import advance
from service.jobs.start_release import start_release
from service.ledger import answers, queries, runs
from service.ledger.answers import RunAnswer
from service.ledger.queries import RunView
from service.ledger.tables import Contribution, Outbox, Release, Run, RunKind, RunState, Stage, StageState
from service.reports.trials.model import run_marker
from tests.service.jobs.acts import answers as answers_in_comments
from tests.service.jobs.acts import deliver_comment, deliver_pull, run_list
from tests.service.jobs.conftest import LEAF, House, OpenPull, Pull


@pytest.fixture
def pull(house: House, open_pull: OpenPull) -> Pull:
    """Open, checked, and not approved."""
    opened = open_pull()
    deliver_pull(house, opened.number)
    house.heed()
    seen_long_ago(house)
    return opened


def seen_long_ago(house: House) -> None:
    """GitHub's times are whole seconds: what is said within the second of a push may be about the head before it."""
    with house.tools.write() as session:
        session.execute(update(Contribution).values(head_seen_at=house.tools.now() - timedelta(minutes=1)))


def say(house: House, standin: StandIn, pull: Pull, body: str, *, by: str = "max") -> int:
    comment = standin.person(by).comment(pull.number, body)
    deliver_comment(house, pull.number, comment.id)
    house.heed()
    return int(comment.id)


def bodies(standin: StandIn, number: int) -> list[str]:
    issue = standin.person("ada").repo().get_issue(number)
    return [comment.body for comment in issue.get_comments() if comment.user.login == standin.seeded.bot]


def answer(standin: StandIn, pull: Pull, comment_id: int, kind: str) -> str:
    """The one comment that answers."""
    (body,) = [body for body in bodies(standin, pull.number) if run_marker(comment_id, kind) in body]
    return body


def newest(house: House, kind: RunKind) -> RunView:
    with house.tools.read() as session:
        return queries.runs(session, kind=kind, limit=1)[0]


def carry_out(house: House, *queues: str) -> None:
    for queue in queues:
        assert run_stage.carry_out_next(house.tools, queue, house.stopping)
    house.heed()


def end_stage(house: House, run_id: int, **values: Any) -> None:
    """As a worker that got no further: the first stage is given up."""
    with house.tools.write() as session:
        stage = next(stage for stage in runs.stages(session, run_id) if stage.state is StageState.READY)
        failure = Failure(
            stage=stage.name,
            code="engine_gone",
            message="the teacher <b>does not answer</b>",
            mend="Wait.",
            exit_code=ExitCode.OUTSIDE_FAILED,
            retryable=True,
        )
        given = failure.model_copy(update=values).model_dump(mode="json")
        stage.state, stage.failure = StageState.FAILED, given
        session.flush()
        advance(session, house.tools.settings, run_id, now=house.tools.now())
    house.heed()


def test_a_precheck_is_answered_at_once_and_its_answer_follows_the_run(
    house: House, standin: StandIn, pull: Pull
) -> None:
    comment = say(house, standin, pull, "/graft precheck")
    assert "place 1 in the queue" in answer(standin, pull, comment, "precheck")

    carry_out(house, "cpu")

    assert "1 of 3 stages done" in answer(standin, pull, comment, "precheck")


def test_the_precheck_of_a_first_time_author_is_refused_and_nothing_runs_until_somebody_approves(
    house: House, standin: StandIn, pull: Pull
) -> None:
    shown = standin.person("max").repo().get_pull(pull.number).raw_data
    assert shown["author_association"] == "NONE"
    say(house, standin, pull, "/graft precheck", by="ada")

    (said,) = answers_in_comments(standin, pull)
    assert "Nothing of yours was merged here yet" in said
    assert "needs an approval first" in said
    assert run_list(house, pull.number, RunKind.PRECHECK) == []
    assert not run_stage.carry_out_next(house.tools, "cpu", house.stopping)

    say(house, standin, pull, f"/graft approve {pull.head}")
    say(house, standin, pull, "/graft precheck", by="ada")
    assert len(run_list(house, pull.number, RunKind.PRECHECK)) == 1


def test_a_preview_shows_kept_and_dropped_samples_and_asked_again_computes_nothing(
    house: House, standin: StandIn, pull: Pull, monkeypatch: pytest.MonkeyPatch
) -> None:
    for again in (False, True):
        comment = say(house, standin, pull, f"/graft preview {LEAF.rpartition('/')[2]}")
        carry_out(house, "cpu", "gpu")
        said = answer(standin, pull, comment, "preview")
        assert f"`{LEAF}`" in said
        assert "of 4 kept" in said
        assert "judged" in said or "❌" in said
        assert all(stage.reused is again for stage in newest(house, RunKind.PREVIEW).stages)
        monkeypatch.setattr(run_stage, "StageProcess", None)


def test_a_prompt_goes_to_the_models_that_there_are_and_their_answers_stand_side_by_side(
    house: House, standin: StandIn, pull: Pull
) -> None:
    comment = say(house, standin, pull, '/graft ask "Who <b>sings</b> | @ada?"')
    run = newest(house, RunKind.ASK)
    assert [stage.subject for stage in run.stages] == [ask_subject("base")]
    reply = Reply(prompt="x", answer="<img src=x> @ada", cut=True, model_digest="0")
    with house.tools.write() as session:
        locked = runs.lock(session, run.id)
        result = {"replies": {"base": reply.model_dump(mode="json")}}
        runs.end(session, locked, state=RunState.SUCCEEDED, ending="", result=result, now=house.tools.now())
    house.heed()

    said = answer(standin, pull, comment, "ask")
    assert "1 model asked" in said
    assert "no candidate of this commit yet" in said
    assert "<img" not in said
    assert "<b>" not in said
    assert "@ada" not in said


def test_a_push_supersedes_trials_and_their_answers_say_so(
    house: House, standin: StandIn, pull: Pull
) -> None:
    comment = say(house, standin, pull, "/graft preview")
    pull.push()
    deliver_pull(house, pull.number, f"pushed-{pull.head}")
    house.heed()

    assert newest(house, RunKind.PREVIEW).state is RunState.SUPERSEDED
    said = answer(standin, pull, comment, "preview")
    assert "was stopped" in said
    assert "A push moved the head" in said


def test_a_second_trial_is_told_to_wait_status_tells_of_the_first_and_cancel_stops_it(
    house: House, standin: StandIn, pull: Pull
) -> None:
    comment = say(house, standin, pull, '/graft ask "One?"')
    second = say(house, standin, pull, '/graft ask "Two?"\n/graft status')
    (said,) = [body for body in bodies(standin, pull.number) if f"answer:{second} " in body]
    assert "under way already" in said
    assert "ask of" in said
    assert len(run_list(house, pull.number, RunKind.ASK)) == 1

    say(house, standin, pull, "/graft cancel", by="ada")

    assert newest(house, RunKind.ASK).state is RunState.CANCELLED
    assert "Cancelled by" in answer(standin, pull, comment, "ask")


def test_a_trial_that_fails_says_how_to_go_on(house: House, standin: StandIn, pull: Pull) -> None:
    for exit_code, says in (
        (ExitCode.OUTSIDE_FAILED, "say `/graft preview` again"),
        (ExitCode.FAILED, "mend what is named here and push"),
    ):
        comment = say(house, standin, pull, "/graft preview")
        end_stage(house, newest(house, RunKind.PREVIEW).id, exit_code=exit_code)

        said = answer(standin, pull, comment, "preview")
        assert says in said
        assert "<b>" not in said


def test_an_answer_whose_nudge_was_lost_is_found_by_the_sweeper(
    house: House, standin: StandIn, pull: Pull
) -> None:
    say(house, standin, pull, "/graft preview")
    with house.tools.write() as session:
        session.execute(update(RunAnswer).values(wanted=RunAnswer.wanted + 1))
        sweep.sweep_ledger(session, house.tools)
    house.heed()

    with house.tools.read() as session:
        assert answers.due(session) == []


def test_a_dry_run_gives_way_to_the_release_and_says_so(house: House, standin: StandIn, pull: Pull) -> None:
    comment = say(house, standin, pull, "/graft release --dry-run")
    trying = newest(house, RunKind.RELEASE)
    assert trying.dry_run
    assert "Dry run of a release" in answer(standin, pull, comment, "release")

    say(house, standin, pull, "/graft release")

    cutting = newest(house, RunKind.RELEASE)
    assert (cutting.dry_run, cutting.state) == (False, RunState.QUEUED)
    assert cutting.id != trying.id
    assert "asked for the release itself" in answer(standin, pull, comment, "release")
    again = say(house, standin, pull, "/graft release --dry-run")
    assert any(
        f"answer:{again} " in body and "being cut already" in body for body in bodies(standin, pull.number)
    )
    with house.tools.write() as session:
        runs.cancel(session, cutting.id, state=RunState.CANCELLED, reason="", now=house.tools.now())


def test_a_gate_that_refuses_a_dry_run_is_told_with_its_reasons(
    house: House, standin: StandIn, pull: Pull
) -> None:
    comment = say(house, standin, pull, "/graft release --dry-run")
    run = newest(house, RunKind.RELEASE)
    end_stage(
        house,
        run.id,
        exit_code=ExitCode.FAILED,
        code="gate_failed",
        message="retention -3.0 points",
        stage="release",
    )

    said = answer(standin, pull, comment, "release")
    assert "the gate refuses release" in said
    assert "retention" in said


def test_a_dry_run_that_ended_well_is_handed_over_to_nobody(house: House, pull: Pull) -> None:
    repository = house.tools.settings.repositories[0]
    with house.tools.write() as session:
        run = start_release(
            session, house.client, house.tools.settings, repository, requested_by="max", dry_run=True
        )
        session.execute(update(Stage).where(Stage.run_id == run.id).values(state=StageState.SUCCEEDED))
        advance(session, house.tools.settings, run.id, now=house.tools.now())

    with house.tools.read() as session:
        assert session.get_one(Run, run.id).state is RunState.SUCCEEDED
        assert session.scalars(select(Release).where(Release.run_id == run.id)).all() == []
        assert session.scalars(select(Outbox).where(Outbox.kind == "release")).all() == []
