"""A stand-in for GitHub, pull requests in it, and the jobs at work without a broker between them."""

import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import Engine

from service.github import standin as standin_package
from service.github.connect import connect
from service.github.pygithub_client import PyGithubClient
from service.github.standin.driver import StandIn, WorkingCopy
from service.jobs import answer, check, handle_delivery, report, run_stage, send_outbox, sweep
from service.jobs.tools import Tools
from service.settings import Settings

CONTRIBUTIONS = Path(standin_package.__file__).parent / "sample" / "contributions"
LEAF = "compositional_skills/writing/kind_refusals"
DOCUMENTED_LEAF = "knowledge/arts/games/thirty_lanterns"


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    """One for a whole file: each test works in a pull request of its own."""
    with StandIn(tmp_path_factory.mktemp("github") / "home") as standin:
        yield standin


@pytest.fixture
def settings(settings: Settings, standin: StandIn) -> Settings:
    """The test's settings, with the stand-in as its GitHub."""
    seeded = standin.seeded
    return settings.model_copy(
        update={
            "repositories": (seeded.repository,),
            "github_api_url": standin.api_url,
            "github_web_url": standin.base_url,
            "github_app_id": seeded.app_id,
            "github_app_key_file": seeded.app_key,
            "bot_login": seeded.bot,
            "mirrors": {seeded.documents_url: f"{standin.base_url}/{seeded.documents}.git"},
        }
    )


@dataclass
class Pull:
    """A pull request and the copy it is made from."""

    number: int
    head: str
    copy: WorkingCopy
    leaf: str
    branch: str = ""

    def push(self, *, good: bool = True) -> str:
        """A further commit on its branch; returns the new head."""
        write_leaf(self.copy, self.leaf, good=good)
        self.copy.write(f"{self.leaf}/attribution.txt", attribution(self.leaf) + f"\nAfter: {self.head}\n")
        self.head = self.copy.commit("Go on")
        self.copy.push()
        return self.head


def attribution(leaf: str) -> str:
    return (CONTRIBUTIONS / leaf / "attribution.txt").read_text()


def write_leaf(copy: WorkingCopy, leaf: str, *, good: bool) -> None:
    copy.add_leaf(leaf, CONTRIBUTIONS / leaf)
    if not good:
        text = (CONTRIBUTIONS / leaf / "qna.yaml").read_text()
        copy.write(f"{leaf}/qna.yaml", text.replace("created_by:", "created-by:", 1))


OpenPull = Callable[..., Pull]


@pytest.fixture(scope="module")
def open_pull(standin: StandIn, tmp_path_factory: pytest.TempPathFactory) -> OpenPull:
    """Opens pull requests by Ada, each from a branch of its own."""
    ada = standin.person("ada")
    copy = ada.clone(tmp_path_factory.mktemp("ada") / "clone")
    numbers = itertools.count(1)

    def open_one(*, good: bool = True, leaf: str = LEAF) -> Pull:
        branch = f"leaf-{next(numbers)}"
        copy.git("switch", "--quiet", "--create", branch, "origin/HEAD")
        write_leaf(copy, leaf, good=good)
        head = copy.commit("Add a leaf")
        copy.push()
        return Pull(ada.open_pull(copy, "Add a leaf").number, head, copy, leaf, branch)

    return open_one


@dataclass
class House:
    """All jobs of one service. `rung` holds the nudges that were not heeded yet."""

    tools: Tools
    client: PyGithubClient
    rung: list[tuple[str, int]]
    stopping: threading.Event = field(default_factory=threading.Event)

    def heed(self, *, stages: bool = False) -> None:
        """Work until nothing is rung for; stages only when asked for."""
        while self.rung:
            task, row_id = self.rung.pop(0)
            self._do(task, row_id, stages=stages)

    def _do(self, task: str, row_id: int, *, stages: bool) -> None:
        match task:
            case "handle_delivery":
                handle_delivery.handle(self.tools, self.client, row_id)
            case "check":
                check.work_off(self.tools, self.client)
            case "report":
                report.make_report(self.tools, self.client, row_id)
            case "answer":
                answer.make_answer(self.tools, row_id)
            case "send_outbox":
                send_outbox.send_all(self.tools, self.client)
            case "sweep":
                sweep.sweep(self.tools, self.client)
            case "run_cpu_stage" | "run_gpu_stage" if stages:
                queue = task.removeprefix("run_").removesuffix("_stage")
                run_stage.carry_out_next(self.tools, queue, self.stopping)


@pytest.fixture
def house(settings: Settings, engine: Engine) -> House:
    rung: list[tuple[str, int]] = []
    tools = Tools(settings, engine, lambda task, row_id: rung.append((task, row_id)))
    return House(tools, connect(settings), rung)
