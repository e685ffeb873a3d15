"""Which processes make up GraftLab on one machine, and with which settings each starts.

stand-in   GitHub, where there is none (with --local)
valkey     the broker
web        FastAPI: webhooks and pages            knows the webhook secrets
control    Celery: deliveries, reports, outbox     knows GitHub's credentials
cpu, gpu   Celery: stages                         know no secret at all
beat       Celery: the schedule
"""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

from pydantic import SecretStr

from pipelines.processes import free_port
from service.cli.broker import broker_answers, broker_command
from service.cli.supervisor import ProcessFailed, ProcessSpec, Supervisor
from service.settings import Settings

# Whoever waits here for days loads as little as may be: no database, no client of anything.

_INHERITED = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "SSL_CERT_FILE",
    "CUDA_VISIBLE_DEVICES",
    "PYTHONWARNINGS",
)
BROKER_FILE = "broker-url"
"""In the home while the service is up: where its broker listens, for commands that look for it."""
_AFTER_SAVING = 10.0
"""What a stage saved in its grace is written down, and its lease given back."""
_FEW_ARENAS = {"MALLOC_ARENA_MAX": "2"}
"""The C library's heaps: one for each of many sleeping threads would hold memory back. Stages do not get it."""


@dataclass(frozen=True)
class GitHubAccess:
    """How the control workers reach GitHub (or the stand-in): as an App, or with a token."""

    api_url: str
    web_url: str
    app_id: int | None
    key_file: Path | None
    bot_login: str
    repositories: tuple[str, ...]
    mirrors: Mapping[str, str] = field(default_factory=dict)
    """Where this GitHub keeps document repositories that leaves name by other URLs."""
    token: str = field(default="", repr=False)

    def credentials(self) -> dict[str, str]:
        """The settings that only control workers get."""
        if self.app_id is None:
            return {"GRAFT_GITHUB_TOKEN": self.token}
        return {"GRAFT_GITHUB_APP_ID": str(self.app_id), "GRAFT_GITHUB_APP_KEY_FILE": str(self.key_file)}


@dataclass(frozen=True)
class StackOptions:
    """`home` is this stack's own; `shared` holds what outlives it: artifacts and prepared models."""

    home: Path
    shared: Path
    recipe: str
    mirrors: Mapping[str, str] = field(default_factory=dict)
    database_url: str = ""
    write_interval: float = 1.0
    lease_seconds: float = 60.0
    heartbeat_seconds: float = 10.0
    sweep_seconds: float = 60.0
    port: int = 0
    more: Mapping[str, str] = field(default_factory=dict)
    """Further settings, by the variable's name."""


