from pathlib import Path

import pytest

from tests.taxonomy_schema.leaves import KNOWLEDGE, KNOWLEDGE_ID, SKILL_ID, Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A taxonomy with one skill and one knowledge leaf, committed on `main`."""
    made = Repository(tmp_path / "taxonomy")
    made.leaf(SKILL_ID)
    made.leaf(KNOWLEDGE_ID, KNOWLEDGE)
    made.commit()
    return made
