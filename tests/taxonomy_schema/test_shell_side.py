"""Formats, scaffold, places on the machine, and the guide's list."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from taxonomy_schema.errors import ScaffoldError, TreeError
from taxonomy_schema.findings import Edit
from taxonomy_schema.formats import to_github, to_json, to_sarif
from taxonomy_schema.locate import locate
from taxonomy_schema.models import Finding, Kind, Place, Severity
from taxonomy_schema.rules import ALL_RULES, check
from taxonomy_schema.rules.listing import derived
from taxonomy_schema.rules.pages import page
from taxonomy_schema.scaffold import new_leaf, write_leaf
from taxonomy_schema.schema import VERSIONS, schema

DOCS = Path(__file__).parents[2] / "docs"
FINDING = Finding(
    code="GL101",
    severity=Severity.ERROR,
    message="100%\n::error::injected",
    mend="Mend it.",
    place=Place(file="knowledge/a,b:c/é qna.yaml", line=3, column=5),
)


def test_annotations_cannot_be_injected() -> None:
    written = to_github([FINDING])

    assert written == (
        "::error file=knowledge/a%2Cb%3Ac/é qna.yaml,line=3,col=5,title=GL101::100%25%0A::error::injected Mend it."
    )


def test_json_counts_errors_and_hints() -> None:
    hint = FINDING._replace(severity=Severity.HINT)

    report = json.loads(to_json([FINDING, hint, hint], 7))

    assert (report["leaves"], report["errors"], report["hints"]) == (7, 1, 2)
    assert [Finding.from_dict(one) for one in report["findings"]] == [FINDING, hint, hint]


def test_sarif_results_name_their_rule() -> None:
    (run,) = json.loads(to_sarif([FINDING], "1.0"))["runs"]

    (result,) = run["results"]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "GL101"
    location = result["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == "knowledge/a%2Cb%3Ac/%C3%A9%20qna.yaml"
    assert location["region"] == {"startLine": 3, "startColumn": 5}
    assert run["tool"]["driver"]["rules"][0]["helpUri"].endswith("/GL101.md")


def test_sarif_holds_the_exact_mend_and_findings_of_no_rule() -> None:
    edit = Edit(FINDING.place.file, 3, 5, 3, 8, "new")
    ours = FINDING._replace(code="XX001")

    (run,) = json.loads(to_sarif([FINDING._replace(fix=(edit,)), ours], "1.0", "https://x.example"))["runs"]

    (change,) = run["results"][0]["fixes"][0]["artifactChanges"]
    assert change["replacements"][0]["insertedContent"] == {"text": "new"}
    assert "ruleIndex" not in run["results"][1]
    assert run["tool"]["driver"]["rules"][0]["helpUri"] == "https://x.example/GL101.md"


@pytest.mark.parametrize(
    ("leaf_id", "kind"),
    [
        ("knowledge/birds/wren", Kind.KNOWLEDGE),
        ("compositional_skills/grounded/writing/rewrite", Kind.GROUNDED),
        ("compositional_skills/writing/rhyme", Kind.FREEFORM),
    ],
)
def test_a_new_leaf_breaks_no_rule_and_says_what_is_left(leaf_id: str, kind: Kind, tmp_path: Path) -> None:
    files = new_leaf(leaf_id, 'ada "the" \\ first')

    parsed = check(files)

    assert parsed.leaf is not None
    assert (parsed.leaf.kind, parsed.leaf.created_by) == (kind, 'ada "the" \\ first')
    assert [finding.code for finding in parsed.findings] == ["GL305"]
    assert [path.read_bytes() for path in write_leaf(tmp_path, files)] == [files.qna, files.attribution]


def test_a_leaf_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    files = new_leaf("knowledge/birds/wren", "ada")
    qna, _ = write_leaf(tmp_path, files)
    qna.write_text("mine")

    with pytest.raises(ScaffoldError, match="already there"):
        write_leaf(tmp_path, files)
    assert qna.read_text() == "mine"


@pytest.mark.parametrize("leaf_id", ["knowledge/../../etc", "knowledge/a b/c", "knowledge", "elsewhere/a/b"])
def test_a_new_leaf_is_refused_where_none_may_be(leaf_id: str) -> None:
    with pytest.raises(ScaffoldError):
        new_leaf(leaf_id, "ada")


def test_a_path_is_found_in_its_taxonomy(tmp_path: Path) -> None:
    top = tmp_path / "knowledge" / "taxonomy"
    leaf = top / "compositional_skills" / "knowledge" / "x"
    leaf.mkdir(parents=True)
    (top / "knowledge").mkdir()

    assert locate(top) == (top, "")
    assert locate(leaf) == (top, "compositional_skills/knowledge/x")
    assert locate(leaf / "qna.yaml") == (top, "compositional_skills/knowledge/x")
    assert locate(top / "knowledge" / "new" / "leaf") == (top, "knowledge/new/leaf")


def test_a_path_in_no_taxonomy_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TreeError, match="in no taxonomy"):
        locate(tmp_path)


def test_what_is_written_from_the_rules_is_current() -> None:
    """`python -m taxonomy_schema.rules.listing docs` writes it."""
    stale = [path.name for path, text in derived(DOCS).items() if path.read_text("utf-8") != text]
    there = {path.stem for path in (DOCS / "rules").glob("GL*.md")}

    assert stale == []
    assert there == {rule.code for rule in ALL_RULES}


def test_a_page_shows_the_mend_of_its_example_and_what_maintainers_can_set() -> None:
    by_code = {rule.code: page(rule) for rule in ALL_RULES}

    assert '-    answer: Yes\n+    answer: "Yes"\n' in by_code["GL110"]
    assert "| `context_words` | 500 |" in by_code["GL204"]
    assert "graft lint --fix" in by_code["GL110"]
    assert "graft lint --fix" not in by_code["GL204"]


@pytest.mark.parametrize(
    "name", [f"{kind}-v{version}" for kind in ("skill", "knowledge") for version in VERSIONS]
)
def test_the_schemas_are_schemas(name: str) -> None:
    Draft202012Validator.check_schema(schema(name))
