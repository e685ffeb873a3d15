"""The leaf that the contributor brings, first with a mistake in it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class NewLeaf:
    """`id` is its path in the taxonomy; `folder` holds its files."""

    id: str
    folder: Path

    @property
    def good(self) -> str:
        return (self.folder / "qna.yaml").read_text()

    @property
    def mistaken(self) -> str:
        """A slip that people make: a misspelt key. The check says so on its line."""
        return self.good.replace("created_by:", "created-by:", 1)
