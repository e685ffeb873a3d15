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
        what = "a symbolic link" if mode == _LINK else "a submodule" if mode == "160000" else "no plain file"
        return cls.finding(place, f"This is {what}, and is not followed.", "Put the file itself here.")


class MisnamedFile(Rule):
    code = "GL132"
    title = "A file almost named as a leaf's"
    docs = "Only `qna.yaml` and `attribution.txt`, so spelt, are read."

    @classmethod
    def at(cls, place: Place, wanted: str) -> Finding:
        return cls.finding(
            place, "This file's name is not read as part of a leaf.", f"Rename it to {wanted}."
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
            place, f"This file {where} and is ignored.", "Remove it, or link to it from the pull request."
        )


TREE_RULES: Final[tuple[type[Rule], ...]] = (FollowedNowhere, MisnamedFile, StrayFile)
