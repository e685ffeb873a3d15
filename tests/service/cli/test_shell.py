"""lint --fix, fmt, diff, explain, new and completion as somebody at a shell uses them."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from service.cli import new as new_command
from service.cli.completion import completion
from service.cli.diff import diff
from service.cli.explain import codes, explain
from service.cli.fmt import fmt
from service.cli.lint import lint
from service.cli.new import new
from taxonomy_schema.errors import TreeError
from taxonomy_schema.parse_rules import ATTRIBUTION
from taxonomy_schema.rewrite import rewrite
from taxonomy_schema.rules import ALL_RULES
from tests.taxonomy_schema.leaves import SKILL, SKILL_ID, Repository

QNA = f"{SKILL_ID}/qna.yaml"
MENDED = SKILL.replace("It is lighter than water.", '"Yes"')
BAD = MENDED.replace("created_by", "creatd_by").replace('"Yes"', "Yes")

app = typer.Typer()
for command in (lint, fmt, diff, explain, new, completion):
    app.command(command.__name__)(command)


def graft(*arguments: str, colour: bool = False, said: str | None = None) -> Result:
    environment = {"COLUMNS": "80", "NO_COLOR": "" if colour else "1", "FORCE_COLOR": "1" if colour else ""}
    return CliRunner(env=environment).invoke(app, arguments, input=said)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    made = Repository(tmp_path / "taxonomy")
    made.leaf(SKILL_ID, BAD)
    made.commit()
    monkeypatch.chdir(made.folder)
    return made


def test_fix_writes_what_diff_shows(repository: Repository) -> None:
    path = repository.folder / QNA
    path.chmod(0o640)
    shown = graft("lint", "--diff", colour=True)
    assert path.read_text() == BAD
    done = graft("lint", "--fix")

    assert shown.exit_code == 1
    assert f"--- a/{QNA}" in shown.stdout
    assert "+created_by: ada" in shown.stdout
    assert "\x1b[3" in shown.stdout
    assert done.exit_code == 0
    assert f"mended {QNA}:2: GL108" in done.stdout
    assert path.read_text() == MENDED
    assert path.stat().st_mode & 0o777 == 0o640
    assert [one.name for one in path.parent.iterdir() if one.name.startswith(".")] == []
    assert graft("lint", "--diff").exit_code == 0


def test_fix_keeps_standard_output_for_programs(repository: Repository) -> None:
    done = graft("lint", "--fix", "--format", "json")

    assert json.loads(done.stdout)["findings"] == []
    assert "mended" in done.stderr


def test_fix_renames_a_misnamed_file_through_git_and_never_over_another(repository: Repository) -> None:
    repository.git("mv", QNA, f"{SKILL_ID}/qna.yml")
    repository.leaf("compositional_skills/writing/other")
    repository.write("compositional_skills/writing/other/qna.yml", "mine")
    repository.commit()

    done = graft("lint", "--fix")

    assert f"mended {SKILL_ID}/qna.yml: renamed to qna.yaml" in done.stdout
    assert repository.git("status", "--short").splitlines()[0].startswith("R")
    assert (repository.folder / QNA).read_text() == MENDED
    assert (repository.folder / "compositional_skills/writing/other/qna.yml").read_text() == "mine"


def test_commits_cannot_be_mended(repository: Repository) -> None:
    done = graft("lint", "--fix", "HEAD~1..HEAD")

    assert done.exit_code == 2
    assert "Check out the branch" in done.stderr


def test_a_file_that_changed_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    file = tmp_path / "qna.yaml"
    file.write_bytes(b"newer")

    with pytest.raises(TreeError, match="left alone"):
        rewrite(file, b"older", b"mended")
    assert file.read_bytes() == b"newer"


def test_both_files_of_a_leaf_are_one_leaf(repository: Repository) -> None:
    done = graft("lint", QNA, f"{SKILL_ID}/attribution.txt")

    assert "in 1 leaf." in done.stdout


def test_fmt_checks_shows_and_writes(repository: Repository) -> None:
    text = SKILL.replace("version: 3\n", "") + "version: 3\n"
    repository.write(QNA, text)

    checked, shown = graft("fmt", "--check"), graft("fmt", "--diff")
    assert (repository.folder / QNA).read_text() == text
    done, again = graft("fmt"), graft("fmt", "--check")

    assert [one.exit_code for one in (checked, shown, done, again)] == [1, 1, 0, 0]
    assert shown.stdout.startswith(f"--- a/{QNA}")
    assert (repository.folder / QNA).read_text() == SKILL


def test_fmt_says_what_it_leaves_alone(repository: Repository) -> None:
    repository.write(QNA, "a: [")

    done = graft("fmt")

    assert done.exit_code == 1
    assert f"left alone {QNA}:" in done.stderr


def test_diff_tells_leaf_by_leaf(repository: Repository) -> None:
    repository.write(QNA, SKILL)
    repository.commit()
    repository.write(QNA, SKILL.replace("To be", "").replace("Why do we sleep?", "Why do cats sleep?"))
    repository.write(f"{SKILL_ID}/attribution.txt", ATTRIBUTION.replace("Ada Example", "Bob"))
    repository.commit()

    told, as_json = graft("diff", "HEAD~1.."), graft("diff", "HEAD~1..HEAD", "--json")

    assert told.stdout.splitlines() == [
        f"~ changed {SKILL_ID}",
        "    ~ seed “Why do cats sleep?” (question)",
        "    ~ attribution: creators: “Ada Example” -> “Bob”",
        "1 leaf: 0 added, 0 removed, 1 changed, 0 moved.",
    ]
    assert json.loads(as_json.stdout)["leaves"][0]["seeds"][0]["status"] == "changed"
    assert graft("diff", "HEAD").exit_code == 2


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.code)
def test_every_code_is_explained(rule: type) -> None:
    done = graft("explain", rule.code.lower())  # type: ignore[attr-defined]

    assert done.exit_code == 0
    assert rule.title in done.stdout  # type: ignore[attr-defined]


def test_a_word_finds_its_rules_and_a_slip_the_code_that_was_meant() -> None:
    assert len(graft("explain").stdout.splitlines()) == len(ALL_RULES)
    assert "GL104" in graft("explain", "tab").stdout
    slip = graft("explain", "GL11O")
    assert slip.exit_code == 2
    assert "Did you mean GL110?" in slip.stderr
    assert ("GL104", "A tab is used for indentation") in codes("gl10")


def test_new_asks_for_what_is_missing(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(new_command, "is_somebody_there", lambda: True)
    said = f"x\nknow\nbirds/wren\nada\nhttps://github.com/ada/wren\nmain\n{'a' * 40}\n"

    done = graft("new", said=said)

    assert done.exit_code == 0
    text = (repository.folder / "knowledge/birds/wren/qna.yaml").read_text()
    assert "a" * 40 in text
    assert "https://github.com/ada/wren" in text
    assert "One of knowledge, grounded, freeform." in done.stderr


def test_new_takes_all_from_flags_and_says_which_is_missing(repository: Repository) -> None:
    done = graft("new", "minutes/decisions", "--kind", "grounded", "--author", "ada")
    missing = graft("new", "knowledge/birds/wren")

    assert done.exit_code == 0
    assert (repository.folder / "compositional_skills/grounded/minutes/decisions/qna.yaml").exists()
    assert missing.exit_code == 2
    assert "--author" in missing.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_is_printed(shell: str) -> None:
    assert "_GRAFT_COMPLETE" in graft("completion", shell).stdout
