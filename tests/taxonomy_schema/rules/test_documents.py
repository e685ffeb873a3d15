"""A knowledge leaf beside its document: by texts, and by clones on this machine."""

from pathlib import Path

import pytest

from taxonomy_schema.document_folder import DocumentFolder
from taxonomy_schema.errors import TreeError
from taxonomy_schema.parse import LeafSource, read_source
from taxonomy_schema.policy import Policy
from taxonomy_schema.rules.documents import context_findings, document_findings
from taxonomy_schema.rules.examples import GOOD_KNOWLEDGE, knowledge
from tests.taxonomy_schema.leaves import SKILL, Repository, files, from_example

COMMIT = "0123456789abcdef0123456789abcdef01234567"
DOCUMENT = """# Hills

The first hill has one oak. Foxes live below it. Snow comes in month 1.

The second hill has two oaks. Foxes live below it. Snow comes in month 2.

The third hill has three oaks. Foxes live below it. Snow comes in month 3.

The fourth hill has four oaks. Foxes live below it. Snow comes in month 4.

The fifth hill has five oaks. Foxes live below it. Snow comes in month 5.
"""
CONTEXT = "The first hill has one oak. Foxes live below it. Snow comes in month 1."


def leaf(context: str = CONTEXT) -> LeafSource:
    source = read_source(from_example(knowledge(CONTEXT, context)))
    assert source.sound
    return source


@pytest.mark.parametrize(
    ("context", "document"),
    [
        (CONTEXT, DOCUMENT),
        (CONTEXT, DOCUMENT.replace("one oak", "**one** [oak](oaks.md)")),
        (CONTEXT.upper(), DOCUMENT.replace(" ", "\n")),
        (CONTEXT.replace("one oak", "one old oak"), DOCUMENT),  # most of it stands there
        ("An oak.", DOCUMENT),  # too short to be known again
    ],
)
def test_a_context_that_stands_in_the_document_is_found_however_it_is_set(
    context: str, document: str
) -> None:
    assert context_findings(leaf(f'"{context}"'), [document]) == []


def test_a_context_may_stand_in_any_of_the_files() -> None:
    assert context_findings(leaf(), ["# Vales\n", DOCUMENT]) == []


@pytest.mark.parametrize(
    "context",
    [
        "On the hill that comes first there grows a single oak, and beneath it a family of foxes has its den.",
        "山の上には一本の樫の木があり、その下には狐が住んでいて、一月には雪が降り積もるので誰も登らない。冬が終わると人々は再び山に登る。",
    ],
)
def test_a_context_in_other_words_is_pointed_at(context: str) -> None:
    source = leaf(f'"{context}"')

    (hint,) = context_findings(source, [DOCUMENT])

    assert (hint.code, hint.place.line) == ("GL415", source.yaml.spot(("seed_examples", 0, "context")).line)
    assert context_findings(source, [DOCUMENT, context.replace(" ", "\n")]) == []


def test_a_context_of_which_a_part_stands_in_the_document_is_pointed_at_where_most_does_not() -> None:
    own = " Nobody has ever counted the badgers, though many walkers claim that they saw some at night."
    mostly_own = leaf(f'"{CONTEXT[:40]}{own}"')

    (hint,) = context_findings(mostly_own, [DOCUMENT])

    assert "none" not in hint.message
    assert context_findings(leaf(f'"{CONTEXT}{own[:40]}"'), [DOCUMENT]) == []


def test_a_skill_has_no_document() -> None:
    source = read_source(files(SKILL))

    assert context_findings(source, []) == document_findings(source, {}) == []


def test_a_pattern_that_names_something_unreadable_is_told_apart_from_one_that_names_nothing() -> None:
    source = read_source(from_example(knowledge("- hills.md", "- hills.pdf")))

    (unreadable,) = document_findings(source, {"hills.pdf": 10})
    (nothing,) = document_findings(source, {"vales.md": 10})

    assert "“hills.pdf”, which is neither Markdown nor plain text" in unreadable.message
    assert "the repository has “vales.md”" in nothing.message


@pytest.fixture
def clone(tmp_path: Path) -> Repository:
    (tmp_path / "clones").mkdir()
    made = Repository(tmp_path / "clones" / "hills")
    made.write("hills.md", DOCUMENT)
    return made


def pinned(commit: str, pattern: str = "hills.md") -> LeafSource:
    text = str(GOOD_KNOWLEDGE.qna).replace(COMMIT, commit).replace("- hills.md", f'- "{pattern}"')
    return read_source(files(text, leaf_id=GOOD_KNOWLEDGE.id))


def test_a_clone_or_a_folder_of_clones_is_looked_into(clone: Repository) -> None:
    commit = clone.commit()
    clone.write("hills.md", "# Vales\n" + "Nothing grows here at all. " * 20)
    later = clone.commit()

    for folder in (clone.folder, clone.folder.parent):
        documents = DocumentFolder(folder)
        assert documents.findings(pinned(commit)) == []
        assert [one.code for one in documents.findings(pinned(later)) or ()] == ["GL415"] * 5
        assert [one.code for one in documents.findings(pinned(commit, "gone.md")) or ()] == ["GL409"]
        assert documents.findings(pinned(COMMIT)) is None
        assert documents.findings(read_source(files(SKILL))) == []


def test_a_link_in_a_clone_is_not_read_and_a_large_file_neither(clone: Repository) -> None:
    (clone.folder / "link.md").symlink_to("/etc/hosts")
    commit = clone.commit()
    documents = DocumentFolder(clone.folder)

    assert [one.code for one in documents.findings(pinned(commit, "link.md")) or ()] == ["GL409"]
    large = documents.findings(pinned(commit), Policy(document_bytes=100))
    assert [one.code for one in large or ()] == ["GL410"]


def test_a_folder_without_clones_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TreeError, match="git clone"):
        DocumentFolder(tmp_path)
