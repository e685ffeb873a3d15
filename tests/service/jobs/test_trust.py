"""Who may what: roles, teams and the policy of the default branch, looked up each time."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from service.github.standin.driver import StandIn, WorkingCopy
from service.jobs import people, sweep
from service.ledger.contributions import live_approval
from service.ledger.tables import (
    Contribution,
    Delivery,
    HandledComment,
    Run,
    RunKind,
    RunState,
    Stage,
    StageState,
)
from tests.service.jobs.acts import (
    answers,
    checked_pull,
    comment_bodies,
    contribution,
    deliver,
    deliver_pull,
    evaluations,
    run_list,
    say,
)
from tests.service.jobs.conftest import LEAF, House, OpenPull, Pull

TEAMS = "teams:\n  triage: [orchard/helpers]\n  maintain: [orchard/keepers]\n"


@pytest.fixture(scope="module")
def keeper(standin: StandIn, tmp_path_factory: pytest.TempPathFactory) -> WorkingCopy:
    """The taxonomy as a maintainer has it, to change the policy."""
    return standin.person("max").clone(tmp_path_factory.mktemp("max") / "clone")


@pytest.fixture
def policy(keeper: WorkingCopy) -> "SetPolicy":
    return SetPolicy(keeper)


class SetPolicy:
    """Makes a text the policy of the default branch."""

    def __init__(self, keeper: WorkingCopy) -> None:
        self.keeper = keeper

    def __call__(self, text: str) -> None:
        self.keeper.git("pull", "--quiet", "--rebase", "origin", "main")
        self.keeper.write(".graft.yaml", text)
        if self.keeper.git("status", "--porcelain"):
            self.keeper.commit("Set the policy")
            self.keeper.push()


def test_members_of_a_team_of_the_policy_triage_and_others_do_not(
    house: House, open_pull: OpenPull, standin: StandIn, policy: SetPolicy
) -> None:
    policy(TEAMS)
    standin.appoint("hal", teams=["helpers"])
    standin.appoint("sam", teams=["strangers"])
    pull = checked_pull(house, open_pull)
    say(house, standin, pull, "sam", f"/graft approve {pull.head}")
    assert evaluations(house, pull) == []
    assert "members of `orchard/helpers`, `orchard/keepers`" in answers(standin, pull)[0]

    say(house, standin, pull, "hal", f"/graft approve {pull.head}")
    assert len(evaluations(house, pull)) == 1


def test_who_was_removed_may_nothing_any_more(
    house: House, open_pull: OpenPull, standin: StandIn, policy: SetPolicy
) -> None:
    policy(TEAMS)
    standin.appoint("hal", role="triage", teams=["helpers"])
    pull = checked_pull(house, open_pull)
    standin.appoint("hal")
    say(house, standin, pull, "hal", f"/graft approve {pull.head}")
    assert evaluations(house, pull) == []
    assert "not yours to say" in answers(standin, pull)[0]


def test_rights_that_cannot_be_looked_up_are_none_and_the_answer_says_so(
    house: House, open_pull: OpenPull, standin: StandIn, policy: SetPolicy
) -> None:
    policy("budget_minutes: 0\n")
    pull = checked_pull(house, open_pull)
    for number, kind in enumerate(["403", "404"], 1):
        standin.order_fault(kind, match=f"/repos/{standin.seeded.repository}/collaborators")
        say(house, standin, pull, "max", f"/graft approve {pull.head}")
        assert evaluations(house, pull) == []
        said = answers(standin, pull)
        assert len(said) == number
        assert "could not be looked up" in said[-1]


def test_a_github_in_trouble_is_waited_for_and_then_nobody_is_allowed(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = checked_pull(house, open_pull)
    standin.order_fault("502", match=f"/repos/{standin.seeded.repository}/collaborators", times=4)
    row_id = say(house, standin, pull, "max", f"/graft approve {pull.head}")
    for _ in range(2):
        house.rung.append(("handle_delivery", row_id))
        house.heed()
        assert answers(standin, pull) == []
    with house.tools.write() as session:
        delivery = session.get_one(Delivery, row_id)
        assert people.is_worth_waiting(delivery, now=house.tools.now())
        delivery.received_at -= people.PATIENCE
    house.rung.append(("handle_delivery", row_id))
    house.heed()
    assert evaluations(house, pull) == []
    assert "could not be looked up" in answers(standin, pull)[0]


def test_an_edited_comment_speaks_for_nobody_above_those_who_may_edit_it(
    house: House, open_pull: OpenPull, standin: StandIn, policy: SetPolicy
) -> None:
    policy("reviewers:\n  compositional_skills/: [max]\n")
    pull = checked_pull(house, open_pull)
    comment = standin.person("max").comment(pull.number, "Nice.")
    with house.tools.read() as session:
        assert session.scalars(select(HandledComment)).all() == []
    _edit_later(standin, comment.id, f"/graft approve {pull.head}")
    deliver(
        house, "edited", "issue_comment", {"issue": {"number": pull.number}, "comment": {"id": comment.id}}
    )
    house.heed()
    assert evaluations(house, pull) == []
    assert "reviewed by `max`" in answers(standin, pull)[0]


def _edit_later(standin: StandIn, comment_id: int, body: str) -> None:
    """Edits a comment in a later second: GitHub's times have no more."""
    issue_comment = standin.person("max").repo().get_issues_comments()
    comment = next(one for one in issue_comment if one.id == comment_id)
    while comment.updated_at == comment.created_at:
        comment.edit(body)


