"""Promise: whatever happens in whatever order, accelerator time is spent on a head only with live leave for it."""

from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from service.decisions import on_click, on_comment, on_pull_request
from service.decisions.commands import (
    Approve,
    CancelRun,
    Command,
    DropApproval,
    Hold,
    StartRun,
    StartTrial,
    TryRelease,
)
from service.decisions.comment_commands import COMMANDS
from service.decisions.facts import OpenRun, Person, Policy, PullRequestFacts, Role, Route
from service.decisions.on_comment import CommentFacts
from service.decisions.trials import PRECHECK_MINUTES
from tests.service.decisions.makers import AUTHOR, BASE, MAIN, SPENT_OUT, pull

HEADS = [f"{digit}" * 40 for digit in "abc"]
ROLES: list[Role] = ["admin", "maintain", "write", "triage", "read", "none"]
TRIAGERS = {"admin", "maintain", "write", "triage"}
NAMES = [*(spec.name for spec in COMMANDS), *["approve", "evaluate"] * 4, "hold"]
"""What brings runs about comes more often, so that few steps lead far."""
ARGUMENTS = ["", "", "", HEADS[0][:7], HEADS[1], HEADS[2][:10], "zzz", "--dry-run"]


@dataclass
class World:
    """A ledger that carries out what is ordered, and objects to what must never be."""

    facts: PullRequestFacts
    leave: set[str] = field(default_factory=set)
    next_run: int = 1

    def look(self, *, evaluated: bool) -> None:
        orders = on_pull_request.decide(self.facts, merged_sha=MAIN, evaluated=evaluated)
        trusted = self.facts.author.login in self.facts.policy.trusted_authors and not self.facts.first_time
        within = self.facts.spent_minutes < self.facts.policy.budget_minutes
        self.carry_out(orders, may_approve=trusted and within, may_release=False)
        self.facts = replace(self.facts, known_head_sha=self.facts.head_sha)

    def say(self, body: str, by: Person, *, late: bool) -> None:
        facts = CommentFacts(5, body, by, False, self.facts, MAIN, older_than_head=late)
        orders = on_comment.decide(facts)
        self.carry_out(orders, self.may_approve(by), by.role in {"admin", "maintain"})
        for order in orders:
            if isinstance(order, StartTrial):
                self.answers_for(order, by, late=late)
            elif isinstance(order, TryRelease):
                assert by.role in {"admin", "maintain"}

    def press(self, button: str, by: Person, head_sha: str) -> None:
        orders = on_click.decide(on_click.ClickFacts("1", button, head_sha, by, False, self.facts))
        assert (
            not orders
            or head_sha == self.facts.head_sha
            or not any(isinstance(order, Approve | StartRun | CancelRun) for order in orders)
        )
        self.carry_out(orders, self.may_approve(by), may_release=False)

    def may_approve(self, by: Person) -> bool:
        reviewer = not self.facts.routes or by.login == "p-reviewer"
        return by.role in {"admin", "maintain"} or (by.role in TRIAGERS and reviewer)

    def answers_for(self, order: StartTrial, by: Person, *, late: bool) -> None:
        """Somebody does: leave for this head, a triager who speaks of it, or an author within what authors have."""
        facts = self.facts
        assert order.head_sha == facts.head_sha
        assert facts.state == "open"
        assert not facts.draft
        assert not facts.policy.unreadable
        assert not any(budget.used_up for budget in facts.budgets)
        if self.leave == {order.head_sha}:
            return
        assert not late
        if by.role in TRIAGERS:
            return
        assert by.is_author
        assert not facts.first_time
        trusted = by.login in facts.policy.trusted_authors
        assert order.kind == "precheck" or (order.kind == "preview" and trusted)
        allowance = PRECHECK_MINUTES if order.kind == "precheck" else facts.policy.budget_minutes
        assert facts.spent_minutes < allowance

    def carry_out(self, orders: list[Command], may_approve: bool, may_release: bool) -> None:
        for order in orders:
            match order:
                case Approve(head_sha=head):
                    assert may_approve
                    assert head == self.facts.head_sha
                    self.leave = {head}
                    self.facts = replace(self.facts, approved_sha=head)
                case DropApproval(head_sha=head):
                    self.leave.discard(head)
                    self.facts = replace(self.facts, approved_sha=None)
                case Hold(held=held):
                    self.facts = replace(self.facts, held=held)
                case CancelRun(run_id=run_id):
                    left = tuple(run for run in self.facts.open_runs if run.id != run_id)
                    self.facts = replace(self.facts, open_runs=left)
                case StartRun():
                    self.start(order, may_release)
                case _:
                    pass

    def start(self, order: StartRun, may_release: bool) -> None:
        if order.kind == "release":
            assert may_release
            return
        assert order.head_sha == self.facts.head_sha
        if order.kind != "check":
            assert self.leave == {order.head_sha}
            assert self.facts.state == "open"
            assert not self.facts.held
            assert not self.facts.draft
            assert self.facts.check_passed
            assert not self.facts.policy.unreadable
            assert not any(budget.used_up for budget in self.facts.budgets)
        run = OpenRun(self.next_run, order.kind, order.head_sha)
        self.next_run += 1
        self.facts = replace(self.facts, open_runs=(*self.facts.open_runs, run))


