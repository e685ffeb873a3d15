"""Writes the files of a new leaf, which break no rule and wait to be filled in."""

import json
from pathlib import Path
from typing import Final

from taxonomy_schema.errors import ScaffoldError
from taxonomy_schema.files import ATTRIBUTION, QNA, LeafFiles
from taxonomy_schema.kinds import Kind
from taxonomy_schema.rules import check
from taxonomy_schema.rules.placeholders import TEMPLATE

_COUNT: Final = 5
_PAIRS: Final = 3
_KNOWLEDGE_HEAD: Final = """\
version: 3
created_by: {author}
domain: "{mark} the subject in a word or two"
document_outline: "{mark} what the document is about, in a sentence or two"
document:
  # A public Git repository with the document as Markdown, at one full commit id.
  repo: {repository}
  commit: {commit}
  patterns:
    - "*.md"
# At least five contexts, each a passage of the document of at most 500 words, with three questions and answers each.
seed_examples:
"""
_SKILL_HEAD: Final = """\
version: 3
created_by: {author}
# This stands in the prompts to the teacher: say exactly what the model should learn to do.
task_description: "{mark} the skill in a sentence"
# At least five seeds, in all at most 2,300 words.
seed_examples:
"""
_ATTRIBUTION: Final = """\
Title of work: {title}
Link to work: -
License of the work: CC-BY-4.0
Creator names: {author}
"""
DEFAULT_REPOSITORY: Final = "https://github.com/OWNER/REPOSITORY.git"
DEFAULT_COMMIT: Final = "0" * 40


def kind_of(leaf_id: str) -> Kind:
    """What a new leaf at this path will be."""
    parts = leaf_id.split("/")
    if parts[0] == Kind.KNOWLEDGE:
        return Kind.KNOWLEDGE
    return Kind.GROUNDED if "grounded" in parts else Kind.FREEFORM


def new_leaf(
    leaf_id: str, author: str, *, repository: str = DEFAULT_REPOSITORY, commit: str = DEFAULT_COMMIT
) -> LeafFiles:
    """The files of a new leaf; `repository` and `commit` are for knowledge alone.

    Raises:
        ScaffoldError: the path, the author or the document would break a rule; the message says how to mend it.

    """
    kind = kind_of(leaf_id)
    head = _KNOWLEDGE_HEAD if kind.is_knowledge else _SKILL_HEAD
    values = {"author": author, "repository": repository, "commit": commit}
    quoted = {name: json.dumps(value, ensure_ascii=False) for name, value in values.items()}
    body = "".join(_entry(kind, number) for number in range(1, _COUNT + 1))
    title = leaf_id.rpartition("/")[2].replace("_", " ").capitalize()
    files = LeafFiles(
        id=leaf_id,
        qna=(head.format(mark=TEMPLATE, **quoted) + body).encode(),
        attribution=_ATTRIBUTION.format(title=title, author=" ".join(author.split())).encode(),
    )
    errors = check(files).errors
    if errors:
        raise ScaffoldError(f"{errors[0].message} {errors[0].mend}")
    return files


def write_leaf(root: Path, files: LeafFiles) -> tuple[Path, ...]:
    """Write a leaf's files below a taxonomy's top folder; return their paths.

    Raises:
        ScaffoldError: a file is already there, or the folder cannot be written.

    """
    folder = root / files.id
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in ((QNA, files.qna), (ATTRIBUTION, files.attribution)):
            path = folder / name
            with path.open("xb") as file:  # never over a file that is there
                file.write(content or b"")
            written.append(path)
    except FileExistsError as error:
        raise ScaffoldError(f"{error.filename} is already there. Choose another path, or edit it.") from error
    except OSError as error:
        raise ScaffoldError(f"{error.filename or folder} cannot be written: {error.strerror}.") from error
    return tuple(written)


def _entry(kind: Kind, number: int) -> str:
    context = f'"{TEMPLATE} the passage that seed {number} is answered from"'
    if kind.is_knowledge:
        pairs = "".join(
            f'      - question: "{TEMPLATE} question {inner} on passage {number}"\n'
            f'        answer: "{TEMPLATE} the answer to question {inner} on passage {number}"\n'
            for inner in range(1, _PAIRS + 1)
        )
        return f"  - context: {context}\n    questions_and_answers:\n{pairs}"
    context = f"  - context: {context}\n    " if kind is Kind.GROUNDED else "  - "
    return (
        f'{context}question: "{TEMPLATE} question {number}"\n'
        f'    answer: "{TEMPLATE} the answer to question {number}"\n'
    )
