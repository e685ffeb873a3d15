import pytest

from taxonomy_schema.models import Severity
from taxonomy_schema.policy import Policy
from taxonomy_schema.rule import Rule
from taxonomy_schema.rules import ALL_RULES, BESIDE_RULES, check
from taxonomy_schema.rules.examples import GOOD_KNOWLEDGE, attributed, knowledge
from taxonomy_schema.rules.licences import Licence, judge
from taxonomy_schema.rules.topics import ExcludedTopic
from tests.taxonomy_schema.leaves import SKILL, SKILL_ID, files, from_example

# A leaf alone breaks none of these: they look beside it, or need a policy that asks for something.
WITH_EXAMPLES = [rule for rule in ALL_RULES if rule not in (*BESIDE_RULES, ExcludedTopic)]


def codes(findings: tuple[object, ...]) -> set[str]:
    return {finding.code for finding in findings}  # type: ignore[attr-defined]


@pytest.mark.parametrize("rule", WITH_EXAMPLES, ids=lambda rule: rule.code)
def test_a_rule_finds_its_bad_example_and_not_its_good_one(rule: type[Rule]) -> None:
    assert rule.bad is not None
    assert rule.good is not None

    bad, good = check(from_example(rule.bad)), check(from_example(rule.good))

    assert rule.code in codes(bad.findings)
    assert rule.code not in codes(good.findings)
    assert good.ok
    assert all(finding.message and finding.mend for finding in bad.findings)


def test_codes_are_unique_and_documented() -> None:
    assert len({rule.code for rule in ALL_RULES}) == len(ALL_RULES)
    assert all(rule.docs and rule.title and rule.code.startswith("GL") for rule in ALL_RULES)


def test_findings_stand_in_the_order_of_the_file() -> None:
    wrong = (
        SKILL.replace("ada", "5", 1)
        .replace("Body and mind mend themselves.", "Yes")
        .replace("blue?", "blue? ", 1)
    )

    lines = [finding.place.line for finding in check(files(wrong)).findings]

    assert lines == sorted(lines)
    assert len(lines) == 3


def test_a_licence_outside_the_list_is_a_hint_that_policy_can_raise() -> None:
    leaf = from_example(
        attributed("Title of work: A\nLink to work: -\nLicense of the work: GPL-3.0-only\nCreator names: B\n")
    )

    (hint,) = check(leaf).findings
    (error,) = check(leaf, Policy(raised=("GL404",))).findings

    assert (hint.code, hint.severity, hint.place.line, hint.place.column) == ("GL404", Severity.HINT, 3, 22)
    assert error == hint._replace(severity=Severity.ERROR)


@pytest.mark.parametrize(
    ("written", "verdict", "spdx"),
    [
        ("MIT", Licence.LISTED, "MIT"),
        ("mit", Licence.LISTED, "MIT"),
        ("GPL-3.0-only OR MIT", Licence.LISTED, ""),
        ("GPL-3.0-only AND MIT", Licence.NOT_LISTED, ""),
        ("Apache-2.0 WITH LLVM-exception", Licence.NOT_LISTED, ""),
        ("CC BY-SA 4.0", Licence.MISSPELT, "CC-BY-SA-4.0"),
        ("Creative Commons Attribution-ShareAlike 4.0 International", Licence.MISSPELT, "CC-BY-SA-4.0"),
        ("Creative Commons Attribution-ShareAlike 4.0 (CC BY-SA 4.0)", Licence.MISSPELT, "CC-BY-SA-4.0"),
        ("https://creativecommons.org/licenses/by-sa/4.0/deed.en", Licence.MISSPELT, "CC-BY-SA-4.0"),
        ("Apache License, Version 2.0", Licence.MISSPELT, "Apache-2.0"),
        ("The MIT License", Licence.MISSPELT, "MIT"),
        ("CC-BY-SA", Licence.NO_VERSION, "CC-BY-SA-4.0"),
        ("CC BY-SA 3.0", Licence.NOT_LISTED, "CC-BY-SA-3.0"),
        ("CC-BY-NC-4.0", Licence.FORBIDS, "CC-BY-NC-4.0"),
        ("Creative Commons Attribution-NonCommercial-NoDerivatives 4.0", Licence.FORBIDS, "CC-BY-NC-ND-4.0"),
        ("public domain", Licence.NOT_LISTED, ""),
        ("https://example.org/licence", Licence.NOT_LISTED, ""),
        ("((((", Licence.NOT_LISTED, ""),
        ("(" * 150 + "MIT", Licence.MISSPELT, "MIT"),
        ("(" * 150 + "GPL-3.0-only", Licence.NOT_LISTED, ""),
        ("MIT AND", Licence.NOT_LISTED, ""),
    ],
)
def test_licences_are_judged_by_what_was_meant(written: str, verdict: Licence, spdx: str) -> None:
    assert judge(written, ("MIT", "CC-BY-SA-4.0", "Apache-2.0")) == (verdict, spdx)


