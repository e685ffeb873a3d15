import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from service.cli.lint import lint
from service.cli.lint_plain import lint_plain
from service.cli.new import new
from tests.taxonomy_schema.leaves import KNOWLEDGE, KNOWLEDGE_ID, SKILL, SKILL_ID, Repository

HEAVY = (
    "torch",
    "vllm",
    "deepspeed",
    "transformers",
    "fastapi",
    "celery",
    "github",
    "sqlalchemy",
    "rich",
    "pydantic",
    "jsonschema",
    "ruamel",
)

app = typer.Typer()
app.command()(lint)
app.command()(new)


def graft(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "80"}).invoke(app, arguments)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    made = Repository(tmp_path / "taxonomy")
    made.leaf(SKILL_ID)
    made.commit()
    monkeypatch.chdir(made.folder)
    return made


@pytest.fixture
def faulty(repository: Repository) -> Repository:
    repository.write(f"{SKILL_ID}/qna.yaml", SKILL.replace("It is lighter than water.", "Yes"))
    repository.commit()
    return repository


def test_a_good_taxonomy_is_fine(repository: Repository) -> None:
    result = graft("lint")

    assert result.exit_code == 0
    assert result.stdout == "0 errors, 0 hints in 1 leaf.\n"


def test_an_error_shows_its_line_a_caret_and_a_mend(faulty: Repository) -> None:
    result = graft("lint", SKILL_ID)

    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0].startswith(f"{SKILL_ID}/qna.yaml:12:13 error GL110 ")
    assert lines[1] == "   12 |     answer: Yes"
    assert lines[2] == "      |             ^^^"
    assert lines[3].startswith('      = mend: Put it in quotes: “answer: "Yes"”')
    assert lines[-1] == "1 error, 0 hints in 1 leaf."


def test_a_hint_alone_does_not_fail(repository: Repository) -> None:
    repository.write(f"{SKILL_ID}/qna.yaml", SKILL.replace("version: 3", "version: 2"))

    result = graft("lint", f"{SKILL_ID}/qna.yaml")

    assert result.exit_code == 0
    assert "hint GL121" in result.stdout


def test_a_range_checks_what_changed(faulty: Repository) -> None:
    result = graft("lint", "HEAD~1..HEAD")

    assert result.exit_code == 1
    assert "   12 |     answer: Yes" in result.stdout
    assert graft("lint", "HEAD..HEAD").stdout == "0 errors, 0 hints in 0 leaves.\n"


def test_control_characters_of_a_leaf_never_reach_the_terminal(repository: Repository) -> None:
    repository.write(f"{SKILL_ID}/qna.yaml", SKILL.replace("Yeast", "\x1b]0;title\x07Yeast"))

    result = graft("lint")

    assert result.exit_code == 1
    assert "GL103" in result.stdout
    assert "\x1b" not in result.stdout
    assert "\x07" not in result.stdout


def test_every_format_tells_the_same_finding(faulty: Repository) -> None:
    written = {name: graft("lint", "--format", name) for name in ("json", "github", "sarif")}

    assert {result.exit_code for result in written.values()} == {1}
    assert json.loads(written["json"].stdout)["findings"][0]["code"] == "GL110"
    assert written["github"].stdout.startswith(
        f"::error file={SKILL_ID}/qna.yaml,line=12,col=13,title=GL110::"
    )
    assert json.loads(written["sarif"].stdout)["runs"][0]["results"][0]["ruleId"] == "GL110"


@pytest.mark.parametrize("target", ["nowhere", "..nowhere", "nothing..HEAD", "/etc", "/etc/passwd"])
def test_wrong_use_says_what_to_do(repository: Repository, target: str) -> None:
    result = graft("lint", target)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.strip()


def test_the_policy_is_linted_by_its_name(repository: Repository) -> None:
    file = repository.folder / ".graft.yaml"
    file.write_text("trusted_authors: []\nbudget_minuts: 60\n")
    result = graft("lint", str(file))
    assert result.exit_code == 1
    assert ".graft.yaml:2:1" in result.output
    assert "Did you mean budget_minutes?" in result.output
    file.write_text("budget_minutes: 60\n")
    assert graft("lint", str(file)).exit_code == 0


