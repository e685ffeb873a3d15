"""The rules about the tree itself: files that belong to no leaf, or that are not what they seem."""

from typing import Final

from taxonomy_schema.findings import Finding, Place, Severity
from taxonomy_schema.rule import Rule

_LINK: Final = "120000"


class FollowedNowhere(Rule):
    code = "GL131"
    title = "A symbolic link or a submodule"
    docs = (
        "Links and submodules under the three roots are not followed: a leaf's text must stand in the leaf."
    )

    @classmethod
    def at(cls, place: Place, mode: str) -> Finding:
        what = (
            "a symbolic link"
            if mode == _LINK
            else "another repository (a submodule)"
            if mode == "160000"
            else "no plain file"
        )
        return cls.finding(
            place,
            f"This is {what}, which is not followed: what it points at would not be learnt.",
            "Put the file or folder itself here.",
        )


class MisnamedFile(Rule):
    code = "GL132"
    title = "A file almost named as a leaf's"
    docs = "Only `qna.yaml` and `attribution.txt`, so spelt, are read."

    @classmethod
    def at(cls, place: Place, wanted: str) -> Finding:
        return cls.finding(
            place,
            f"A leaf's file is called {wanted}, so under this name it is not read.",
            f"Rename it to {wanted}.",
        )


class StrayFile(Rule):
    code = "GL133"
    title = "A file that belongs to no leaf"
    severity = Severity.HINT
    docs = "Files beside `qna.yaml` and `attribution.txt`, or outside any leaf's folder, are ignored."

    @classmethod
    def at(cls, place: Place, *, inside_leaf: bool) -> Finding:
        where = "is no part of the leaf" if inside_leaf else "is outside any leaf"
        return cls.finding(
            place,
            f"This file {where}, so nothing is learnt from it.",
            "Remove it; if reviewers should see it, link to it from the pull request.",
        )


TREE_RULES: Final[tuple[type[Rule], ...]] = (FollowedNowhere, MisnamedFile, StrayFile)
