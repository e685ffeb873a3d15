"""The journey, step by step: a leaf becomes a pull request, a comment with deltas, a release, a badge."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import httpx
from github.CheckRun import CheckRun
from github.GitRelease import GitRelease

from service.cli.journey.leaf import NewLeaf
from service.cli.journey.show import Show
from service.cli.journey.watch import Ledger
from service.cli.stack import Stack
from service.errors import ServiceError
from service.github.standin.driver import Person, StandIn, WorkingCopy
from service.ledger.queries import RunDetail, RunView
from service.ledger.tables import RunKind, RunState
from service.reports.comment import MARKER

T = TypeVar("T")
_BRANCH = "new-leaf"
_POLL = 0.2


class JourneyFailed(ServiceError):
    """A step did not come to its end."""


@dataclass(frozen=True)
class Walked:
    """What came of it."""

    evaluated: RunDetail
    released: RunDetail
    release: GitRelease
    badge: str


@dataclass
class Journey:
    """One walk through the whole service. `on_stage` is told of every look at a running stage (tests kill there)."""

    stack: Stack
    standin: StandIn
    ledger: Ledger
    leaf: NewLeaf
    show: Show
    scratch: Path
    patience: float = 1800.0
    """Seconds that one run may take."""
    on_stage: Callable[[RunView], None] = field(default=lambda _run: None)
    before_merge: Callable[["Journey"], None] = field(default=lambda _journey: None)
    """What people do while the pull request is still open (tests say further commands there)."""
    number: int = 0
    broken_check: CheckRun | None = None
    mended_check: CheckRun | None = None

    def walk(self) -> Walked:
        """Raises JourneyFailed, saying at which step and what to look at."""
        contributor, maintainer = self.standin.person("ada"), self.standin.person("max")
        copy, head = self._open(contributor)
        head = self._mend(copy, head)
        evaluated = self._evaluate(maintainer, head)
        self.before_merge(self)
        self._merge(maintainer)
        released, release = self._release(maintainer)
        return Walked(evaluated, released, release, self._badge())

    def _open(self, contributor: Person) -> tuple[WorkingCopy, str]:
        self.show.step(
            f"1. {contributor.login} opens a pull request that adds {self.leaf.id}, with a mistake in it"
        )
        copy = contributor.clone(self.scratch / "clone")
        copy.branch(_BRANCH)
        copy.add_leaf(self.leaf.id, self.leaf.folder)
        copy.write(f"{self.leaf.id}/qna.yaml", self.leaf.mistaken)
        head = copy.commit(f"Add {self.leaf.id}")
        copy.push()
        self.number = contributor.open_pull(copy, f"Add {self.leaf.id}", "A new leaf for the tree.").number
        self.show.note(f"pull request   {self.page}")
        self.broken_check = check = self._check(head)
        self.show.note(f"check          {check.conclusion}: {check.output.title}")
        for annotation in check.get_annotations():
            self.show.note(
                f"  {annotation.path}:{annotation.start_line}  {annotation.title}: {annotation.message}"
            )
        return copy, head

    @property
    def page(self) -> str:
        """The pull request's."""
        return f"{self.standin.base_url}/{self.standin.seeded.repository}/pull/{self.number}"

    def _mend(self, copy: WorkingCopy, broken: str) -> str:
        self.show.step("2. The mistake is mended")
        copy.write(f"{self.leaf.id}/qna.yaml", self.leaf.good)
        head = copy.commit("Mend the leaf")
        copy.push()
        self.mended_check = check = self._check(head)
        self.show.note(
            f"check          {check.conclusion}: {check.output.title}   ({broken[:8]} -> {head[:8]})"
        )
        if check.conclusion != "success":
            raise JourneyFailed("the mended leaf does not pass its check", mend=check.output.summary or "")
        return head

    def _evaluate(self, maintainer: Person, head: str) -> RunDetail:
        self.show.step(f"3. {maintainer.login} approves {head[:8]}: generate, train, evaluate, compare")
        maintainer.comment(self.number, f"/graft approve {head}")
        run = self._run(RunKind.EVALUATE)
        self._wait("the comment with the deltas", self.ledger.all_is_said, within=60)
        self.show.note("")
        for line in self.comment().splitlines():
            self.show.note(line)
        return run

    def _merge(self, maintainer: Person) -> None:
        self.show.step(f"4. {maintainer.login} merges the pull request")
        commit = maintainer.merge(self.number)
        self._wait("the merge to be noticed", lambda: self.ledger.is_merged(self.number), within=60)
        self.show.note(f"merged as {commit[:8]}")

    def _release(self, maintainer: Person) -> tuple[RunDetail, GitRelease]:
        self.show.step("5. /graft release")
        maintainer.comment(self.number, "/graft release")
        run = self._run(RunKind.RELEASE)
        self._wait("the release to be published", lambda: self.ledger.is_published(run.run.id), within=300)
        self._wait("the news in the pull request", self.ledger.all_is_said, within=60)
        release = maintainer.repo().get_latest_release()
        self.show.note(f"{release.tag_name}   {release.html_url}")
        for asset in release.get_assets():
            self.show.note(f"  {asset.name:24} {asset.size / 1e6:9.2f} MB")
        return run, release

    def _badge(self) -> str:
        self.show.step("6. The leaf has a badge")
        url = f"{self.stack.web_url}/badge/{self.ledger.repository}/{self.leaf.id}.svg"
        answer = httpx.get(url, timeout=10).raise_for_status()
        title = answer.text.partition("<title>")[2].partition("</title>")[0]
        self.show.note(f"{title}   {url}")
        return answer.text

    def comment(self) -> str:
        """The sticky comment as it stands in the pull request; empty while there is none."""
        found = self.comments_by_bot()
        return found[0] if found else ""

    def comments_by_bot(self) -> list[str]:
        """Every report comment; there must never be two."""
        issue = self.standin.person("ada").repo().get_issue(self.number)
        bot = self.standin.seeded.bot
        return [c.body for c in issue.get_comments() if c.user.login == bot and MARKER in c.body]

    def _check(self, head: str) -> CheckRun:
        repository = self.standin.person("ada").repo()

        def completed() -> CheckRun | None:
            runs = repository.get_commit(head).get_check_runs()
            return next((run for run in runs if run.status == "completed"), None)

        return self._wait(f"the check of {head[:8]}", completed, within=120)

    def _run(self, kind: RunKind) -> RunDetail:
        """Follow the newest run of a kind to its end, showing its stages."""
        first = self._wait(f"the {kind} run to be queued", lambda: self.ledger.newest_run(kind), within=60)
        self.show.note(f"run            {self.stack.web_url}/runs/{first.id}")

        def ended() -> RunDetail | None:
            detail = self.ledger.run(first.id)
            for stage in detail.run.stages:
                self.show.stage(first.id, stage)
            self.on_stage(detail.run)
            return None if detail.run.state.is_open else detail

        detail = self._wait(f"the {kind} run to end", ended, within=self.patience)
        self.show.done()
        if detail.run.state is not RunState.SUCCEEDED:
            raise JourneyFailed(
                f"the {kind} run ended as {detail.run.state}: {detail.run.ending}",
                mend=next((str(s.failure["mend"]) for s in detail.run.stages if s.failure), ""),
            )
        return detail

    def _wait(self, what: str, probe: Callable[[], T | None], *, within: float) -> T:
        """Until `probe` gives something true; meanwhile dead processes are started again."""
        deadline = time.monotonic() + within
        while not (found := probe()):
            if time.monotonic() > deadline:
                raise JourneyFailed(
                    f"waited {within:.0f} s for {what}, in vain",
                    mend=f"The logs are in {self.stack.options.home / 'logs'}.",
                )
            self.stack.tick()
            time.sleep(_POLL)
        return found
