"""Starts the stand-in as a process and acts on it as its people do: real Git, real PyGithub."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx
from github import Auth, Github
from github.IssueComment import IssueComment
from github.PullRequest import PullRequest
from github.Repository import Repository

from .errors import GitError, StandInError
from .git import git_environment
from .seed import SeededUser, SeededWorld, seed_sample

START_S = 60.0


class StandIn:
    """The stand-in in a process of its own; use it as a context manager, or `start` and `stop` it.

    The home must be seeded, or is filled with the sample. Stopped or killed, it can be started again on the same
    home and port.
    """

    def __init__(
        self,
        home: Path,
        *,
        port: int = 0,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
        rate_limit: int | None = None,
    ) -> None:
        self.seeded = SeededWorld.load(home) if (home / "world.json").exists() else seed_sample(home)
        self.home = self.seeded.home
        self.port = port
        self.webhook_url = webhook_url
        self.webhook_secret = webhook_secret
        self.rate_limit = rate_limit
        self.base_url = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._githubs: dict[str, Github] = {}

    @property
    def api_url(self) -> str:
        """What PyGithub takes as `base_url`."""
        return f"{self.base_url}/api/v3"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> Self:
        """Starts the process and waits until it answers; raises `StandInError` with its log when it does not."""
        url_file = self.home / "url"
        url_file.unlink(missing_ok=True)
        log = self.home / "standin.log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(self._command(url_file), stdout=output, stderr=output)
        deadline = time.monotonic() + START_S
        while not url_file.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise StandInError(f"The stand-in did not start; its log ends: {_tail(log)}")
            time.sleep(0.02)
        self.base_url = url_file.read_text().strip()
        self.port = int(self.base_url.rpartition(":")[2])
        httpx.get(f"{self.base_url}/_standin/healthz", timeout=START_S, trust_env=False).raise_for_status()
        return self

    def _command(self, url_file: Path) -> list[str]:
        command = [sys.executable, "-m", "service.github.standin", "--home", str(self.home)]
        command += ["--port", str(self.port), "--url-file", str(url_file)]
        if self.rate_limit is not None:
            command += ["--rate-limit", str(self.rate_limit)]
        if self.webhook_url is not None:
            secret_file = self.home / "webhook-secret"
            secret_file.touch(mode=0o600)
            secret_file.write_text(self.webhook_secret or "")
            command += ["--webhook-url", self.webhook_url, "--webhook-secret-file", str(secret_file)]
        return command

    def stop(self) -> None:
        """Asks the process to end, and waits for it; without an answer in ten seconds it is killed."""
        self._hang_up()
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def kill(self) -> None:
        """Ends the process as a power cut would (SIGKILL)."""
        self._hang_up()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def person(self, login: str) -> Person:
        return Person(self, login, self.seeded.users[login].token)

    def as_app(self) -> Auth.AppAuth:
        """The App's key, for what only the App itself may ask."""
        return Auth.AppAuth(self.seeded.app_id, self.seeded.app_key.read_text())

    def app(self) -> Github:
        """PyGithub as the App's installation."""
        return self.github(self.seeded.bot, self.as_app().get_installation_auth(self.seeded.installation_id))

    def github(self, login: str, auth: Auth.Auth) -> Github:
        """PyGithub as somebody: one for each, closed when the stand-in stops."""
        if login not in self._githubs:
            self._githubs[login] = Github(
                auth=auth, base_url=self.api_url, retry=None,
                seconds_between_requests=None, seconds_between_writes=None,
            )  # fmt: skip
        return self._githubs[login]

    def _hang_up(self) -> None:
        while self._githubs:
            self._githubs.popitem()[1].close()

    def history(self, what: str = "", target: str = "") -> list[dict[str, Any]]:
        """Every write so far, in order; `what` (as `comment.created`) and `target` narrow by their beginning."""
        found: list[dict[str, Any]] = self._admin(
            "GET", "history", params={"what": what, "target": target}
        ).json()
        return found

    def deliveries(self, state: str = "") -> list[dict[str, Any]]:
        """Every webhook attempt with its outcome; `state`: `waiting` or `tried` alone."""
        found: list[dict[str, Any]] = self._admin("GET", "deliveries", params={"state": state}).json()
        return found

    def appoint(
        self,
        login: str,
        *,
        role: str | None = None,
        custom_role: str | None = None,
        teams: Sequence[str] = (),
    ) -> Person:
        """Says who somebody is in the taxonomy, and brings them into being if need be.

        `role` is one of GitHub's; `custom_role` is an organisation's own name for one that builds on `role`;
        `teams` are slugs. What is not named is taken away.
        """
        body = {"role": role, "custom_role": custom_role, "teams": list(teams)}
        path = f"repos/{self.seeded.repository}/people/{login}"
        token = self._admin("PUT", path, json=body).json()["token"]
        self.seeded.users[login] = SeededUser(login, token, role)
        return self.person(login)

    def press(self, token: str, check_run_id: int, identifier: str) -> None:
        """Presses a button of a check run as whoever holds the token."""
        headers = {"Authorization": f"token {token}"}
        path = f"check-runs/{check_run_id}/press"
        self._admin("POST", path, headers=headers, json={"identifier": identifier})

    def order_fault(self, kind: str, *, times: int = 1, match: str = "", **more: Any) -> None:
        """Orders trouble; see `faults.Fault`."""
        self._admin("POST", "faults", json={"kind": kind, "times": times, "match": match, **more})

    def faults_open(self) -> int:
        """How many orders of trouble are not used up."""
        return len(self._admin("GET", "faults").json())

    def faults_done(self) -> dict[str, int]:
        """How often each kind of trouble has happened."""
        done: dict[str, int] = self._admin("GET", "faults/done").json()
        return done

    def _admin(self, method: str, path: str, **more: Any) -> httpx.Response:
        with httpx.Client(timeout=30, trust_env=False) as client:
            response = client.request(method, f"{self.base_url}/_standin/{path}", **more)
        return response.raise_for_status()


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-1500:]


