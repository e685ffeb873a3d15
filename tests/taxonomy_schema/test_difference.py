"""What changed inside leaves between two commits, and which lines of them a diff shows."""

from taxonomy_schema.difference import FieldChange, SeedChange, difference
from taxonomy_schema.hunks import shown_lines
from taxonomy_schema.parse_rules import ATTRIBUTION
from tests.taxonomy_schema.leaves import KNOWLEDGE, KNOWLEDGE_ID, SKILL, SKILL_ID, Repository

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def test_seeds_document_and_attribution_are_told_apart(repository: Repository) -> None:
    repository.write(
        f"{SKILL_ID}/qna.yaml",
        SKILL.replace("Body and mind mend themselves.", "To dream.").replace(
            "  - question: Why does bread rise?\n    answer: Yeast makes gas in the dough.\n", ""
        )
        + "  - question: Why is grass green?\n    answer: Of its chlorophyll.\n",
    )
    repository.write(f"{SKILL_ID}/attribution.txt", ATTRIBUTION.replace("CC-BY-4.0", "MIT"))
    repository.write(f"{KNOWLEDGE_ID}/qna.yaml", KNOWLEDGE.replace(COMMIT, COMMIT[::-1]))
    repository.commit()

    skill, hills = difference(repository.folder, "HEAD~1", "HEAD")

    assert skill.seeds == (
        SeedChange("changed", "Why do we sleep?", ("answer",)),
        SeedChange("added", "Why is grass green?"),
        SeedChange("removed", "Why does bread rise?"),
    )
    assert skill.attribution == (FieldChange("licence", "CC-BY-4.0", "MIT"),)
    assert hills.fields == (FieldChange("document.commit", COMMIT, COMMIT[::-1]),)
    assert (hills.seeds, hills.kind) == ((), "knowledge")


def test_a_leaf_that_moves_is_added_removed_or_written_otherwise_is_said_so(repository: Repository) -> None:
    repository.git("mv", SKILL_ID, "compositional_skills/writing/brief")
    repository.git("rm", "-rq", KNOWLEDGE_ID)
    repository.leaf("compositional_skills/writing/new")
    repository.commit()
    repository.write("compositional_skills/writing/new/qna.yaml", f"# mine\n{SKILL}")
    repository.commit()

    moved, new, gone = difference(repository.folder, "HEAD~2", "HEAD~1")
    (written,) = difference(repository.folder, "HEAD~1", "HEAD")

    assert (moved.change.status, moved.change.old_id, moved.seeds) == ("moved", SKILL_ID, ())
    assert (new.change.status, new.seed_count) == ("added", 5)
    assert (gone.change.status, gone.seed_count) == ("removed", 15)
    assert written.form_only


def test_a_side_without_the_format_is_said_to_be_unreadable(repository: Repository) -> None:
    repository.write(f"{SKILL_ID}/qna.yaml", "a: [")
    repository.commit()

    (leaf,) = difference(repository.folder, "HEAD~1", "HEAD")

    assert leaf.unreadable
    assert not leaf.form_only


def test_the_lines_of_a_diff_are_those_changed_and_three_around(repository: Repository) -> None:
    lines = [f"line {number}" for number in range(1, 41)]
    repository.write("a b.txt", "\n".join(lines) + "\n")
    repository.commit()
    lines[9], lines[29] = "++ b/other", "changed"
    repository.write("a b.txt", "\n".join(lines) + "\n")
    repository.git("rm", "-q", f"{SKILL_ID}/attribution.txt")
    repository.commit()

    assert shown_lines(repository.folder, "HEAD~1", "HEAD") == {"a b.txt": (range(7, 14), range(27, 34))}
