from taxonomy_schema.rules import ChangeReport, check_change
from tests.taxonomy_schema.leaves import KNOWLEDGE_ID, SKILL, SKILL_ID, Repository


def changed(repository: Repository) -> ChangeReport:
    repository.commit()
    return check_change(repository.folder, "main~1", "main")


def test_only_changed_leaves_are_checked(repository: Repository) -> None:
    repository.leaf(
        "compositional_skills/writing/new", SKILL.replace("Body and mind mend themselves.", "Yes")
    )

    report = changed(repository)

    assert [(leaf.change.status, leaf.leaf is None) for leaf in report.leaves] == [("added", True)]
    assert [finding.code for finding in report.errors] == ["GL110"]
    assert not report.ok
    assert not report.leaves[0].ok


def test_a_good_change_has_its_leaf_and_no_findings(repository: Repository) -> None:
    repository.write(f"{SKILL_ID}/qna.yaml", SKILL.replace("Air", "Dust"))

    report = changed(repository)

    (leaf,) = report.leaves
    assert leaf.leaf is not None
    assert leaf.leaf.seeds[0].answer.startswith("Dust")
    assert report.ok
    assert report.findings == ()


def test_a_removed_leaf_is_fine(repository: Repository) -> None:
    repository.git("rm", "--quiet", "-r", KNOWLEDGE_ID)

    report = changed(repository)

    assert [(leaf.change.status, leaf.leaf, leaf.findings) for leaf in report.leaves] == [
        ("removed", None, ())
    ]


def test_a_leaf_without_its_attribution_is_an_error(repository: Repository) -> None:
    repository.git("rm", "--quiet", f"{SKILL_ID}/attribution.txt")

    assert [finding.code for finding in changed(repository).errors] == ["GL129"]


def test_a_leaf_without_its_seeds_is_an_error(repository: Repository) -> None:
    repository.git("rm", "--quiet", f"{SKILL_ID}/qna.yaml")

    assert [finding.code for finding in changed(repository).errors] == ["GL113"]


def test_a_leaf_of_links_is_not_fine(repository: Repository) -> None:
    for name in ("qna.yaml", "attribution.txt"):
        (repository.folder / SKILL_ID / name).unlink()
        (repository.folder / SKILL_ID / name).symlink_to(f"../../../{KNOWLEDGE_ID}/{name}")

    report = changed(repository)

    assert [finding.code for finding in report.leaves[0].errors] == ["GL131", "GL131"]
    assert report.outside == ()


def test_files_outside_leaves_are_told_if_they_are_in_the_change(repository: Repository) -> None:
    repository.write("knowledge/old.txt", "x")
    repository.commit()
    repository.write("knowledge/new.txt", "x")
    repository.write("README.md", "x")

    report = changed(repository)

    assert report.leaves == ()
    assert [(finding.code, finding.place.file) for finding in report.hints] == [
        ("GL133", "knowledge/new.txt")
    ]
    assert report.ok
