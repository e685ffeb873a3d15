"""Two thousand leaves, a third of them broken, judged by InstructLab's parser and by the rules.

A finding of ours is as good as one of theirs if it stands on the same line; it is better if theirs points at a list or
mapping as a whole (or past the end of the file) and ours at a key, an entry or a line in it.
"""

from typing import NamedTuple

import jsonschema
import jsonschema_rs
import pytest
from yamllint import linter
from yamllint.config import YamlLintConfig

from service.cli.benches.corpus import Mutant, named_mutants
from taxonomy_schema.parse import ParsedLeaf
from taxonomy_schema.parse_rules import PARSE_RULES
from taxonomy_schema.policy import Policy
from taxonomy_schema.rules import ALL_RULES, check
from taxonomy_schema.schema import schema
from taxonomy_schema.schema_glance import look_for
from tests.taxonomy_schema.leaves import from_example
from tests.taxonomy_schema.peer import CONFIG, Said, verdict

COUNT = 2000
LINTED = 400
"""The peer's linter looks at a hundred leaves a second: at so many of them, and at all with one of these faults."""
STYLE_FAULTS = {"space at a line's end", "no end of line at the end", "a key repeated", "an alias of nothing"}

STRICTER = {
    "GL105": "a key twice, which they see only where they lint",
    "GL106": "an alias, a tag or a second document where they do not lint",
    "GL107": "a file with nothing in it, which they only warn of",
    "GL122": "white space at an end, where they do not lint",
    "GL123": "a key beside question and answer",
    "GL125": "contexts in some seeds only",
    "GL126": "a grounded folder without contexts",
    "GL141": "a last line without its end, where they do not lint",
    "GL302": "a seed twice but for case and spaces",
    "GL304": "a text of white space",
    "GL114": "a tab in plain text, which they stop at",
    "GL402": "a repository that cannot be fetched from",
    "GL401": "a commit that is none",
    "GL403": "a pattern that leaves the repository",
}
"""Every rule for which we refuse a leaf that they let pass."""

STYLE = {
    "trailing-spaces": "GL122",
    "new-line-at-end-of-file": "GL141",
    "new-lines": "GL142",
    "empty-lines": "GL143",
    "braces": "GL144",
    "brackets": "GL144",
    "commas": "GL145",
    "colons": "GL146",
    "hyphens": "GL147",
    "indentation": "GL148",
    "key-duplicates": "GL105",
    "anchors": "GL106",
}
"""What the linter's rules are called here."""
PARSE_CODES = {rule.code for rule in PARSE_RULES if rule.code < "GL108"}


class Judged(NamedTuple):
    mutant: Mutant
    theirs: list[Said]
    ours: ParsedLeaf
    linted: bool


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> list[Judged]:
    folder = tmp_path_factory.mktemp("peer")
    shipped = [from_example(rule.good) for rule in ALL_RULES if rule.good is not None]
    every = []
    for number, mutant in enumerate(named_mutants(COUNT, 7, leaves=shipped)):
        lint = number < LINTED or not STYLE_FAULTS.isdisjoint(mutant.changes)
        every.append(Judged(mutant, verdict(mutant.files, folder, lint=lint), check(mutant.files), lint))
    return every


def as_good(said: Said, ours: ParsedLeaf) -> bool:
    if (
        "Minimum supported version" in said.message or "Cannot load schema" in said.message
    ):  # always told of line 1, wherever the version stands
        return any(finding.code == "GL112" for finding in ours.errors)
    lines = {finding.place.line for finding in ours.errors}
    last = ours.source.lines.last
    return any(
        line == said.line or said.first <= line <= said.last or line == last < said.line for line in lines
    )


def test_what_the_peer_refuses_is_refused_on_the_same_line_or_a_better_one(judged: list[Judged]) -> None:
    worse = []
    for mutant, theirs, ours, _ in judged:
        # What cannot be read for sure is not judged further, until it is mended; one of theirs is met even so.
        unread = any(finding.code in PARSE_CODES for finding in ours.errors)
        met = [as_good(said, ours) for said in theirs]
        if theirs and not (all(met) or (unread and any(met))):
            worse.append((mutant.changes, [said for said, good in zip(theirs, met, strict=True) if not good]))

    assert worse == []
    assert sum(bool(each.theirs) for each in judged) > COUNT // 5


