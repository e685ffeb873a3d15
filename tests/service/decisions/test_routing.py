import pytest

from service.decisions.facts import Person, Route
from service.decisions.routing import matches, reviewers_of, reviews, routes_of

BIRDS = "knowledge/science/birds/wren/qna.yaml"
SKILL = "compositional_skills/writing/kind_refusals/qna.yaml"


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("*", BIRDS, True),
        ("**", BIRDS, True),
        ("knowledge/", BIRDS, True),
        ("/knowledge/", BIRDS, True),
        ("knowledge", BIRDS, True),
        ("knowledge/science", BIRDS, True),
        ("knowledge/science/birds/wren", BIRDS, True),
        ("knowledge/sci", BIRDS, False),
        ("science/birds/", BIRDS, False),  # a slash within: from the top
        ("birds/", BIRDS, True),  # none within: anywhere
        ("/birds/", BIRDS, False),
        ("bird/", BIRDS, False),
        ("bird?/", BIRDS, True),
        ("knowledge/*/birds/", BIRDS, True),
        ("knowledge/*/wren/", BIRDS, False),
        ("knowledge/**/wren/", BIRDS, True),
        ("knowledge/**/birds/", "knowledge/birds/wren/qna.yaml", True),
        ("knowledge/**", BIRDS, True),
        ("knowledge/**", SKILL, False),
        ("knowledge/*", BIRDS, False),
        ("knowledge/*", "knowledge/README.md", True),
        ("*.yaml", BIRDS, True),
        ("*.txt", BIRDS, False),
        ("knowledge/science/birds/wren/qna.yaml", BIRDS, True),
        ("knowledge.science/", BIRDS, False),
    ],
)
def test_patterns_match_as_in_a_codeowners_file(pattern: str, path: str, expected: bool) -> None:
    assert matches(pattern, path) is expected


GENERAL = Route("*", ("max",))
SCIENCE = Route("knowledge/science/", ("rita", "orchard/birders"))
OPEN = Route("knowledge/science/open/", ())


def test_the_last_pattern_that_matches_counts_and_an_empty_one_routes_to_nobody() -> None:
    routes = (GENERAL, SCIENCE, OPEN)
    assert routes_of([BIRDS], routes) == (SCIENCE,)
    assert routes_of([SKILL], routes) == (GENERAL,)
    assert routes_of([BIRDS, SKILL, BIRDS], routes) == (GENERAL, SCIENCE)
    assert routes_of(["knowledge/science/open/a/qna.yaml"], routes) == ()
    assert routes_of([BIRDS], (SCIENCE, GENERAL)) == (GENERAL,)
    assert routes_of([BIRDS], ()) == ()


def test_reviewers_are_meant_by_name_in_any_case_or_by_team() -> None:
    assert reviews(Person("Rita"), SCIENCE)
    assert reviews(Person("sam", teams=frozenset({"orchard/birders"})), SCIENCE)
    assert not reviews(Person("sam", teams=frozenset({"orchard/others"})), SCIENCE)
    assert not reviews(Person("rita", "triage", edited=True), SCIENCE)


def test_those_to_be_asked_come_once_and_never_the_author() -> None:
    assert reviewers_of((SCIENCE, GENERAL, SCIENCE)) == ("rita", "orchard/birders", "max")
    assert reviewers_of((SCIENCE,), but="RITA") == ("orchard/birders",)
