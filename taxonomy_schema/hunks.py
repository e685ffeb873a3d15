"""Which lines of a change's files code hosts show in its diff: those changed, and three around each."""

from pathlib import Path
from typing import Final

from taxonomy_schema.gitio import git, resolve
from taxonomy_schema.patterns import late

_HUNK: Final = late(rb"@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@")
_PATH: Final = b"+++ b/"


def shown_lines(repository: Path, base: str, head: str) -> dict[str, tuple[range, ...]]:
    """Path at `head` -> the lines of it, from 1, in the diff since it left `base`, hunk by hunk.

    Files whose names Git would have to quote are left out.

    Raises:
        TreeError: an unknown commit, or an object is missing.

    """
    ids = resolve(repository, base), resolve(repository, head)
    start = git(repository, "merge-base", *ids).decode().strip()
    out = git(
        repository, "-c", "core.quotePath=false", "diff", "--no-color", "--no-ext-diff", "--no-textconv",
        "--unified=3", "--find-renames", "--src-prefix=a/", "--dst-prefix=b/", start, ids[1],
    )  # fmt: skip
    found: dict[str, list[range]] = {}
    hunks: list[range] | None = None
    left = 0
    for line in out.split(b"\n"):
        if left > 0 and line[:1] in (b"+", b" ", b"-"):
            left -= line[:1] != b"-"  # inside a hunk a line is never a header
            continue
        if line.startswith(b"diff --git "):
            hunks, left = None, 0
        elif line.startswith(_PATH):
            path = line.removeprefix(_PATH).removesuffix(b"\t")
            hunks = found.setdefault(path.decode("utf-8", "backslashreplace"), [])
        elif hunks is not None and (match := _HUNK.match(line)):
            first, left = int(match[1]), int(match[2] or 1)
            hunks.append(range(first, first + left))
    return {path: tuple(hunks) for path, hunks in found.items() if hunks}
