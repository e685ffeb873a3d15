"""All settings of the service, read once from `GRAFT_*` variables (or `GRAFT_SETTINGS`, a file of such lines).

Secrets have no default. What only one kind of process needs is demanded by that process when it starts.
"""

import os
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from service.errors import Misconfigured


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


REPOSITORY_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/(?!\.{1,2}$)[A-Za-z0-9._-]+")
"""`owner/name`, as GitHub has them."""


def repositories_of(names: Sequence[str]) -> tuple[str, ...]:
    """These names of repositories; raises ValueError for what can be none, and for one that is named twice."""
    seen = set[str]()
    for name in names:
        if not REPOSITORY_NAME.fullmatch(name) or name.endswith(".git"):
            raise ValueError(f"{name[:100]!r} is no repository's name, which looks like owner/name")
        if name.lower() in seen:  # GitHub knows no two that differ in case alone
            raise ValueError(f"{name} is named twice")
        seen.add(name.lower())
    return tuple(names)


_GITHUB_REPEATS_DAYS: Final = 8
"""A GitHub Enterprise Server offers failed deliveries for seven days, github.com for three."""


def _longer_than_github(days: float) -> float:
    if days and days < _GITHUB_REPEATS_DAYS:
        raise ValueError(
            f"a delivery that is forgotten within {_GITHUB_REPEATS_DAYS} days may be handled twice"
        )
    return days


class Settings(BaseSettings):
    """One object, typed, fatal at start when wrong."""

    model_config = SettingsConfigDict(env_prefix="GRAFT_", extra="ignore", frozen=True)

    home: Path = Path.home() / ".local/share/graftlab"
    """Where everything lies that has no other place: ledger, artifacts, models, clones, logs."""
    database_url: str = ""
    """SQLAlchemy URL; empty: SQLite under `home`."""
    broker_url: str = "redis://127.0.0.1:6379/0"
    """Redis or Valkey, for Celery."""
    artifacts: Path | None = None
    """Folder of run directories, shared by all workers; empty: under `home`."""
    models: Path | None = None
    """Folder of prepared models; empty: under `home`."""
    recipe: str = "laptop"
    """A shipped recipe's name or a YAML file."""
    public_url: str = "http://127.0.0.1:8000"
    """Where people reach this service; links in comments start with it."""

    repositories: Annotated[tuple[str, ...], NoDecode, AfterValidator(repositories_of)] = ()
    """`owner/name` of each taxonomy served, each once; deliveries of others are kept and not acted on."""
    webhook_secrets: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    """Comma-separated; all are accepted, so that they can rotate. None: the web process does not start."""
    github_api_url: str = "https://api.github.com"
    github_web_url: str = "https://github.com"
    github_app_id: int | None = None
    github_app_key_file: Path | None = None
    github_token: SecretStr | None = None
    """Instead of an App. A token cannot write check runs; findings then go to the comment alone."""
    bot_login: str = "graftlab[bot]"
    github_write_interval: float = 1.0
    """Seconds between two writes for one account; GitHub asks for at least one."""
    github_writes_a_minute: int = 80
    """GitHub takes no more new comments and the like within a minute."""
    github_writes_an_hour: int = 500
    """And within an hour."""

    suggestions: bool = True
    """Whether exact mends are offered in the pull request, as suggestions that its author can apply."""
    code_scanning: bool = False
    """Whether findings are uploaded to code scanning too; the App then needs the right to write security events."""
    rules_url: str = "https://github.com/graftlab/graftlab/blob/main/docs/rules"
    """Where the rules' pages are read; findings link there."""
    benchmarks: Path | None = None
    """Folder of benchmarks (as of MMLU, GSM8K, HumanEval) whose questions no leaf may teach. The control worker reads
    it at each check. Empty: nothing is compared."""

    mirrors: dict[str, str] = Field(default_factory=dict)
    """JSON: URL prefix -> prefix read in its place (document repositories)."""
    stage_environment: Annotated[tuple[str, ...], NoDecode] = ()
    """Names of further environment variables that stages may see (a teacher's API key)."""

    lease_seconds: float = 60.0
    heartbeat_seconds: float = 10.0
    max_attempts: int = 4
    """A stage that ended badly this often is given up."""
    retry_seconds: float = 5.0
    """What failed and may pass is tried again after about so long, then twice as long, up to 15 minutes."""
    longest_wait_seconds: float = 3 * 24 * 3600.0
    """A stage that no worker takes for so long is given up, as a fault of the installation; 0: never."""
    longest_stage_seconds: float = 24 * 3600.0
    """A stage that works for so long at a stretch is stopped and given up, likewise; 0: never."""
    stop_grace_seconds: float = 30.0
    """A cancelled stage gets this long after SIGTERM to save."""
    sweep_seconds: float = 60.0
    """How often the ledger is compared with GitHub. Workers look for forgotten work by themselves besides."""
    look_seconds: float = 5.0
    """A worker that nobody rings for looks for work this often."""
    release_schedule: str = "0 6 * * 1"
    """Cron, UTC; empty: only by hand."""
    keep_deliveries_days: Annotated[float, AfterValidator(_longer_than_github)] = 30.0
    """Handled deliveries are forgotten after so long; at least 8, since GitHub repeats some for a week; 0: never."""
    keep_artifacts_days: Annotated[float, Field(ge=0)] = 30.0
    """Artifacts that nothing needs and nothing has used for so long are removed; 0: never."""
    keep_releases: Annotated[int, Field(ge=1)] = 3
    """So many releases of each repository keep all their artifacts."""
    log_json: bool = False
    clock_offset_file: Path | None = None
    """For trials: a file with seconds by which the ledger's clock is off."""

    @field_validator("repositories", "webhook_secrets", "stage_environment", mode="before")
    @classmethod
    def _comma_separated(cls, value: object) -> object:
        return _split(value)

    @property
    def ledger_url(self) -> str:
        return self.database_url or f"sqlite:///{self.home / 'ledger.sqlite'}"

    @property
    def artifacts_folder(self) -> Path:
        return self.artifacts or self.home / "artifacts"

    @property
    def models_folder(self) -> Path:
        return self.models or self.home / "models"

    @property
    def leaves_folder(self) -> Path:
        return self.artifacts_folder / "leaves"

    @property
    def clones_folder(self) -> Path:
        return self.home / "clones"

    def require_webhook_secrets(self) -> tuple[bytes, ...]:
        """The secrets as bytes; raises Misconfigured when there is none, or an empty one."""
        secrets = tuple(secret.get_secret_value().encode() for secret in self.webhook_secrets)
        if not secrets or not all(secrets):
            raise Misconfigured(
                "no webhook secret is configured, so anybody could forge a delivery",
                mend="Set GRAFT_WEBHOOK_SECRETS to the secret that the GitHub App's webhook uses.",
            )
        return secrets


@cache
def get_settings() -> Settings:
    """The settings of this process; raises Misconfigured with every fault named."""
    file = os.environ.get("GRAFT_SETTINGS")
    if file and not Path(file).exists():
        raise Misconfigured(
            f"GRAFT_SETTINGS names {file}, and no file is there",
            mend="Name the file by its whole path, or unset the variable.",
        )
    return read_settings(file)


def read_settings(file: str | None) -> Settings:
    """The settings of the variables and, where they are silent, of the file. Raises Misconfigured likewise."""
    try:
        return Settings(_env_file=file)
    except ValidationError as error:
        faults = "; ".join(
            f"GRAFT_{'_'.join(map(str, e['loc'])).upper()}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors()
        )
        raise Misconfigured(f"settings cannot be read: {faults}", mend="Mend the variables named.") from error
