"""A backup's folder, and the paper that makes it one.

FOLDER/
  ledger.sqlite | ledger.pgdump    the ledger
  artifacts/STAGE/KK/KEY           what was released, and the papers behind badges
  backup.json                      written last: its presence means "whole"
"""

import hashlib
import shutil
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from service.errors import Misconfigured

FILE = "backup.json"


class BackupPaper(BaseModel):
    model_config = ConfigDict(frozen=True)

    schema_version: int = 1
    made_at: datetime
    graftlab: str
    """The version that made it."""
    revision: str
    """Of the ledger's tables."""
    dialect: str
    ledger: str
    ledger_sha256: str
    artifacts_folder: str
    """Where the artifacts lay; rows of the ledger name it."""
    artifacts: tuple[str, ...]
    """STAGE/KK/KEY of each."""

    @classmethod
    def load(cls, folder: Path) -> "BackupPaper":
        """Raises Misconfigured when the folder is no whole backup, or the ledger in it is not as it was written."""
        try:
            paper = cls.model_validate_json((folder / FILE).read_bytes())
            found = sha256(folder / paper.ledger)
        except (OSError, ValidationError) as error:
            raise Misconfigured(
                f"{folder} is no whole backup: {error}", mend=f"Name a folder that has a {FILE}."
            ) from error
        if found != paper.ledger_sha256:
            raise Misconfigured(
                f"{folder / paper.ledger} is not what was written",
                mend="Take another backup: this one is damaged.",
            )
        return paper


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy_folder(source: Path, target: Path) -> None:
    """Whole or not at all; what is there already is left as it is."""
    if target.exists():
        return
    half = target.with_name(f".copying-{target.name}")
    shutil.rmtree(half, ignore_errors=True)
    shutil.copytree(source, half, symlinks=True)
    half.rename(target)
