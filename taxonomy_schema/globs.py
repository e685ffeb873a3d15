"""Patterns of a knowledge leaf against names in a tree, as pathlib reads them: `**` crosses folders, `*` does not."""

from fnmatch import fnmatchcase


def matches(pattern: str, path: str) -> bool:
    """Whether `path`, with `/` between its parts, is named by `pattern`."""
    names = path.split("/")
    # reached[i]: the pattern's parts so far can name exactly the first i parts of the path.
    reached = [True] + [False] * len(names)
    for part in pattern.strip("/").removeprefix("./").split("/"):
        if part == "**":
            first = reached.index(True) if True in reached else len(reached)
            reached = [index >= first for index in range(len(reached))]
        else:
            reached = [False] + [
                before and fnmatchcase(name, part) for before, name in zip(reached, names, strict=False)
            ]
    return reached[-1]
