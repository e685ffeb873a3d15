"""Whether accelerator time may be spent on a head, and what is in the way if not. The one place that says so."""

from typing import Final

from service.decisions.budget import Budget, used_up
from service.decisions.facts import Needed, Person, PullRequestFacts
from service.decisions.rights import trusts
from service.decisions.routing import reviewers_of, reviews
from service.decisions.wording import shown

UNREADABLE: Final = (
    "The policy (`.graft.yaml`) of the default branch cannot be read, so no limit is known and nothing is spent. "
    "A maintainer mends the file first."
)


def may_spend(facts: PullRequestFacts) -> bool:
    """Whether accelerator time may be spent on the head now."""
    return (
        facts.state == "open"
        and facts.touches_taxonomy
        and not facts.draft
        and not facts.held
        and facts.approved
        and facts.check_passed is True
        and not facts.policy.unreadable
        and spent_out(facts) is None
    )


def spent_out(facts: PullRequestFacts) -> Budget | None:
    """The limit that is used up and frees last; None when there is room in all."""
    over = [budget for budget in facts.budgets if budget.used_up]
    never = next((budget for budget in over if budget.frees_at is None), None)
    return never or max(over, key=lambda budget: str(budget.frees_at), default=None)


def may_approve_leaves(by: Person, facts: PullRequestFacts) -> str:
    """Why a triager's approval is not enough for these leaves; empty when it is."""
    if by.may_maintain:
        return ""
    missing = [route for route in facts.routes if not reviews(by, route)]
    if not missing:
        return ""
    who = " or ".join(shown(name) for name in missing[0].reviewers[:8])
    return (
        f"What lies under {shown(missing[0].pattern)} is reviewed by {who}, or a maintainer. "
        "The approval has to come from one of them."
        + (" It must cover all that this pull request changes." if len(facts.routes) > 1 else "")
    )


def needed(facts: PullRequestFacts) -> Needed:
    """What must come next, when more is known than that somebody has to approve."""
    fit = facts.state == "open" and facts.touches_taxonomy and not facts.draft and not facts.held
    if not fit or facts.check_passed is not True:
        return Needed()
    over = spent_out(facts)
    if facts.policy.unreadable:
        return Needed("a maintainer mends .graft.yaml of the default branch: it cannot be read.")
    if over is not None:
        return Needed(used_up(over))
    if facts.approved:
        return Needed()
    return Needed(reviewers=reviewers_of(facts.routes, but=facts.author.login))


def approved_by_policy(facts: PullRequestFacts) -> bool:
    """Whether the policy gives leave: for whom it trusts, within its budget, and never at the first contribution."""
    return not facts.first_time and trusts(facts.policy, facts.author) and has_allowance(facts)


def has_allowance(facts: PullRequestFacts) -> bool:
    """Whether the policy's own budget for a trusted author has room."""
    return facts.spent_minutes < facts.policy.budget_minutes