def test_what_only_we_refuse_is_refused_by_a_named_rule(judged: list[Judged]) -> None:
    only_ours = [each for each in judged if not each.theirs and not each.ours.ok]
    unnamed = [
        (each.mutant.changes, finding)
        for each in only_ours
        for finding in each.ours.errors
        if finding.code not in STRICTER
    ]

    assert unnamed == []


def test_style_is_judged_as_the_linter_judges_it(judged: list[Judged]) -> None:
    wrong = []
    for mutant, _, ours, linted in judged:
        if not linted or ours.source.yaml.node is None or ours.source.lines.odd:
            continue
        # Comments that switch the linter off are not obeyed here.
        text = (mutant.files.qna or b"").decode().replace("yamllint disable", "yamllint-disable")
        every = list(linter.run(text, CONFIG))
        if any(each.rule is None for each in every):
            continue  # no YAML to the linter; where that is told is the first test's
        problems = [each for each in every if each.rule in STYLE]
        theirs = {(STYLE[each.rule], each.line) for each in problems}
        mine = {(found.code, found.place.line) for found in ours.findings if found.code in STYLE.values()}
        mine = {each for each in mine if each[0] != "GL106" or each in theirs}  # also says other things
        if theirs != mine and len(theirs) < 20:
            wrong.append((mutant.changes, sorted(theirs - mine), sorted(mine - theirs)))
        grave = {(STYLE[each.rule], each.line) for each in problems if each.level == "error"}
        errors = {(found.code, found.place.line) for found in ours.errors}
        # InstructLab reads files with Python's line ends, and so never shows its linter any other.
        data = ours.source.yaml.data
        if (
            isinstance(data, dict)
            and data.get("version", 1) != 1
            and not {e for e in grave if e[0] != "GL142"} <= errors
        ):
            wrong.append((mutant.changes, sorted(grave - errors), []))

    assert wrong == []


@pytest.mark.parametrize(("most", "least"), [(120, 0), (60, LINTED // 2)])
def test_the_first_long_line_is_the_linters(judged: list[Judged], most: int, least: int) -> None:
    # The profile as it is but for the number: it says 80, and the peer switches the rule off.
    rule = f"{{max: {most}, level: warning, allow-non-breakable-inline-mappings: true}}"
    config = YamlLintConfig(f"{{extends: relaxed, rules: {{line-length: {rule}}}}}")
    long = 0
    for mutant, _, ours, linted in judged:
        if not linted or ours.source.yaml.node is None or ours.source.lines.odd:
            continue
        text = (mutant.files.qna or b"").decode().replace("yamllint disable", "yamllint-disable")
        every = list(linter.run(text, config))
        if any(each.rule is None for each in every):
            continue
        theirs = [each.line for each in every if each.rule == "line-length"]
        said = check(mutant.files._replace(qna=text.encode()), Policy(line_characters=most)).findings
        long += bool(theirs)
        assert [one.place.line for one in said if one.code == "GL149"] == theirs[:1], mutant.changes

    assert long >= least


@pytest.mark.parametrize("knowledge", [True, False], ids=["knowledge", "skills"])
def test_schemas_say_the_same_to_both_validators(judged: list[Judged], knowledge: bool) -> None:
    names = ["knowledge-v3"] if knowledge else ["skill-v1", "skill-v2", "skill-v3"]
    every = [
        (
            name,
            jsonschema.Draft202012Validator(schema(name)),
            jsonschema_rs.Draft202012Validator(schema(name)),
        )
        for name in names
    ]
    seen = {True: 0, False: 0}
    at_a_glance = 0
    for mutant, _, ours, _ in judged:
        data = ours.source.yaml.data
        if data is None or ours.source.yaml.odd or mutant.files.id.startswith("knowledge/") != knowledge:
            continue
        for name, slow, quick in every:
            valid = quick.is_valid(data)
            seen[valid] += 1
            assert slow.is_valid(data) == valid, mutant.changes
            sure = look_for(schema(name))(data)
            at_a_glance += sure
            assert valid or not sure, mutant.changes

    assert min(seen.values()) > 50
    assert at_a_glance > 0.9 * seen[True]  # it spares most leaves the validator