@dataclass(frozen=True)
class Person:
    """One of the seeded people at work."""

    standin: StandIn
    login: str
    token: str

    def github(self) -> Github:
        return self.standin.github(self.login, Auth.Token(self.token))

    def repo(self, full_name: str | None = None) -> Repository:
        return self.github().get_repo(full_name or self.standin.seeded.repository)

    def clone(self, folder: Path, full_name: str | None = None) -> WorkingCopy:
        """Clones a repository that the person may push to: itself if their role allows, else their fork."""
        source = full_name or self.standin.seeded.repository
        if self.standin.seeded.users[self.login].role not in {"write", "maintain", "admin"}:
            source = self.repo(source).create_fork().full_name
        site = self.standin.base_url.replace("http://", f"http://{self.login}:{quote(self.token)}@", 1)
        folder.parent.mkdir(parents=True, exist_ok=True)
        _git(folder.parent, "clone", "--quiet", f"{site}/{source}.git", str(folder))
        copy = WorkingCopy(folder, source)
        copy.git("config", "user.name", self.login.capitalize())
        copy.git("config", "user.email", f"{self.login}@orchard.example")
        return copy

    def open_pull(self, copy: WorkingCopy, title: str, body: str = "") -> PullRequest:
        """Opens a pull request from the copy's branch against the taxonomy."""
        base = self.repo()
        head = f"{copy.repository.split('/')[0]}:{copy.branch_name()}"
        return base.create_pull(base=base.default_branch, head=head, title=title, body=body)

    def comment(self, number: int, body: str) -> IssueComment:
        return self.repo().get_issue(number).create_comment(body)

    def rerun_check(self, check_run_id: int) -> None:
        """Asks for a check run again, as the button on the page does."""
        repo = self.repo()
        repo.requester.requestJsonAndCheck("POST", f"{repo.url}/check-runs/{check_run_id}/rerequest")

    def press(self, check_run_id: int, identifier: str) -> None:
        """Presses a button of a check run, as people do on its page."""
        self.standin.press(self.token, check_run_id, identifier)

    def merge(self, number: int) -> str:
        """Merges a pull request; returns the merge commit's id."""
        return str(self.repo().get_pull(number).merge().sha)


@dataclass(frozen=True)
class WorkingCopy:
    """A clone with a working tree."""

    path: Path
    repository: str

    def git(self, *arguments: str) -> str:
        return _git(self.path, *arguments)

    def branch(self, name: str) -> None:
        self.git("switch", "--quiet", "--create", name)

    def branch_name(self) -> str:
        return self.git("branch", "--show-current").strip()

    def add_leaf(self, leaf: str, source: Path) -> None:
        """Copies a leaf's files to their place."""
        for file in sorted(source.iterdir()):
            self.write(f"{leaf}/{file.name}", file.read_text())

    def write(self, path: str, text: str) -> None:
        target = self.path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def commit(self, message: str) -> str:
        """Commits everything, signed off; returns the commit's id."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--signoff", "--message", message)
        return self.git("rev-parse", "HEAD").strip()

    def push(self, *, force: bool = False) -> None:
        flags = ["--force"] if force else []
        self.git("push", "--quiet", "--set-upstream", *flags, "origin", self.branch_name())


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, env=git_environment(), check=False
    )
    if done.returncode != 0:
        raise GitError(f"git {arguments[0]} failed in {folder}: {done.stderr.strip()}")
    return done.stdout
