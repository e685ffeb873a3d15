"""A path on this machine -> the taxonomy it lies in, and where in it."""

from pathlib import Path
from typing import Final

from taxonomy_schema.entries import LEAF_FILES
from taxonomy_schema.errors import TreeError
from taxonomy_schema.kinds import ROOTS

_SURE: Final = 2


def locate(path: Path) -> tuple[Path, str]:
    """The taxonomy's top folder, and the path below it ("" for the whole). The path itself need not exist.

    A file of a leaf stands for its leaf. Folders named as a root may also stand above the taxonomy or deep in it: a
    top is known by its Git folder, or by holding two of the roots; failing both, the last such name counts.

    Raises:
        TreeError: the path is in no taxonomy.

    """
    whole = path.resolve()
    if whole.name in LEAF_FILES and not whole.is_dir():
        whole = whole.parent
    parts = whole.parts
    tops = [index for index, part in enumerate(parts) if part in ROOTS]
    for index in tops:
        if _is_top(Path(*parts[:index])):
            return Path(*parts[:index]), "/".join(parts[index:])
    if any((whole / root).is_dir() for root in ROOTS):
        return whole, ""
    if not tops:
        raise TreeError(
            f"{path} is in no taxonomy. Name a folder that holds {', '.join(ROOTS)}, or a leaf below one of them."
        )
    return Path(*parts[: tops[-1]]), "/".join(parts[tops[-1] :])


def _is_top(folder: Path) -> bool:
    return (folder / ".git").exists() or sum((folder / root).is_dir() for root in ROOTS) >= _SURE