def test_a_new_leaf_passes_lint(repository: Repository) -> None:
    made = graft("new", "knowledge/birds/wren", "--author", "ada")
    result = graft("lint", "knowledge")

    assert made.exit_code == 0
    assert (repository.folder / "knowledge/birds/wren/attribution.txt").exists()
    assert result.exit_code == 0
    assert "hint GL305" in result.stdout


def test_a_new_leaf_is_not_written_over_another(repository: Repository) -> None:
    result = graft("new", SKILL_ID, "--author", "ada")

    assert result.exit_code == 2
    assert "already there" in result.stderr
    assert (repository.folder / SKILL_ID / "qna.yaml").read_text() == SKILL


def test_lint_loads_nothing_heavy() -> None:
    script = (
        "import sys, types, pathlib; package = types.ModuleType('service.cli');"
        "package.__path__ = [str(pathlib.Path('service/cli').resolve())]; sys.modules['service.cli'] = package;"
        "import service.cli.lint, service.cli.new;"
        f"print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    root = Path(__file__).parents[3]

    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=root
    )

    assert done.stdout.strip() == "[]"


def test_without_options_the_shortest_way_says_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Repository(tmp_path / "taxonomy").leaf(SKILL_ID, SKILL.replace("ada", "5", 1))
    target = str(tmp_path / "taxonomy" / SKILL_ID)

    assert lint_plain(target) == 1

    written = capsys.readouterr().out
    assert written == graft("lint", target).stdout
    script = [sys.executable, "-c", "from service.cli.main import main; main()", "lint", target]
    ended = subprocess.run(script, capture_output=True, text=True, check=False)
    assert (ended.stdout, ended.stderr, ended.returncode) == (written, "", 1)
    assert lint_plain(str(tmp_path / "nowhere")) == 2
    assert "neither a path nor a range" in capsys.readouterr().err