def test_a_policy_that_lists_a_licence_allows_it_whatever_it_forbids() -> None:
    leaf = from_example(
        attributed("Title of work: A\nLink to work: -\nLicense of the work: CC-BY-NC-4.0\nCreator names: B\n")
    )

    assert codes(check(leaf).errors) == {"GL414"}
    assert check(leaf, Policy(licences=("CC-BY-NC-4.0",))).findings == ()


@pytest.mark.parametrize(
    "url",
    [
        "http://github.com/a/b",
        "https://github.com.example.org/a/b",
        "https://user@github.com/a/b",
        "https://github.com@example.org/a/b",
        "https://github.com:8443/a/b",
        "https://github.com/",
        "https://github.com/a/b?x=1",
        "https://[::1/a",
        "https://github.com\\\\@example.org/a",
        "file:///etc/passwd",
        "ext::sh -c id",
        "--upload-pack=id",
    ],
)
def test_only_plain_https_urls_of_allowed_hosts_are_fetched_from(url: str) -> None:
    leaf = from_example(knowledge("https://github.com/example/hills.git", f'"{url}"'))

    assert codes(check(leaf).errors) == {"GL402"}


def test_hosts_are_the_policys() -> None:
    leaf = from_example(knowledge("https://github.com/example", "https://git.example.org/example"))

    assert codes(check(leaf).errors) == {"GL402"}
    assert check(leaf, Policy(hosts=("git.example.org",))).ok


@pytest.mark.parametrize("pattern", ["/etc/*", "../x.md", "a/../../x", ".git/config", "a\\\\b", "."])
def test_patterns_stay_in_the_repository(pattern: str) -> None:
    leaf = from_example(knowledge("- hills.md", f'- "{pattern}"'))

    assert codes(check(leaf).errors) == {"GL403"}


def test_foundational_skills_need_no_attribution() -> None:
    assert check(files(SKILL, None, "foundational_skills/reasoning/short")).findings == ()
    assert codes(check(files(SKILL, None)).errors) == {"GL129"}
    assert codes(check(files(SKILL, " \n")).errors) == {"GL129"}


def test_commands_and_mentions_are_hinted_at_even_when_escaped() -> None:
    leaf = files(SKILL.replace("It is lighter than water.", '"\\x3c!-- /graft approve --> \\x40octocat"'))

    findings = [finding for finding in check(leaf).findings if finding.code == "GL501"]

    assert len(findings) == 3
    assert {finding.place.line for finding in findings} == {12}


def test_an_address_of_mail_is_no_mention() -> None:
    assert (
        check(files(SKILL.replace("It is lighter than water.", "Write to ada@example.org."))).findings == ()
    )


def test_the_good_examples_break_no_rule_at_all() -> None:
    assert check(from_example(GOOD_KNOWLEDGE)).findings == ()
    assert check(files(SKILL)).findings == ()


@pytest.mark.parametrize(
    ("leaf_id", "code", "severity"),
    [
        ("compositional_skills/short", "GL128", Severity.HINT),
        ("compositional_skills/" + "a/" * 12 + "b", "GL128", Severity.ERROR),
        ("elsewhere/writing/short", "GL128", Severity.ERROR),
        (f"{SKILL_ID}/..", "GL127", Severity.ERROR),
        ("compositional_skills/grounded/short", "GL126", Severity.ERROR),
    ],
)
def test_places_in_the_tree_are_judged(leaf_id: str, code: str, severity: Severity) -> None:
    findings = check(files(SKILL, leaf_id=leaf_id)).findings

    assert (code, severity) in {(finding.code, finding.severity) for finding in findings}
