import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.decisions.facts import Policy
from service.decisions.policy import parse_policy


def test_a_policy_is_read() -> None:
    text = b"# who needs no approval\ntrusted_authors: [Ada, bob-2]\nbudget_minutes: 120\n"
    assert parse_policy(text) == Policy(frozenset({"ada", "bob-2"}), 120)


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
        (b"a: [\n", 1, "not YAML"),
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