def test_a_routed_leaf_is_put_to_its_reviewers_and_approved_by_them(
    house: House, open_pull: OpenPull, standin: StandIn, policy: SetPolicy
) -> None:
    policy(
        "reviewers:\n  '*': [max]\n  compositional_skills/writing/: [rita, orchard/writers, nobody-known]\n"
    )
    standin.appoint("rita", role="triage")
    standin.appoint("wes", role="triage", teams=["writers"])
    standin.appoint("tom", role="write")
    pull = checked_pull(house, open_pull)
    people, teams = standin.person("max").repo().get_pull(pull.number).get_review_requests()
    assert ([one.login for one in people], [one.slug for one in teams]) == (["rita"], ["writers"])
    sticky = next(body for body in comment_bodies(standin, pull.number) if "graftlab:report" in body)
    assert "`rita` or `orchard/writers`" in sticky

    say(house, standin, pull, "tom", f"/graft approve {pull.head}")
    assert evaluations(house, pull) == []
    assert "reviewed by `rita` or `orchard/writers`" in answers(standin, pull)[0]
    say(house, standin, pull, "wes", f"/graft approve {pull.head}")
    assert len(evaluations(house, pull)) == 1

    asked = len(standin.history("review.requested"))
    pull.push()
    deliver_pull(house, pull.number, "pushed")
    house.heed()
    assert len(standin.history("review.requested")) == asked


def test_trust_holds_from_the_second_contribution_on(
    house: House, open_pull: OpenPull, standin: StandIn, policy: SetPolicy
) -> None:
    policy("budget_minutes: 60\nteams:\n  trusted: [orchard/growers]\n")
    standin.appoint("ada", teams=["growers"])
    first = checked_pull(house, open_pull)
    association = standin.person("max").repo().get_pull(first.number).raw_data["author_association"]
    assert association == "MEMBER"  # GitHub knows her already: no first contribution
    (run,) = evaluations(house, first)
    assert run.requested_by == "ada"

    standin.appoint("ada")
    policy("budget_minutes: 60\ntrusted_authors: [ada]\n")
    second = checked_pull(house, open_pull)
    assert evaluations(house, second) == []  # a stranger to GitHub, and nothing was merged yet
    with house.tools.write() as session:
        session.get_one(Contribution, contribution(house, first.number).id).state = "merged"
    third = checked_pull(house, open_pull)
    assert len(evaluations(house, third)) == 1
    with house.tools.read() as session:
        approval = live_approval(session, contribution(house, third.number).id)
    assert approval is not None
    assert approval.by == "policy"


def test_a_pull_request_changes_neither_the_policy_nor_the_budget_it_is_judged_by(
    house: House, open_pull: OpenPull, standin: StandIn, policy: SetPolicy
) -> None:
    policy("trusted_authors: [max]\nbudget_minutes: 10\n")
    standin.appoint("ada", role="read")  # no stranger: only the policy stands between her and trust
    pull = open_pull()
    pull.copy.write(
        ".graft.yaml", "trusted_authors: [ada]\nbudget_minutes: 9000\nteams: {triage: [orchard/a]}\n"
    )
    pull.head = pull.copy.commit("Trust me")
    pull.copy.push()
    deliver_pull(house, pull.number)
    house.heed()

    assert evaluations(house, pull) == []
    sticky = next(body for body in comment_bodies(standin, pull.number) if "graftlab:report" in body)
    assert "3 settings would change" in sticky
    assert "Gains: ada: approved by policy, up to 9000 accelerator-minutes" in sticky.replace("\u200b", "")
    assert "Loses: max: approved by policy, up to 10" in sticky.replace("\u200b", "")
    (check,) = standin.person("max").repo().get_commit(pull.head).get_check_runs()
    assert "would change" in check.output.summary