def test_what_is_remembered_is_shown_as_it_was_found_in_every_format(
    faulty: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    for name in ("one", "two"):  # the same: each has a hint beside the other
        faulty.leaf(f"{SKILL_ID}_{name}", SKILL)
    faulty.write("knowledge/stray.txt", "alone\n")
    faulty.commit()

    for output in ("text", "json", "sarif"):
        afresh, first, again = (
            graft("lint", "--format", output, *more) for more in (("--no-cache",), (), ())
        )
        assert "GL601" in afresh.stdout
        assert "stray.txt" in afresh.stdout
        assert first.stdout == again.stdout == afresh.stdout
        assert first.exit_code == again.exit_code == afresh.exit_code == 1


def loaded_by_a_lint(target: str, **environment: str) -> list[str]:
    """The modules that `graft lint TARGET` loads."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "from service.cli.main import main; main()", "lint", target],
        capture_output=True, text=True, check=True, env=os.environ | environment,
    )  # fmt: skip
    return [line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()]


HEAVIER_THAN_A_LEAF = {
    "pydantic", "typer", "rich", "jsonschema", "jsonschema_rs", "numpy", "license_expression", "detect_secrets",
    "dataclasses", "inspect", "logging", "socket", "email", "multiprocessing",
}  # fmt: skip


def test_a_lint_of_one_leaf_loads_neither_models_nor_an_option_parser(tmp_path: Path) -> None:
    Repository(tmp_path / "taxonomy").leaf(SKILL_ID)

    modules = loaded_by_a_lint(str(tmp_path / "taxonomy" / SKILL_ID))

    assert "taxonomy_schema.parse" in modules
    tops = {name.split(".")[0] for name in modules}
    assert tops & (HEAVIER_THAN_A_LEAF | {"subprocess", "sqlite3"}) == set()


def test_a_second_look_at_a_taxonomy_loads_little_more_than_the_rules(
    repository: Repository, tmp_path: Path
) -> None:
    caches = str(tmp_path / "caches")
    loaded_by_a_lint(str(repository.folder), XDG_CACHE_HOME=caches)
    repository.write(f"{SKILL_ID}/qna.yaml", f"{SKILL}# once more\n")

    modules = loaded_by_a_lint(str(repository.folder), XDG_CACHE_HOME=caches)

    assert {"taxonomy_schema.parse", "sqlite3"} <= set(modules)
    assert {name.split(".")[0] for name in modules} & HEAVIER_THAN_A_LEAF == set()


def test_a_taxonomy_is_judged_by_its_own_policy(repository: Repository) -> None:
    repository.write(f"{SKILL_ID}/qna.yaml", SKILL.replace("version: 3", "version: 2"))
    assert graft("lint").exit_code == 0

    repository.write(".graft.yaml", "rules:\n  raise: [GL121]\n")
    result = graft("lint")
    assert result.exit_code == 1
    assert "error GL121" in result.stdout
    assert graft("lint", SKILL_ID).exit_code == 1

    repository.write(".graft.yaml", "rules:\n  raise: [GL999]\n")
    result = graft("lint")
    assert result.exit_code == 1
    assert ".graft.yaml:2" in result.stdout


def test_a_change_is_judged_by_the_policy_it_started_from(repository: Repository) -> None:
    repository.write(".graft.yaml", "rules:\n  raise: [GL121]\n")
    base = repository.commit()
    repository.write(".graft.yaml", "")
    repository.write(f"{SKILL_ID}/qna.yaml", SKILL.replace("version: 3", "version: 2"))
    head = repository.commit()

    assert "error GL121" in graft("lint", f"{base}..{head}").stdout


def test_what_a_benchmark_asks_is_found_in_leaves(repository: Repository, tmp_path: Path) -> None:
    asked = (
        "Which of these birds stores seeds in the bark of trees and finds them again in the winter months?"
    )
    (tmp_path / "gsm8k").mkdir()
    (tmp_path / "gsm8k" / "test.jsonl").write_text(json.dumps({"question": asked, "answer": "1"}) + "\n")
    repository.write(f"{SKILL_ID}/qna.yaml", SKILL.replace("Why does ice float?", asked))

    for target in (".", SKILL_ID):
        result = graft("lint", target, "--benchmarks", str(tmp_path))
        assert "GL603" in result.stdout
    assert "GL603" not in graft("lint").stdout
    (tmp_path / "gsm8k" / "test.jsonl").write_text("{")
    assert graft("lint", "--benchmarks", str(tmp_path)).exit_code == 2


def test_a_leaf_is_held_against_a_clone_of_its_document(repository: Repository, tmp_path: Path) -> None:
    document = Repository(tmp_path / "hills")
    document.write("vales.md", "# Vales\n\nNothing grows here.\n")
    commit = document.commit()
    pinned = KNOWLEDGE.replace("0123456789abcdef0123456789abcdef01234567", commit)
    base = repository.commit()
    repository.leaf(KNOWLEDGE_ID, pinned)
    head = repository.commit()

    for target in (".", KNOWLEDGE_ID, f"{base}..{head}"):
        result = graft("lint", target, "--documents", str(document.folder))
        assert result.exit_code == 1
        assert f"{KNOWLEDGE_ID}/qna.yaml:9:7 error GL409" in result.stdout
        assert "- hills.md" in result.stdout
    assert graft("lint").exit_code == 0

    repository.leaf(KNOWLEDGE_ID, KNOWLEDGE)
    unknown = graft("lint", "--documents", str(document.folder))
    assert unknown.exit_code == 0
    assert "no clone here has its document's commit" in unknown.stderr
    assert graft("lint", "--documents", str(repository.folder / "knowledge")).exit_code == 2


def test_several_targets_show_the_lines_that_are_meant(repository: Repository) -> None:
    other = "compositional_skills/writing/long"
    for leaf in (SKILL_ID, other):
        repository.leaf(leaf, SKILL.replace("created_by: ada", "created_by: 5"))

    shown = graft("lint", SKILL_ID, other).stdout

    assert shown.count("2 | created_by: 5") == 2