class Stack:
    """The service's processes, started in order by `start`."""

    def __init__(self, options: StackOptions, *, webhook_secret: str | None = None) -> None:
        self.options = options
        self.webhook_secret = webhook_secret or secrets.token_hex(32)
        self.web_port = options.port or free_port()
        self.broker_port = free_port()
        self.supervisor = Supervisor(options.home)
        self._broker_file = options.home / BROKER_FILE

    @property
    def web_url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def webhook_url(self) -> str:
        return f"{self.web_url}/webhooks/github"

    def start(self, github: GitHubAccess, *, say: Callable[[str], None]) -> Settings:
        """Bring everything up; returns the settings by which the caller may read the ledger."""
        plain = self._environment(github)
        control = plain | github.credentials()
        settings = self._settings(github)
        say("ledger")
        self._migrate(plain)
        for spec in self._specs(plain, control):
            say(spec.name)
            self.supervisor.start(spec)
        self._broker_file.write_text(settings.broker_url)
        return settings

    def tick(self) -> None:
        self.supervisor.tick()

    def stop(self) -> None:
        self._broker_file.unlink(missing_ok=True)
        self.supervisor.stop()

    def _specs(self, plain: dict[str, str], control: dict[str, str]) -> tuple[ProcessSpec, ...]:
        python = sys.executable
        data = self.options.home / "valkey"
        data.mkdir(parents=True, exist_ok=True)
        web = plain | {"GRAFT_WEBHOOK_SECRETS": self.webhook_secret}
        saving = self._settings_grace() + _AFTER_SAVING
        return (
            ProcessSpec(
                "valkey",
                broker_command(self.broker_port, data),
                plain,
                ready=lambda: broker_answers(self.broker_port),
            ),
            ProcessSpec(
                "web",
                (
                    *(python, "-m", "uvicorn", "--factory", "service.app:create_app"),
                    *("--host", "127.0.0.1", "--port", str(self.web_port), "--no-access-log"),
                ),
                web,
                ready=lambda: answers(f"{self.web_url}/readyz"),
            ),
            ProcessSpec("worker-control", (python, "-m", "service.worker"), control),
            ProcessSpec(
                "worker-cpu", (python, "-m", "service.stage_worker", "cpu"), plain, stop_grace=saving
            ),
            ProcessSpec(
                "worker-gpu", (python, "-m", "service.stage_worker", "gpu"), plain, stop_grace=saving
            ),
            ProcessSpec(
                "beat", (python, "-m", "service.beat", str(self.options.home / "beat-schedule")), plain
            ),
        )

    def _settings_grace(self) -> float:
        default = Settings.model_fields["stop_grace_seconds"].default
        return float(self.options.more.get("GRAFT_STOP_GRACE_SECONDS", default))

    def _migrate(self, plain: dict[str, str]) -> None:
        self.options.home.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [sys.executable, "-m", "service.ledger.migrations"],
            env=plain, cwd=self.options.home, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise ProcessFailed(f"the ledger cannot be migrated:\n{done.stderr.strip()[-2000:]}")

    def _environment(self, github: GitHubAccess) -> dict[str, str]:
        options = self.options
        return (
            inherited()
            | _FEW_ARENAS
            | {
                "GRAFT_HOME": str(options.home),
                "GRAFT_ARTIFACTS": str(options.shared / "artifacts"),
                "GRAFT_MODELS": str(options.shared / "models"),
                "GRAFT_DATABASE_URL": options.database_url,
                "GRAFT_BROKER_URL": f"redis://127.0.0.1:{self.broker_port}/0",
                "GRAFT_RECIPE": _from_anywhere(options.recipe),
                "GRAFT_PUBLIC_URL": self.web_url,
                "GRAFT_REPOSITORIES": ",".join(github.repositories),
                "GRAFT_GITHUB_API_URL": github.api_url,
                "GRAFT_GITHUB_WEB_URL": github.web_url,
                "GRAFT_BOT_LOGIN": github.bot_login,
                "GRAFT_MIRRORS": json.dumps({**options.mirrors, **github.mirrors}),
                "GRAFT_GITHUB_WRITE_INTERVAL": str(options.write_interval),
                "GRAFT_LEASE_SECONDS": str(options.lease_seconds),
                "GRAFT_HEARTBEAT_SECONDS": str(options.heartbeat_seconds),
                "GRAFT_SWEEP_SECONDS": str(options.sweep_seconds),
                **options.more,
            }
        )

    def _settings(self, github: GitHubAccess) -> Settings:
        options = self.options
        return Settings(
            home=options.home,
            artifacts=options.shared / "artifacts",
            models=options.shared / "models",
            database_url=options.database_url,
            broker_url=f"redis://127.0.0.1:{self.broker_port}/0",
            recipe=_from_anywhere(options.recipe),
            public_url=self.web_url,
            repositories=github.repositories,
            webhook_secrets=(SecretStr(self.webhook_secret),),
        )


def _from_anywhere(recipe: str) -> str:
    """A recipe's file by its whole path: the processes stand in the home; a shipped one's name as it is."""
    path = Path(recipe)
    return str(path.resolve()) if path.suffix and path.is_file() else recipe


def inherited() -> dict[str, str]:
    """What every process may see of our own environment: no credential of any kind."""
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return kept | {"HF_HUB_OFFLINE": "1", "PYTHONUNBUFFERED": "1"}


def answers(url: str) -> bool:
    """Whether a server on this machine answers with success; no proxy is asked."""
    opener = build_opener(ProxyHandler({}))
    try:
        opener.open(url, timeout=2).close()  # which raises for what is no success
    except (OSError, HTTPException):
        return False
    return True
