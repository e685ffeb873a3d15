"""What a command is answered with, in every state of its run, whatever people and models have written."""

import re
from dataclasses import replace
from typing import Any

import pytest

from pipelines.trials import Familiarity
from service.decisions.comment_commands import parse
from service.reports.comment import LONGEST
from service.reports.model import RunState
from service.reports.trials.model import run_marker
from service.reports.trials.render import render
from tests.service.reports.hostile import STRINGS, references, skeleton, without_code
from tests.service.reports.trial_examples import KINDS, TrialKind, ended, line, precheck, trial


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_begins_with_the_marker_of_its_command_and_ends_with_a_link(kind: TrialKind) -> None:
    body = render(trial(kind))
    assert body.startswith(run_marker(41, kind))
    assert body.endswith("<sub>[All of it](https://graft.example/runs/9) · asked for by octo</sub>")
    assert "`a1b2c3d4`" in body
    assert body == render(trial(kind))


@pytest.mark.parametrize(
    ("state", "changes", "says"),
    [
        (
            "queued",
            {"done": 0, "queue_place": 3, "eta_seconds": 130.0},
            "place 3 in the queue, ready in about 2 min 10 s",
        ),
        ("queued", {"done": 0}, "waits for a worker"),
        ("running", {"done": 1, "eta_seconds": 40.0}, "1 of 3 stages done, ready in about 40 s"),
    ],
)
def test_a_run_that_is_open_says_its_place_and_when_it_will_be_ready(
    state: RunState, changes: dict[str, Any], says: str
) -> None:
    body = render(replace(trial("precheck"), run=line("precheck", state, **changes)))
    assert says in body
    assert "| evaluate (precheck)" in body


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("state", "says"),
    [
        ("failed", "mend what is named here and push"),
        ("broken", "what was finished is used again"),
        ("cancelled", "was stopped: it did not answer"),
        ("superseded", "was stopped: it did not answer"),
    ],
)
def test_a_run_that_ended_otherwise_says_why_and_how_to_go_on(
    kind: TrialKind, state: RunState, says: str
) -> None:
    body = render(ended(kind, state))
    assert says in body
    assert "it did not answer" in body
    assert ("**Next:**" in body) is (state in {"failed", "broken"} or kind != "release")


@pytest.mark.parametrize("familiarity", list(Familiarity))
def test_a_precheck_says_what_it_means_and_what_to_do(familiarity: Familiarity) -> None:
    found = precheck().model_copy(update={"familiarity": familiarity})
    body = render(replace(trial("precheck"), precheck=found))
    assert "**Next:**" in body
    row = r"\| \*\*the model by itself\*\* +\| +−311\.4 \| +\[−342\.0, −280\.8\] \| +15 in 5 groups \|"
    assert re.search(row, body)
    assert "**release 2026.46.1**" in body
    assert "… and 14 further seeds" in body


def test_a_preview_shows_what_was_kept_and_what_was_dropped_and_why() -> None:
    body = render(trial("preview"))
    assert "1 of 3 samples kept" in body
    assert "judged 1" in body
    assert "❌ write: not parsed" in body


def test_models_that_are_not_there_are_said_to_be_missing() -> None:
    asked = trial("ask")
    assert "3 models asked" in render(asked)
    assert "There is no" not in render(asked)
    alone = replace(asked, replies={"base": asked.replies["base"]}, release_version=None, candidate_run=None)
    body = render(alone)
    assert "1 model asked" in body
    assert "There is no release yet" in body
    assert "There is no candidate of this commit yet" in body
    cut = asked.replies["base"].model_copy(update={"cut": True})
    assert "it had more to say" in render(replace(alone, replies={"base": cut}))


def test_a_dry_run_says_what_would_be_released_or_why_the_gate_refuses() -> None:
    body = render(trial("release"))
    assert "release 2026.47.1 would pass the gate" in body
    assert "2 leaves, 1 of them new" in body
    assert "Release notes, as they would be published" in body
    refused = render(ended("release", "failed", "retention lost 3 points", code="gate_failed"))
    assert "the gate refuses release 2026.47.1" in refused
    assert "retention lost 3 points" in refused
    assert "lies with the contribution" not in refused


@pytest.mark.parametrize("kind", KINDS)
def test_results_that_cannot_be_read_any_more_leave_an_answer(kind: TrialKind) -> None:
    gone = replace(trial(kind), precheck=None, preview=None, replies={}, release=None, comparison=None)
    assert "`a1b2c3d4`" in render(gone)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", STRINGS)
def test_nothing_that_people_or_models_wrote_acts_in_an_answer(kind: TrialKind, text: str) -> None:
    for hostile, harmless in (
        (trial(kind, text, leaf=text or "x"), trial(kind, "word", leaf="word")),
        (ended(kind, "broken", text), ended(kind, "broken", "word")),
    ):
        body, plain = render(hostile), render(harmless)
        if text:  # an empty text is said to be nothing, in other words
            assert without_code(skeleton(body)) == without_code(skeleton(plain))
        assert references(body) == references(plain)
        assert parse(body) == []


def test_an_answer_fits_into_a_comment() -> None:
    found = precheck("word " * 200)
    many = found.model_copy(
        update={"seeds": found.seeds * 60, "alone": found.alone.model_copy(update={"n": 200})}
    )
    body = render(replace(trial("precheck"), precheck=many))
    assert len(body.encode("utf-16-le")) // 2 <= LONGEST
    assert body.count("<details") == body.count("</details>")
    assert "too long for a comment" in body
