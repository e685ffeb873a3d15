import pytest

from service.decisions.facts import Person, Policy, Role
from service.decisions.rights import person, teams_to_ask, trusts

T, M, G = "orchard/helpers", "orchard/keepers", "orchard/growers"
POLICY = Policy(
    triage_teams=frozenset({T}),
    maintain_teams=frozenset({M}),
    trusted_teams=frozenset({G}),
    budget_minutes=60,
)


@pytest.mark.parametrize(
    ("role", "teams", "expected"),
    [
        ("read", {}, "read"),
        ("read", {T: True}, "triage"),
        ("read", {T: False, M: False}, "read"),
        ("read", {M: True}, "maintain"),
        ("write", {T: True}, "write"),
        ("admin", {M: True}, "admin"),
        ("read", {T: None, M: None}, "read"),
        ("read", {G: True}, "read"),
        ("read", {"orchard/strangers": True}, "read"),
        (None, {}, "none"),
        (None, {T: None}, "none"),
        (None, {T: True}, "triage"),
    ],
)
def test_the_higher_of_role_and_teams_holds_and_doubt_gives_nothing(
    role: Role | None, teams: dict[str, bool | None], expected: Role
) -> None:
    assert person("sam", role, teams, POLICY).role == expected


@pytest.mark.parametrize(
    ("role", "teams", "unsure"),
    [("read", {}, False), (None, {}, True), ("read", {T: None}, True), ("read", {T: False}, False)],
)
def test_what_could_not_be_looked_up_is_remembered(
    role: Role | None, teams: dict[str, bool | None], unsure: bool
) -> None:
    assert person("sam", role, teams, POLICY).unsure is unsure


@pytest.mark.parametrize("role", ["maintain", "admin", "write", "triage"])
def test_an_edited_comment_shows_no_more_than_who_may_edit_others_comments(role: Role) -> None:
    edited = person("sam", role, {M: True, G: True}, POLICY, edited=True)
    assert not edited.may_maintain
    assert edited.teams == frozenset()
    assert person("sam", "read", {}, POLICY, edited=True).role == "read"


@pytest.mark.parametrize(
    ("role", "asked"),
    [
        ("admin", set()),
        ("maintain", set()),
        ("write", {M, "orchard/birders"}),
        ("triage", {M, "orchard/birders"}),
        ("read", {M, T, G, "orchard/birders"}),
        (None, {M, T, G, "orchard/birders"}),
    ],
)
def test_only_teams_that_could_change_something_are_asked_about(role: Role | None, asked: set[str]) -> None:
    assert teams_to_ask(role, POLICY, frozenset({"orchard/birders"})) == asked


def test_trust_is_by_name_or_by_team() -> None:
    assert trusts(Policy(frozenset({"ada"})), Person("Ada"))
    assert trusts(POLICY, Person("sam", teams=frozenset({G})))
    assert not trusts(POLICY, Person("sam", teams=frozenset({T})))
    assert not trusts(Policy(), Person("sam"))
