from service.decisions.facts import Policy, Route
from service.decisions.policy_effect import Change, Effect, effect

OLD = Policy(
    frozenset({"ada", "bob"}),
    60,
    budget_minutes_per_week=600,
    triage_teams=frozenset({"orchard/helpers"}),
    routes=(Route("knowledge/", ("rita",)), Route("*", ("max",))),
    rules={"hosts": ["example.org"], "words": {"context": 500}},
)


def test_the_same_meaning_has_no_effect() -> None:
    assert effect(OLD, OLD) == Effect((), (), ())


def test_settings_go_from_old_to_new_and_rights_are_named() -> None:
    new = Policy(
        frozenset({"ada", "eve"}),
        60,
        budget_minutes_per_author=30,
        maintain_teams=frozenset({"orchard/helpers"}),
        routes=(Route("*", ("max",)), Route("knowledge/", ("rita", "orchard/birders"))),
        rules={"hosts": ["example.org", "example.net"]},
    )
    found = effect(OLD, new)
    assert found.changes == (
        Change("trusted_authors", "ada, bob", "ada, eve"),
        Change("budget_minutes_per_author", "no limit", "30"),
        Change("budget_minutes_per_week", "600", "no limit"),
        Change("teams.triage", "orchard/helpers", "nobody"),
        Change("teams.maintain", "nobody", "orchard/helpers"),
        Change("reviewers knowledge/", "rita", "rita, orchard/birders"),
        Change("order of reviewers", "knowledge/, *", "*, knowledge/"),
        Change("rules.hosts", "example.org", "example.org, example.net"),
        Change("rules.words.context", "500", "not set"),
    )
    assert found.gains == (
        "eve: approved by policy, up to 60 accelerator-minutes in seven days",
        "members of orchard/birders: approval of what lies under knowledge/, if they are triagers",
        "members of orchard/helpers: what maintainers may (releases, any approval)",
    )
    assert found.losses == ("bob: approved by policy, up to 60 accelerator-minutes in seven days",)


def test_trust_without_a_budget_is_no_right_and_a_raised_budget_is_a_new_one() -> None:
    named = Policy(frozenset({"eve"}))
    assert effect(Policy(), named).gains == ()
    raised = effect(named, Policy(frozenset({"eve"}), 90))
    assert raised.gains == ("eve: approved by policy, up to 90 accelerator-minutes in seven days",)
