"""The rules that reading a leaf reports itself: what can be wrong before there is a leaf to look at."""

from typing import Final

from taxonomy_schema.findings import Severity
from taxonomy_schema.rule import Example, Rule

ATTRIBUTION: Final = """\
Title of work: Short answers
Link to work: -
License of the work: CC-BY-4.0
Creator names: Ada Example
"""

GOOD_SKILL: Final = """\
version: 3
created_by: ada
task_description: Answer in one short sentence.
seed_examples:
  - question: Why is the sky blue?
    answer: Air scatters blue light most.
  - question: Why does bread rise?
    answer: Yeast makes gas in the dough.
  - question: Why do leaves fall?
    answer: The tree saves its water for winter.
  - question: Why does ice float?
    answer: It is lighter than water.
  - question: Why do we sleep?
    answer: Body and mind mend themselves.
"""

GOOD: Final = Example(GOOD_SKILL, ATTRIBUTION)


def changed(old: str, new: str) -> Example:
    """The good example with one passage changed."""
    if old not in GOOD_SKILL:
        raise ValueError(f"the good example has no {old!r}")
    return Example(GOOD_SKILL.replace(old, new, 1), ATTRIBUTION)


class NotYaml(Rule):
    code = "GL101"
    title = "The file is not YAML"
    docs = "`qna.yaml` could not be read as YAML. The place is where reading stopped; the fault may be a line above."
    bad = changed("answer: It is lighter than water.", "answer: Reason: it is lighter than water.")
    good = changed("answer: It is lighter than water.", 'answer: "Reason: it is lighter than water."')


class TooLarge(Rule):
    code = "GL102"
    title = "The file is larger or deeper than a leaf can be"
    docs = (
        "A leaf is text that people review. A file over 1 MiB, nested deeper than 32, with more than 20,000 values "
        "(aliases counted as what they stand for) or with one value over 100,000 characters is not read further."
    )
    bad = changed("Yeast makes gas in the dough.", "[" * 40 + "]" * 40)
    good = GOOD


class BadCharacters(Rule):
    code = "GL103"
    title = "The file holds bytes that are not text"
    docs = "Files are UTF-8 text, without NUL and without control characters other than tab and line ends."
    bad = changed("Yeast", "Y\0east")
    good = GOOD


class TabIndent(Rule):
    code = "GL104"
    title = "A tab is used for indentation"
    docs = "YAML does not allow tabs for indentation. Indent with spaces, two a level."
    bad = changed("    answer: Yeast", "\tanswer: Yeast")
    good = GOOD


class DuplicateKey(Rule):
    code = "GL105"
    title = "A key stands twice"
    docs = "Only one of two values under one key would be read, so both are refused."
    bad = changed("created_by: ada", "created_by: ada\ncreated_by: bob")
    good = GOOD


class YamlFeature(Rule):
    code = "GL106"
    title = "A feature of YAML that leaves do not use"
    docs = (
        "Tags of programs, keys that are not plain text, several documents in one file, and aliases to nothing "
        "or to themselves are refused: a leaf is only text, lists and mappings."
    )
    bad = changed("created_by: ada", "created_by: !!python/name:os.system ada")
    good = GOOD


class NotAMapping(Rule):
    code = "GL107"
    title = "The file holds no leaf"
    docs = (
        "`qna.yaml` must be a mapping of keys to values; it is empty, only comments, a list or a single text."
    )
    bad = Example("# only a comment\n", ATTRIBUTION)
    good = GOOD


class UnknownKey(Rule):
    code = "GL108"
    title = "A key that the format does not know"
    docs = "Unknown keys are refused, because a misspelt key would otherwise be ignored in silence."
    bad = changed("task_description:", "task_descripton:")
    good = GOOD


class MissingKey(Rule):
    code = "GL109"
    title = "A required key is missing"
    docs = "The place is the mapping that lacks the key."
    bad = changed("created_by: ada\n", "")
    good = GOOD


class WrongType(Rule):
    code = "GL110"
    title = "A value of the wrong type"
    docs = (
        "YAML reads `Yes`, `no`, `on`, `3`, `1.5`, `null` and `2024-05-01` as something other than text. "
        "Put such an answer in quotes."
    )
    bad = changed("answer: It is lighter than water.", "answer: Yes")
    good = changed("answer: It is lighter than water.", 'answer: "Yes"')


class EmptyValue(Rule):
    code = "GL111"
    title = "A required text is empty"
    docs = (
        'A text between quotes with nothing in it (`""`), where the format requires at least one character.'
    )
    bad = changed("created_by: ada", 'created_by: ""')
    good = GOOD


class BadVersion(Rule):
    code = "GL112"
    title = "A version of the format that is not supported"
    docs = "Skills may have version 1, 2 or 3 (no `version` means 1); knowledge needs version 3."
    bad = changed("version: 3", "version: 4")
    good = GOOD


class NoQna(Rule):
    code = "GL113"
    title = "The folder has no qna.yaml"
    docs = "A leaf is a folder with `qna.yaml` and `attribution.txt`; this one has only the second."
    bad = Example(None, ATTRIBUTION)
    good = GOOD


class TooFew(Rule):
    code = "GL201"
    title = "Too few seeds, contexts or patterns"
    docs = (
        "A skill needs at least 5 seeds; a knowledge leaf at least 5 contexts, each with at least 3 questions and "
        "answers, and a document with at least 1 pattern."
    )
    bad = changed("  - question: Why do we sleep?\n    answer: Body and mind mend themselves.\n", "")
    good = GOOD


class SameSeedTwice(Rule):
    code = "GL301"
    title = "An entry stands twice"
    docs = (
        "Two entries are equal in every value. The second teaches nothing and would be counted as evidence."
    )
    bad = changed(
        "  - question: Why do we sleep?\n",
        "  - question: Why does ice float?\n    answer: It is lighter than water.\n  - question: Why do we sleep?\n",
    )
    good = GOOD


class TooManyFindings(Rule):
    code = "GL115"
    title = "There are more findings than are shown"
    severity = Severity.HINT
    docs = "Of one leaf at most 100 findings are shown, errors first: more would hide what to begin with."
    bad = Example("a: 1\n" * 200, ATTRIBUTION)
    good = GOOD


PARSE_RULES: Final[tuple[type[Rule], ...]] = (
    NotYaml,
    TooLarge,
    BadCharacters,
    TabIndent,
    DuplicateKey,
    YamlFeature,
    NotAMapping,
    UnknownKey,
    MissingKey,
    WrongType,
    EmptyValue,
    BadVersion,
    NoQna,
    TooManyFindings,
    TooFew,
    SameSeedTwice,
)