look = st.builds(lambda evaluated: lambda world: world.look(evaluated=evaluated), st.booleans())
say = st.builds(
    lambda words, role, is_author, late, login: (
        lambda world: world.say(
            "\n".join(f"/graft {name} {argument}" for name, argument in words),
            Person(login, role, is_author),
            late=late,
        )
    ),
    st.lists(
        st.tuples(st.sampled_from(NAMES), st.sampled_from(ARGUMENTS)),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from([*ROLES, "triage", "triage", "triage"]),
    st.booleans(),
    st.sampled_from([False, False, True]),
    st.sampled_from(["p", "p-reviewer"]),
)


press = st.builds(
    lambda button, role, is_author, head: (
        lambda world: world.press(button, Person("p", role, is_author), head)
    ),
    st.sampled_from([*on_click.BUTTONS, on_click.RERUN]),
    st.sampled_from([*ROLES, "triage", "triage"]),
    st.booleans(),
    st.sampled_from([HEADS[0], *HEADS]),
)


def change(**changes: object) -> object:
    def happen(world: World) -> None:
        world.facts = replace(world.facts, **changes)  # type: ignore[arg-type]

    return happen


outside = st.one_of(
    st.tuples(st.sampled_from(HEADS), st.sampled_from([True, None])).map(
        lambda push: change(head_sha=push[0], check_passed=push[1])
    ),
    st.sampled_from([True, True, False, None]).map(lambda passed: change(check_passed=passed)),
    st.sampled_from(["open", "open", "closed", "merged"]).map(lambda state: change(state=state)),
    st.booleans().map(lambda draft: change(draft=draft)),
    st.sampled_from([0.0, 59.0, 60.0]).map(lambda minutes: change(spent_minutes=minutes)),
    st.sampled_from([Policy(), Policy(frozenset({AUTHOR.login}), 60)]).map(
        lambda policy: change(policy=policy)
    ),
    st.just(()).map(lambda runs: change(open_runs=runs)),
    st.booleans().map(lambda first: change(first_time=first)),
    st.sampled_from([(), (), (SPENT_OUT,)]).map(lambda budgets: change(budgets=budgets)),
    st.sampled_from([(), (Route("*", ("p-reviewer",)),)]).map(lambda routes: change(routes=routes)),
    st.just(Policy(unreadable=True)).map(lambda policy: change(policy=policy)),
)


begin = st.builds(
    lambda approved, spent, policy, passed: World(
        pull(
            head_sha=HEADS[0],
            known_head_sha=HEADS[0],
            base_sha=BASE,
            approved_sha=HEADS[0] if approved else None,
            spent_minutes=spent,
            policy=policy,
            check_passed=passed,
        ),
        leave={HEADS[0]} if approved else set(),
    ),
    st.booleans(),
    st.sampled_from([0.0, 60.0]),
    st.sampled_from([Policy(), Policy(frozenset({AUTHOR.login}), 60)]),
    st.sampled_from([True, True, False, None]),
)


@settings(max_examples=500, derandomize=True, deadline=None)
@given(begin, st.lists(st.one_of(look, say, press, outside), max_size=15))
def test_no_sequence_of_events_spends_without_live_leave_for_exactly_that_head(
    world: World, events: list[object]
) -> None:
    for event in events:
        event(world)  # type: ignore[operator]
