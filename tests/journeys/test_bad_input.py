"""What strangers get wrong is said in the right place; nothing is lost and nothing hangs."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import httpx
import pytest
from github.CheckRun import CheckRun
from rich.console import Console

from service.cli.demo import DemoOptions, running
from service.cli.journey.show import Show
from service.cli.journey.watch import Ledger
from service.cli.stack import Stack
from service.github.standin.driver import StandIn
from service.github.standin.seed import KNOWLEDGE_CONTRIBUTION as LEAF
from service.ledger.queries import RunView
from service.ledger.tables import RunKind, RunState
from service.reports.comment import MARKER
from tests.journeys.conftest import fresh_database, recipe

pytestmark = [pytest.mark.timeout(600)]

T = TypeVar("T")
_NO_COMMIT = "deadbeef" * 5
World = tuple[Stack, StandIn, Ledger]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, log: Console) -> Iterator[World]:
    """A service whose teacher cannot be reached."""
    home = tmp_path_factory.mktemp("bad")
    nobody = {"kind": "openai", "url": "http://127.0.0.1:9/v1", "max_in_flight": 2}
    chosen = recipe(home, generate={"teacher": nobody})
    with fresh_database() as url:
        options = DemoOptions(home=home, recipe=str(chosen), database_url=url)
        with running(options, Show(log)) as started:
            yield started


def _wait(stack: Stack, probe: Callable[[], T | None], within: float = 120) -> T:
    deadline = time.monotonic() + within
    while not (found := probe()):
        assert time.monotonic() < deadline, "waited in vain"
        stack.tick()
        time.sleep(0.1)
    return found


def _open(standin: StandIn, folder: Path, change: Callable[[str], str]) -> tuple[int, str]:
    """A pull request with the sample's leaf, its qna.yaml changed. Returns (number, head)."""
    ada = standin.person("ada")
    copy = ada.clone(folder / "clone")
    copy.branch(folder.name)
    source = standin.seeded.contributions[LEAF]
    copy.add_leaf(LEAF, source)
    copy.write(f"{LEAF}/qna.yaml", change((source / "qna.yaml").read_text()))
    head = copy.commit("Add a leaf")
    copy.push()
    return ada.open_pull(copy, "A leaf").number, head


def _check(world: World, head: str) -> CheckRun:
    stack, standin, _ = world
    commit = standin.person("ada").repo().get_commit(head)
    return _wait(stack, lambda: next((c for c in commit.get_check_runs() if c.status == "completed"), None))


def _ended(world: World, number: int) -> RunView:
    stack, _, ledger = world

    def over() -> RunView | None:
        run = ledger.newest_run(RunKind.EVALUATE)
        done = run is not None and run.number == number and not run.state.is_open
        return run if done and ledger.all_is_said() else None

    return _wait(stack, over, within=300)


def _comment(world: World, number: int) -> str:
    issue = world[1].person("ada").repo().get_issue(number)
    said = [c.body for c in issue.get_comments() if MARKER in c.body]
    assert len(said) == 1
    return said[0]


@pytest.mark.parametrize("headers", [{}, {"X-Hub-Signature-256": "sha256=" + "0" * 64}])
def test_an_unsigned_or_wrongly_signed_delivery_is_refused(world: World, headers: dict[str, str]) -> None:
    stack, _, ledger = world
    before = ledger.deliveries()
    more = {"X-GitHub-Event": "ping", "X-GitHub-Delivery": "forged", "Content-Type": "application/json"}
    answer = httpx.post(stack.webhook_url, content=b"{}", headers=headers | more)
    assert answer.status_code == 401
    assert ledger.deliveries() == before


def test_a_leaf_that_is_not_yaml_is_annotated_where_it_breaks(world: World, tmp_path: Path) -> None:
    _, head = _open(world[1], tmp_path, lambda text: text.replace("created_by: ", "created_by: [", 1))
    check = _check(world, head)
    assert check.conclusion == "failure"
    annotation = next(iter(check.get_annotations()))
    assert annotation.path == f"{LEAF}/qna.yaml"
    assert annotation.annotation_level == "failure"


def test_a_document_that_is_not_there_blames_the_leaf_in_the_comment(world: World, tmp_path: Path) -> None:
    commit = world[1].seeded.documents_commit
    assert commit is not None
    number, head = _open(world[1], tmp_path, lambda text: text.replace(commit, _NO_COMMIT))
    assert _check(world, head).conclusion == "success"
    world[1].person("max").comment(number, f"/graft approve {head}")
    run = _ended(world, number)
    assert run.state is RunState.FAILED
    said = _comment(world, number)
    assert "The evaluation failed in collect" in said
    assert "deadbeef" in said.replace("\u200b", ""), said


def test_an_unreachable_teacher_is_nobodys_fault_in_the_pull_request(world: World, tmp_path: Path) -> None:
    number, head = _open(world[1], tmp_path, lambda text: text)
    assert _check(world, head).conclusion == "success"
    world[1].person("max").comment(number, f"/graft approve {head}")
    run = _ended(world, number)
    assert run.state is RunState.BROKEN
    assert "127.0.0.1:9" in run.ending
    assert "/graft retry" in _comment(world, number)
    assert _check(world, head).conclusion == "neutral"
