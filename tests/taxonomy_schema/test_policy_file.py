from pathlib import Path

import pytest

from taxonomy_schema.findings import Severity
from taxonomy_schema.parse import read_source
from taxonomy_schema.policy import DEFAULT_POLICY, Policy
from taxonomy_schema.policy_file import POLICY_FILE, policy_of, read_policy
from taxonomy_schema.rules import ALL_RULES, check
from taxonomy_schema.rules.documents import document_findings
from taxonomy_schema.rules.examples import attributed, knowledge
from taxonomy_schema.schema import schema
from tests.taxonomy_schema.leaves import files, from_example


def test_the_section_sets_every_knob() -> None:
    text = b"""\
trusted_authors: [ada]
rules:
  raise: [GL404, GL505]
  hosts: [git.example.org]
  licences: [MIT]
  excluded_topics:
    elections: [ballot, polling station]
  skill_words: 100
  context_words: 200
  pair_words: 50
  context_tokens: 300
  pair_tokens: 90
  line_characters: 80
  document_bytes: 2000
  documents: 3
  leaf_similarity: 0.5
"""

    assert policy_of(text) == (
        Policy(
            raised=("GL404", "GL505"), hosts=("git.example.org",), licences=("MIT",),
            excluded_topics=(("elections", ("ballot", "polling station")),),
            skill_words=100, context_words=200, pair_words=50, context_tokens=300, pair_tokens=90, line_characters=80,
            document_bytes=2000, documents=3, leaf_similarity=0.5,
        ),
        (),
    )  # fmt: skip


@pytest.mark.parametrize("text", [None, b"", b"# nothing\n", b"trusted_authors: [ada]\n", b"rules:\n"])
def test_without_the_section_the_usual_policy_holds(text: bytes | None) -> None:
    assert policy_of(text) == (DEFAULT_POLICY, ())


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("rules:\n  hostz: [a.org]\n", 2, 10, "Did you mean “hosts”?"),
        ("rules:\n  raise: [GL999]\n", 2, 11, "Did you mean GL"),
        ("rules:\n  raise:\n    - no code\n", 3, 7, "Codes of hints"),
        ("rules:\n  skill_words: many\n", 2, 16, "The most words of all questions"),
        ("rules:\n  skill_words: 1\n", 2, 16, "minimum"),
        ("rules:\n  hosts: 2024-05-01\n", 2, 10, "Hosts that"),
        ("rules:\n  excluded_topics:\n    elections: ballot\n", 3, 16, "Topics that"),
        ("rules: [GL404]\n", 1, 8, "a mapping"),
        ("- rules\n", 1, 1, "keys and values"),
        ("rules: {\n", 1, 8, ""),
    ],
)
def test_a_fault_is_told_at_its_place_and_the_section_counts_as_none(
    text: str, line: int, column: int, said: str
) -> None:
    policy, (finding, *_) = policy_of(text.encode())

    assert policy == DEFAULT_POLICY
    assert finding.place.file == POLICY_FILE
    assert (finding.place.line, finding.place.column) >= (line, column) or not said
    assert said in finding.mend


def test_raising_what_is_an_error_anyway_is_a_hint_and_the_rest_counts() -> None:
    policy, findings = policy_of(b"rules:\n  raise: [GL404, GL102, GL122, GL900]\n  documents: 3\n")

    assert (policy.documents, policy.raised) == (3, ("GL404", "GL102", "GL122", "GL900"))
    assert [(one.code, one.severity, one.place.line, one.place.column) for one in findings] == [
        ("GL900", Severity.HINT, 2, 18),
        ("GL900", Severity.HINT, 2, 32),
    ]
    assert findings[0].message.startswith("GL102, ")


def test_an_error_that_is_a_hint_at_times_says_so() -> None:
    errors = [rule for rule in ALL_RULES if rule.severity is Severity.ERROR]

    assert [rule.code for rule in errors if rule.lenient] == [
        rule.code for rule in errors if "is a hint" in rule.docs
    ]


def test_a_folders_file_is_read_but_no_link(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / POLICY_FILE).write_text("rules:\n  raise: [GL404]\n", "utf-8")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / POLICY_FILE).symlink_to(tmp_path / "a" / POLICY_FILE)

    assert read_policy(tmp_path / "a") == (Policy(raised=("GL404",)), ())
    assert read_policy(tmp_path / "b") == (DEFAULT_POLICY, ())


@pytest.mark.parametrize(
    ("pattern", "listing", "codes"),
    [
        ("hills.md", {"hills.md": 10}, []),
        ("hills/*.md", {"hills/a.md": 10, "hills/b.md": 10, "hills/b.png": 10**9}, []),
        ("hill.md", {"hills.md": 10}, ["GL409"]),
        ("hills.pdf", {"hills.pdf": 10}, ["GL409"]),
        ("hills.md", {"hills.md": 10**8}, ["GL410"]),
        ("hills/*.md", {f"hills/{n}.md": 10 for n in range(51)}, ["GL410"]),
    ],
)
def test_patterns_are_held_against_the_documents_files(
    pattern: str, listing: dict[str, int], codes: list[str]
) -> None:
    source = read_source(from_example(knowledge("- hills.md", f"- {pattern}")))

    assert [one.code for one in document_findings(source, listing)] == codes
    assert document_findings(read_source(files("a: b")), listing) == []


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("Link to work: http://example.org/a\n", [("GL411", 2, 15)]),
        ("Link to work: see the library\n", [("GL411", 2, 15)]),
        ("Link to work: https://en.wikipedia.org/wiki/Hill\n", [("GL412", 2, 15)]),
        ("Link to work: https://en.wikipedia.org/wiki/Hill\nRevision: -\n", [("GL412", 3, 11)]),
        ("Link to work: https://en.wikipedia.org/w/index.php?title=Hill&oldid=7\n", []),
        ("Link to work: https://notwikipedia.org/wiki/Hill\n", []),
        ("Link to work: -\nLicence: MIT\n  and others\n", [("GL413", 4, 3)]),
        ("Link to work: -\n\n\n", []),
        ("Link to work: -\r\nRevision: 3\r\n", []),
    ],
)
def test_every_field_of_an_attribution_is_looked_at(lines: str, told: list[tuple[str, int, int]]) -> None:
    licence = "" if "Licence" in lines else "License of the work: MIT\n"
    leaf = attributed(f"Title of work: Hill\n{lines}{licence}Creator names: Ada\n")

    found = [(one.code, one.place.line, one.place.column) for one in check(from_example(leaf)).findings]

    assert found == told


def test_the_schema_is_published_with_a_description_of_every_key() -> None:
    keys = schema("policy-rules")["properties"]

    assert all(about["description"] for about in keys.values())
    assert set(keys) - {"raise"} <= set(Policy._fields)
