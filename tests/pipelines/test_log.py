"""A stage's own lines say for what they were written."""

import json
import logging
from collections.abc import Iterator

import pytest

from pipelines import log
from pipelines.log import VARIABLE

IDS = {"delivery": "d-1", "run": 7, "stage": "train candidate"}


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    logger = logging.getLogger("pipelines")
    before = logger.handlers[:], logger.level, logger.propagate
    yield
    logger.handlers[:], logger.level, logger.propagate = before


def begin(**said: object) -> logging.Logger:
    log.begin({VARIABLE: json.dumps(said)})
    return logging.getLogger("pipelines.train")


def test_json_lines_have_the_service_s_keys_and_the_ids(capsys: pytest.CaptureFixture[str]) -> None:
    begin(ids=IDS, json=True).info("step %d", 3)
    line = json.loads(capsys.readouterr().err)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "step 3", "level": "info", "logger": "pipelines.train"} | IDS


def test_a_failure_comes_with_its_trace(capsys: pytest.CaptureFixture[str]) -> None:
    logger = begin(ids=IDS, json=True)
    try:
        raise RuntimeError("out of memory")  # noqa: TRY301 - it is to be logged
    except RuntimeError:
        logger.exception("it failed")
    assert "out of memory" in json.loads(capsys.readouterr().err)["exception"]


def test_lines_for_people_end_with_the_ids(capsys: pytest.CaptureFixture[str]) -> None:
    begin(ids=IDS | {"repository": "a/100%s"}).warning("slow")
    said = capsys.readouterr().err
    assert "WARNING pipelines.train: slow" in said
    assert "delivery=d-1 run=7" in said
    assert "repository=a/100%s" in said


@pytest.mark.parametrize("environment", [{}, {VARIABLE: "not JSON"}, {VARIABLE: "[]"}])
def test_nobody_asked_for_lines_and_none_are_written(
    environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    log.begin(environment)
    assert logging.getLogger("pipelines").level == logging.NOTSET
    assert capsys.readouterr().err == ""
