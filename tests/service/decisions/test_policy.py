from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.decisions.facts import Policy, Route
from service.decisions.policy import parse_policy
from service.decisions.policy_schema import policy_schema, printed, published
from taxonomy_schema.yaml_source import read_yaml


def test_a_policy_is_read() -> None:
    text = b"# who needs no approval\ntrusted_authors: [Ada, bob-2]\nbudget_minutes: 120\n"
    assert parse_policy(text) == Policy(frozenset({"ada", "bob-2"}), 120)


WHOLE = b"""\
trusted_authors: [Ada]
budget_minutes: 60
budget_minutes_per_author: 120
budget_minutes_per_week: 600
teams:
  triage: [orchard/Helpers]
  maintain: [orchard/keepers]
  trusted: [orchard/growers]
reviewers:
  "*": [max]
  knowledge/birds/: [Rita, orchard/birders]
  knowledge/open/: []
rules:
  hosts: [example.org]
  context_words: 400
"""


def test_every_key_is_read_and_names_are_told_apart_without_their_case() -> None:
    assert parse_policy(WHOLE) == Policy(
        frozenset({"ada"}),
        60,
        budget_minutes_per_author=120,
        budget_minutes_per_week=600,
        triage_teams=frozenset({"orchard/helpers"}),
        maintain_teams=frozenset({"orchard/keepers"}),
        trusted_teams=frozenset({"orchard/growers"}),
        routes=(
            Route("*", ("max",)),
            Route("knowledge/birds/", ("rita", "orchard/birders")),
            Route("knowledge/open/", ()),
        ),
        rules={"hosts": ["example.org"], "context_words": 400},
    )


@pytest.mark.parametrize("data", [None, b"", b"# nothing yet\n", b"{}"])
def test_without_a_policy_nobody_is_trusted(data: bytes | None) -> None:
    assert parse_policy(data) == Policy()


@pytest.mark.parametrize(
    ("data", "line", "says"),
    [
        (b"trusted_author: [ada]\n", 1, "trusted_author"),
        (b"budget_minutes: -1\n", 1, "greater than or equal to 0"),
        (b"trusted_authors: []\nbudget_minutes: '60'\n", 2, "valid integer"),
        (b"budget_minutes: 1.5\n", 1, "valid integer"),
        (b"budget_minutes: true\n", 1, "valid integer"),
        (b"budget_minutes: 99999999999\n", 1, "less than"),
        (b"trusted_authors:\n  - ada\n  - 'a b'\n", 3, "trusted_authors.1"),
        (b"trusted_authors:\n  - '*'\n", 2, "match pattern"),
        (b"trusted_authors: ada\n", 1, "valid list"),
        (b"budget_minutes: 1\nbudget_minutes: 9\n", 2, "budget_minutes"),
        (b"- ada\n", 1, "whole file"),
        (b"budget_minutes_per_author: -1\n", 1, "greater than or equal to 0"),
        (b"teams: [orchard/x]\n", 1, "teams"),
        (b"teams:\n  triage: [helpers]\n", 2, "teams.triage.0"),
        (b"teams:\n  triage: []\n  maintainers: []\n", 3, "teams.maintainers"),
        (b"teams:\n  triage:\n    - orchard/../keepers\n", 3, "match pattern"),
        (b"reviewers: [rita]\n", 1, "reviewers"),
        (b"reviewers:\n  knowledge/: rita\n", 2, "valid list"),
        (b"reviewers:\n  knowledge/: [rita]\n  ../x: [rita]\n", 3, "match pattern"),
        (b"reviewers:\n  knowledge//x: [rita]\n", 2, "match pattern"),
        (b"reviewers:\n  knowledge/:\n    - rita\n    - 'a b'\n", 4, "reviewers.knowledge/.1"),
        (b"rules: [hosts]\n", 1, "rules"),
        (b"rules: none\n", 1, "rules"),
        (b"a: [\n", 1, "never closed"),
        (b"budget_minutes: 1\n---\nbudget_minutes: 2\n", 2, "second document"),
        (b"x: &x [*x]\n", 1, ""),
        (b"\n\xff", 2, "UTF-8"),
        (b"#" * 70_000, 1, "larger"),
    ],
)
def test_what_is_wrong_is_a_finding_with_its_line(data: bytes, line: int, says: str) -> None:
    found = parse_policy(data)
    assert isinstance(found, tuple)
    assert found[0].place.file == ".graft.yaml"
    assert found[0].place.line == line
    assert says in found[0].message
    assert found[0].mend


@given(st.binary(max_size=200))
def test_no_bytes_make_it_fall(data: bytes) -> None:
    assert isinstance(parse_policy(data), Policy | tuple)


def test_a_misspelt_key_is_pointed_at_and_told_what_may_have_been_meant() -> None:
    found = parse_policy(b"budget_minutes: 1\nteams:\n  triage: []\n  maintian: [orchard/x]\n")
    assert isinstance(found, tuple)
    assert (found[0].place.line, found[0].place.column) == (4, 3)
    assert "Did you mean maintain? Known keys are triage, maintain, trusted" in found[0].mend
    top = parse_policy(b"budget_minute_per_week: 1\n")
    assert isinstance(top, tuple)
    assert "Did you mean budget_minutes_per_week?" in top[0].mend


def test_the_published_schema_is_the_one_that_the_file_is_read_with() -> None:
    assert published() == printed(), (
        "run: python -m service.decisions.policy_schema > service/decisions/graft.schema.json"
    )
    jsonschema.Draft202012Validator.check_schema(policy_schema())


@pytest.mark.parametrize(
    "data",
    [
        WHOLE,
        b"{}",
        b"trusted_author: [ada]\n",
        b"budget_minutes: -1\n",
        b"budget_minutes: '60'\n",
        b"teams:\n  triage: [helpers]\n",
        b"teams:\n  maintian: []\n",
        b"reviewers:\n  ../x: [rita]\n",
        b"reviewers:\n  knowledge/: [a b]\n",
        b"rules: []\n",
    ],
)
def test_an_editor_with_the_schema_accepts_and_refuses_what_we_do(data: bytes) -> None:
    written: Any = read_yaml(data.decode(), "x").data
    accepted = jsonschema.Draft202012Validator(policy_schema()).is_valid(written)
    assert accepted is isinstance(parse_policy(data), Policy)
