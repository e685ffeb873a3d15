"""The whole way with rules for a teacher and a tiny random model; everything else is real."""

import re
from pathlib import Path

import pytest

from service.cli.journey.report import JourneyReport
from tests.journeys.commands import Commands
from tests.journeys.conftest import Walk

pytestmark = [pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def first(walked: Walk, home: Path) -> JourneyReport:
    return walked(home)


@pytest.fixture(scope="module")
def said() -> Commands:
    """What people say in the second journey besides; most of what they ask for was computed in the first."""
    return Commands()


@pytest.fixture(scope="module")
def second(walked: Walk, home: Path, first: JourneyReport, said: Commands) -> JourneyReport:
    """The same journey again, with what the first left."""
    return walked(home, before_merge=said.say_them)


def test_the_mistake_is_annotated_on_its_line(first: JourneyReport) -> None:
    assert first.check.conclusion == "failure"
    assert first.check.mended_conclusion == "success"
    places = {(a.path, a.level) for a in first.check.annotations}
    assert (f"{first.leaf}/qna.yaml", "failure") in places


def test_there_is_one_comment_and_it_holds_the_deltas(first: JourneyReport) -> None:
    assert first.comments_by_bot == 1
    assert {"exam", "retention"} <= {delta.metric for delta in first.deltas}
    for delta in first.deltas:
        assert delta.low <= delta.delta <= delta.high
        assert delta.n > 0
        assert delta.verdict in first.comment_markdown.lower()


def test_one_delivery_is_followed_through_the_log_of_every_process(first: JourneyReport, home: Path) -> None:
    """Before the second journey, which takes these logs away."""
    assert first.comments_by_bot == 1
    logs = {file.stem: file.read_text() for file in (home / "world" / "logs").glob("*.log")}
    asked = re.search(r"is asked for: evaluate.*?delivery=(\S+).*?run=(\d+)", logs["worker-control"])
    assert asked, logs["worker-control"][-2000:]
    delivery, run = asked.groups()

    def lines(text: str, *parts: str) -> list[str]:
        return [
            line
            for line in text.splitlines()
            if all(part in line for part in (f"delivery={delivery}", *parts))
        ]

    assert lines(logs["web"], "delivery recorded")
    assert lines(logs["worker-control"], "is handled")
    for worker in ("worker-cpu", "worker-gpu"):
        assert lines(logs[worker], f"run={run}", "stage begins")
    for stage in ("collect", "generate", "train"):
        told = [file.read_text() for file in (home / "artifacts" / stage).glob("*/*/log.txt")]
        assert any(lines(text, f"run={run}", f"{stage} begins") for text in told), stage


def test_every_stage_names_its_inputs_key_and_its_counts(first: JourneyReport) -> None:
    names = {(stage.run, stage.name, stage.subject) for stage in first.stages}
    assert {
        ("evaluate", "train", "candidate"),
        ("evaluate", "train", "control"),
        ("release", "release", ""),
    } <= names
    assert all(len(stage.inputs_key) == 64 and stage.counts for stage in first.stages)


def test_the_release_has_weights_a_card_and_digests(first: JourneyReport) -> None:
    names = {asset.name for asset in first.release.assets}
    assert any(name.endswith(".safetensors") for name in names)
    assert "README.md" in names
    assert first.release.tag.endswith(first.release.version)
    assert all(asset.size > 0 for asset in first.release.assets)


def test_the_badge_says_that_the_leaf_has_shipped(first: JourneyReport) -> None:
    assert first.badge_svg.startswith("<svg")
    assert first.release.version in first.badge_svg


def test_a_second_journey_computes_nothing_twice(first: JourneyReport, second: JourneyReport) -> None:
    known = {stage.inputs_key for stage in first.stages}
    again = [stage for stage in second.stages if stage.inputs_key in known]
    assert {"generate", "mix", "train", "evaluate", "compare"} <= {stage.name for stage in again}
    assert all(stage.reused for stage in again)


def test_a_second_journey_asks_the_teacher_nothing(second: JourneyReport) -> None:
    assert all(stage.reused for stage in second.stages if stage.name in {"generate", "train"})


def test_each_command_is_answered_once_in_one_comment_that_ends_with_the_result(
    second: JourneyReport, said: Commands
) -> None:
    assert {kind: len(bodies) for kind, bodies in said.answers.items()} == dict.fromkeys(said.answers, 1)


def test_the_precheck_shows_scores_and_the_models_own_answers(second: JourneyReport, said: Commands) -> None:
    body = said.answer("precheck")
    assert "Asked: **the base model**" in body
    assert "what being told gains" in body
    assert "the model's answer" in body


def test_the_preview_shows_samples_with_what_the_judge_said(second: JourneyReport, said: Commands) -> None:
    body = said.answer("preview")
    assert second.leaf in body
    assert "judged" in body or "❌" in body


def test_the_prompt_is_put_to_base_model_and_candidate(second: JourneyReport, said: Commands) -> None:
    body = said.answer("ask")
    assert "2 models asked" in body
    assert "**base model**" in body
    assert "**candidate** of [run" in body
    assert "There is no release yet" in body


def test_the_dry_run_says_what_would_be_released_and_publishes_nothing(
    second: JourneyReport, said: Commands
) -> None:
    assert "would pass the gate" in said.answer("release")
    assert said.releases_after_the_dry_run == 0