def test_a_change_of_the_policy_alone_is_checked_on_its_lines(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = open_pull()
    pull.copy.git("rm", "-r", "--quiet", LEAF)
    pull.copy.write(".graft.yaml", "trusted_authors: []\nbudget_minuts: 60\n")
    pull.head = pull.copy.commit("Only the policy")
    pull.copy.push()
    deliver_pull(house, pull.number)
    house.heed()

    (check,) = standin.person("max").repo().get_commit(pull.head).get_check_runs()
    assert check.conclusion == "failure"
    assert [(a.path, a.start_line) for a in check.get_annotations()] == [(".graft.yaml", 2)]


def test_a_policy_that_cannot_be_read_blocks_spending_and_no_pull_request(
    house: House, open_pull: OpenPull, standin: StandIn, policy: SetPolicy
) -> None:
    policy("budget_minuts_per_week: 60\n")
    pull = open_pull()
    pull.copy.git(
        "pull", "--quiet", "--no-rebase", str(policy.keeper.path), "main"
    )  # the faulty file, untouched
    pull.head = pull.copy.git("rev-parse", "HEAD").strip()
    pull.copy.push()
    deliver_pull(house, pull.number)
    house.heed()
    say(house, standin, pull, "max", f"/graft approve {pull.head}")
    assert [run.state for run in run_list(house, pull.number)] == [RunState.SUCCEEDED]
    assert "cannot be read" in answers(standin, pull)[0]


def test_another_base_branch_brings_no_other_policy(
    house: House, open_pull: OpenPull, standin: StandIn, policy: SetPolicy
) -> None:
    policy("trusted_authors: [ada]\nbudget_minutes: 600\n")
    standin.appoint("ada", role="read")  # no stranger
    policy.keeper.git("push", "--quiet", "origin", "main:refs/heads/old")
    policy("budget_minutes: 0\n")
    pull = open_pull()
    other = (
        standin.person("ada")
        .repo()
        .create_pull(base="old", head=f"ada:{pull.copy.branch_name()}", title="Round the back")
    )
    deliver_pull(house, other.number)
    house.heed()
    assert [run.kind for run in run_list(house, other.number)] == [RunKind.CHECK]


def test_what_is_over_budget_waits_for_room_and_starts_by_itself(
    house: House, open_pull: OpenPull, standin: StandIn, policy: SetPolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "reconcile", lambda *_: None)  # the ledger alone is enough
    policy("budget_minutes_per_author: 30\nbudget_minutes_per_week: 500\n")
    pull = checked_pull(house, open_pull)
    stage_id = spent(house, pull, seconds=600, accelerators=4)
    say(house, standin, pull, "max", f"/graft approve {pull.head}")
    assert len(evaluations(house, pull)) == 1  # the one that spent it
    assert "pull requests of ada is used up: 40.0 of 30 accelerator-minutes" in answers(standin, pull)[0]
    say(house, standin, pull, "ada", "/graft status")
    assert "40.0 of 500 accelerator-minutes" in answers(standin, pull)[1]
    assert contribution(house, pull.number).look_at is not None
    sticky = next(body for body in comment_bodies(standin, pull.number) if "graftlab:report" in body)
    assert sticky

    with house.tools.write() as session:
        session.get_one(Stage, stage_id).finished_at = house.tools.now() - timedelta(days=7, seconds=1)
        session.get_one(Run, evaluations(house, pull)[0].id).head_sha = "0" * 40
        row = session.get_one(Contribution, contribution(house, pull.number).id)
        row.look_at = house.tools.now()
    house.rung.append(("sweep", 0))
    house.heed()
    assert [run.head_sha for run in evaluations(house, pull)][-1] == pull.head
    assert contribution(house, pull.number).look_at is None


def spent(house: House, pull: Pull, *, seconds: float, accelerators: int) -> int:
    """An evaluation of the pull request that ended after a stage of so many seconds."""
    now = house.tools.now()
    known = contribution(house, pull.number)
    with house.tools.write() as session:
        run = Run(
            kind=RunKind.EVALUATE,
            repository=known.repository,
            number=pull.number,
            contribution_id=known.id,
            head_sha=pull.head,
            base_sha=known.base_sha,
            state=RunState.BROKEN,
            requested_by="max",
            created_at=now,
            finished_at=now,
        )
        session.add(run)
        session.flush()
        stage = Stage(run_id=run.id, position=0, name="train", subject="candidate", queue="gpu")
        stage.state, stage.seconds, stage.finished_at = StageState.FAILED, seconds, now - timedelta(days=1)
        stage.accelerators = accelerators
        session.add(stage)
        session.flush()
        return stage.id


def test_a_command_in_a_review_is_answered_and_not_carried_out(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = checked_pull(house, open_pull)
    for event, part in (("pull_request_review", "review"), ("pull_request_review_comment", "comment")):
        tell_of_review(house, pull, event, part)
    said = answers(standin, pull)
    assert len(said) == 2
    assert all("say it there" in answer for answer in said)
    assert evaluations(house, pull) == []


def tell_of_review(house: House, pull: Pull, event: str, part: str) -> None:
    """The same review twice, one without a command, and a program's."""
    said = {"id": 77, "body": "Fine.\n\n/graft approve", "user": {"login": "max", "type": "User"}}
    body = {"pull_request": {"number": pull.number}, part: said}
    quiet = body | {part: said | {"id": 78, "body": "Fine, see `/graft approve`."}}
    robot = body | {part: said | {"id": 79, "user": {"login": "x[bot]", "type": "Bot"}}}
    for name, sent in {"a": body, "b": body, "c": quiet, "d": robot}.items():
        deliver(house, f"{event} {name}", event, sent, action="submitted")
    house.heed()
