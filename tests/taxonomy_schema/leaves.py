"""Leaves and repositories that the tests of this folder share."""

import os
import subprocess
from pathlib import Path

from taxonomy_schema.files import LeafFiles
from taxonomy_schema.parse_rules import ATTRIBUTION, GOOD_SKILL
from taxonomy_schema.rule import Example
from taxonomy_schema.rules.examples import GOOD_KNOWLEDGE

SKILL_ID = "compositional_skills/writing/short"
SKILL = GOOD_SKILL
KNOWLEDGE = str(GOOD_KNOWLEDGE.qna)
KNOWLEDGE_ID = GOOD_KNOWLEDGE.id


def files(
    qna: str | bytes | None, attribution: str | None = ATTRIBUTION, leaf_id: str = SKILL_ID
) -> LeafFiles:
    content = qna.encode() if isinstance(qna, str) else qna
    return LeafFiles(
        id=leaf_id, qna=content, attribution=None if attribution is None else attribution.encode()
    )


def from_example(example: Example) -> LeafFiles:
    return files(example.qna, example.attribution, example.id)


class Repository:
    """A Git repository with one branch, written by tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")
        done = subprocess.run(
            ["git", "-C", str(self.folder), *identity, *arguments],
            check=True, capture_output=True, text=True, env=environment,
        )  # fmt: skip
        return done.stdout.strip()

    def write(self, path: str, text: str) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")

    def leaf(self, leaf_id: str, qna: str = SKILL, attribution: str = ATTRIBUTION) -> None:
        self.write(f"{leaf_id}/qna.yaml", qna)
        self.write(f"{leaf_id}/attribution.txt", attribution)

    def commit(self) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "a change")
        return self.git("rev-parse", "HEAD")
