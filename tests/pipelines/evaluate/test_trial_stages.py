"""`evaluate` for trials: seeds alone and told, and one prompt."""

from pathlib import Path
from typing import Any

import pytest

from pipelines.artifacts import ExamItem, ExamReport, Exams, LeafEntry, LeafSet
from pipelines.chat import ChatTokenizer
from pipelines.errors import BadContribution
from pipelines.evaluate import language_model
from pipelines.evaluate.asking import portions
from pipelines.evaluate.config import EvaluateConfig
from pipelines.evaluate.seeds import told
from pipelines.evaluate.stage import run
from pipelines.models import resolve_model
from pipelines.provenance import code_version
from pipelines.runs import InputRef, Place, RunDir, StageSpec
from pipelines.trials import Reply
from taxonomy_schema.models import Kind, Leaf, Seed


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


def leaf(leaf_id: str) -> Leaf:
    seeds = tuple(
        Seed(question=f"What is {leaf_id} {n}?", answer=f"It is {n}.", context=None, group=n)
        for n in range(5)
    )
    return Leaf(id=leaf_id, kind=Kind.FREEFORM, version=3, created_by="ada", seeds=seeds)


def collected(folder: Path, *, contributed: bool = True, one: Leaf | None = None) -> Path:
    """One leaf that is contributed and two others; of each, two of five seeds are put aside."""
    folder.mkdir(parents=True)
    leaves = {one or leaf("skills/new"): contributed, leaf("skills/a"): False, leaf("skills/b"): False}
    items = [ExamItem.of(one, seed, contributed=new) for one, new in leaves.items() for seed in one.seeds[3:]]
    entries = tuple(
        LeafEntry(leaf=one.model_copy(update={"seeds": one.seeds[:3]}), contributed=new)
        for one, new in leaves.items()
    )
    (folder / Exams.file).write_text(Exams(items=tuple(items)).model_dump_json())
    (folder / LeafSet.file).write_text(LeafSet(entries=entries).model_dump_json())
    return folder


def make_run(folder: Path, home: Path, inputs: dict[str, Path], **settings: Any) -> RunDir:
    config = EvaluateConfig.model_validate({"model": "tiny:1", "answer_tokens": 4, **settings})
    spec = StageSpec(
        stage="evaluate",
        config=config.model_dump(mode="json"),
        inputs={role: InputRef(path=str(path), digest="0" * 64) for role, path in inputs.items()},
        code_version=code_version("evaluate"),
    )
    return RunDir.create(folder / "run", spec, Place(models=home / "models", leaves=home / "leaves"))


def test_all_seeds_of_the_contribution_are_asked_alone_and_told(tmp_path: Path, home: Path) -> None:
    leafset = collected(tmp_path / "collected")
    run_dir = make_run(tmp_path, home, {"leafset": leafset}, seeds=True, max_answers=4)
    run(run_dir)
    report = ExamReport.load(run_dir.path)
    assert {score.leaf_id for score in report.scores} == {"skills/new"}
    assert len({score.item_id for score in report.scores}) == len(report.scores) == 5
    assert [score.item_id for score in report.told] == [score.item_id for score in report.scores]
    assert all(
        one.log_likelihood != other.log_likelihood
        for one, other in zip(report.scores, report.told, strict=True)
    )
    assert len(report.answers) == 4


def test_a_skill_is_told_by_two_of_its_other_seeds_and_knowledge_by_its_context() -> None:
    skill = leaf("skills/new")
    items = [ExamItem.of(skill, seed, contributed=True) for seed in skill.seeds]
    said = told(items[4], items)
    assert [message.content for message in said] == [
        items[0].question,
        items[0].answer,
        items[1].question,
        items[1].answer,
        items[4].question,
    ]
    known = items[0].model_copy(update={"kind": Kind.KNOWLEDGE, "context": "Birds sing."})
    assert [message.content for message in told(known, [known])] == [f"Birds sing.\n\n{known.question}"]


def test_a_seed_that_cannot_be_told_for_its_length_is_scored_alone(tmp_path: Path, home: Path) -> None:
    long = leaf("skills/new")
    seeds = tuple(seed.model_copy(update={"question": seed.question + "x" * 1500}) for seed in long.seeds)
    leafset = collected(tmp_path / "collected", one=long.model_copy(update={"seeds": seeds}))
    run_dir = make_run(tmp_path, home, {"leafset": leafset}, seeds=True, max_answers=1)
    run(run_dir)
    report = ExamReport.load(run_dir.path)
    assert (len(report.scores), report.told) == (5, ())


def test_what_a_precheck_has_scored_the_exam_need_not_score_again(tmp_path: Path, home: Path) -> None:
    leafset = collected(tmp_path / "collected")
    run(make_run(tmp_path / "precheck", home, {"leafset": leafset}, seeds=True))
    manifest = run(make_run(tmp_path / "exam", home, {"exams": leafset}))
    others = 4
    assert manifest.summary["scored"] == others


def test_a_commit_without_a_leaf_has_no_seeds_to_ask(tmp_path: Path, home: Path) -> None:
    leafset = collected(tmp_path / "collected", contributed=False)
    with pytest.raises(BadContribution) as caught:
        run(make_run(tmp_path, home, {"leafset": leafset}, seeds=True))
    assert caught.value.code == "nothing_contributed"


def test_one_prompt_is_answered_and_a_cut_answer_says_so(tmp_path: Path, home: Path) -> None:
    run_dir = make_run(tmp_path, home, {}, prompt="What sings?")
    run(run_dir)
    paper = Reply.load(run_dir.path)
    assert paper.prompt == "What sings?"
    assert paper.cut


def test_a_model_that_has_said_all_is_not_cut(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = ChatTokenizer.load(resolve_model("tiny:1", home / "models"))
    ended = chat.tokenizer.token_to_id(chat.special["eos_token"]) or 0

    def say(self: Any, prompts: Any, tokens: int) -> list[list[int]]:
        return [[72] * (tokens - 1) + [ended]]

    monkeypatch.setattr(language_model.LanguageModel, "answers", say)
    run_dir = make_run(tmp_path, home, {}, prompt="What sings?")
    run(run_dir)
    assert not Reply.load(run_dir.path).cut


def test_a_prompt_that_leaves_no_room_is_refused(tmp_path: Path, home: Path) -> None:
    with pytest.raises(BadContribution) as caught:
        run(make_run(tmp_path, home, {}, prompt="x" * 50_000))
    assert caught.value.code == "prompt_too_long"


def test_portions_hold_every_prompt_once_and_keep_to_their_size() -> None:
    prompts = {str(n): range(n) for n in (5, 90, 7, 30, 400)}
    cut = portions(prompts, 10, 100)
    assert sorted(key for portion in cut for key in portion) == sorted(prompts)
    assert all(
        len(portion) == 1 or max(len(prompts[key]) + 10 for key in portion) * len(portion) <= 100
        for portion in cut
    )
    assert len(cut) < len(prompts)
