"""Settings of `release`."""

from pydantic import BaseModel, ConfigDict

from pipelines.engines.config import ModelSource


class Contributor(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    login: str
    leaf_id: str
    pull_request: int | None = None


class ReleaseConfig(BaseModel):
    """What the release is called and whom it thanks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    previous_version: str | None
    repository: str
    taxonomy_commit: str
    base_model: ModelSource
    licence: str = "apache-2.0"
    contributions: tuple[Contributor, ...] = ()
    """What was merged since the previous release."""
