"""Puts a file's new content in the place of the old: whole or not at all, and only if nobody wrote it meanwhile."""

import os
import tempfile
from pathlib import Path

from taxonomy_schema.errors import TreeError


def rewrite(path: Path, old: bytes, new: bytes) -> None:
    """Write a regular file anew; its mode stays.

    Raises:
        TreeError: it no longer holds `old`, is no regular file, or cannot be written; it is as it was then.

    """
    temporary = ""
    try:
        if path.is_symlink() or path.read_bytes() != old:
            raise TreeError(f"{path} changed while it was looked at, and was left alone. Run it again.")
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(new)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(path.stat().st_mode & 0o7777)
        Path(temporary).replace(path)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True) if temporary else None
        raise TreeError(f"{path} cannot be written: {error.strerror}. Nothing of it was changed.") from error


def rename(root: Path, old: str, new: str) -> bool:
    """Rename a file of a tree, through Git where Git knows it, so that its history follows. False: left alone.

    Raises:
        TreeError: it cannot be renamed.

    """
    source, target = root / old, root / new
    same = target.exists() and source.exists() and source.samefile(target)  # one name in two cases
    if source.is_symlink() or not source.is_file() or (target.exists() and not same):
        return False
    from taxonomy_schema.gitio import git

    try:
        git(root, "ls-files", "--error-unmatch", "--", old)
    except TreeError:
        tracked = False
    else:
        tracked = True
    if tracked:
        git(root, "mv", *(["--force"] if same else []), "--", old, new)
        return True
    try:
        source.rename(target)
    except OSError as error:
        raise TreeError(f"{source} cannot be renamed: {error.strerror}.") from error
    return True
