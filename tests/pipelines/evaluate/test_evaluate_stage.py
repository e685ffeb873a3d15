"""`evaluate` on tiny models: scores that are right, and never made twice."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from pipelines.artifacts import ExamReport
from pipelines.errors import WrongUse
from pipelines.evaluate import language_model
from pipelines.evaluate.stage import run
from pipelines.models import resolve_model
from tests.pipelines.evaluate.building import make_evaluate_run, make_item

ITEMS = [make_item(number) for number in range(9)]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


def by_hand(folder: Path, prompt: str, answer: str) -> float:
    """The answer's mean log-likelihood, token by token, from the plainest use of the model."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model: Any = AutoModelForCausalLM.from_pretrained(folder)
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    ids = tokenizer(prompt, add_special_tokens=False).input_ids
    total = 0.0
    meant = tokenizer(answer, add_special_tokens=False).input_ids
    for token in meant:
        logits = model(torch.tensor([ids])).logits[0, -1]
        total += torch.log_softmax(logits, -1)[token].item()
        ids.append(token)
    return total / len(meant)


def test_scores_are_those_of_the_plainest_computation(tmp_path: Path, home: Path) -> None:
    run_dir = make_evaluate_run(tmp_path, home, ITEMS)
    run(run_dir)
    report = ExamReport.load(run_dir.path)
    assert [score.item_id for score in report.scores] == [item.id for item in ITEMS]
    folder = resolve_model("tiny:1", home / "models")
    for number in (0, 7):
        prompt = f"<|im_start|>user\n{ITEMS[number].question}<|im_end|>\n<|im_start|>assistant\n"
        expected = by_hand(folder, prompt, ITEMS[number].answer)
        assert report.scores[number].log_likelihood == pytest.approx(expected, abs=1e-4)
        assert report.scores[number].tokens == len(ITEMS[number].answer)


def test_batching_does_not_change_a_score(tmp_path: Path) -> None:
    alone = make_evaluate_run(tmp_path / "alone", tmp_path / "home1", ITEMS, batch_tokens=1)
    together = make_evaluate_run(tmp_path / "together", tmp_path / "home2", ITEMS, batch_tokens=4096)
    run(alone)
    run(together)
    for one, other in zip(
        ExamReport.load(alone.path).scores, ExamReport.load(together.path).scores, strict=True
    ):
        assert one.log_likelihood == pytest.approx(other.log_likelihood, abs=2e-5)


def test_what_is_known_is_reused_without_loading_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    before = run(make_evaluate_run(tmp_path / "first", home, ITEMS))
    assert before.summary["scored"] == len(ITEMS)

    def refuse(*_: Any) -> None:
        raise AssertionError("the model was loaded although every score is known")

    monkeypatch.setattr(language_model.LanguageModel, "__init__", refuse)
    again = run(make_evaluate_run(tmp_path / "again", home, ITEMS))
    assert again.summary["reused"] == len(ITEMS)
    assert again.digest == before.digest


def test_only_a_new_item_is_scored_and_another_model_scores_all(tmp_path: Path, home: Path) -> None:
    run(make_evaluate_run(tmp_path / "first", home, ITEMS))
    more = run(make_evaluate_run(tmp_path / "more", home, [*ITEMS, make_item(50)]))
    assert more.summary["scored"] == 1
    other = run(make_evaluate_run(tmp_path / "other", home, ITEMS, model="tiny:2"))
    assert other.summary["scored"] == len(ITEMS)


def test_a_kept_score_that_lost_its_content_is_made_again(tmp_path: Path) -> None:
    home = tmp_path / "home"
    run(make_evaluate_run(tmp_path / "first", home, ITEMS))
    (torn,) = (home / "scores").rglob(f"{ITEMS[3].id}.json")
    torn.write_text("")
    assert run(make_evaluate_run(tmp_path / "again", home, ITEMS)).summary["scored"] == 1
    assert json.loads(torn.read_text())["tokens"] > 0


def test_contributed_items_are_answered_for_people_to_read(tmp_path: Path, home: Path) -> None:
    run_dir = make_evaluate_run(tmp_path, home, ITEMS, max_answers=2)
    run(run_dir)
    answers = ExamReport.load(run_dir.path).answers
    assert len(answers) == 2
    assert all(next(item for item in ITEMS if item.id == answer.item_id).contributed for answer in answers)


def test_no_exam_at_all_is_a_failure_that_says_so(tmp_path: Path, home: Path) -> None:
    with pytest.raises(WrongUse) as caught:
        run(make_evaluate_run(tmp_path, home, []))
    assert caught.value.code == "no_exam_items"


def test_weights_that_are_no_numbers_are_a_failure_that_says_so(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        language_model.LanguageModel, "log_likelihoods", lambda _, batch: [math.nan] * len(batch)
    )
    with pytest.raises(WrongUse) as caught:
        run(make_evaluate_run(tmp_path, home, [make_item(77)]))
    assert caught.value.code == "score_not_finite"
