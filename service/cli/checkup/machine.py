"""Git, room on the disk, the recipe, the engines and their models."""

import os
import re
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

from pipelines.recipe import Recipe, load_recipe
from service.cli.checkup.part import Fault, Note, Part
from service.settings import Settings
from taxonomy_schema.benchmark_data import BenchmarkDataError, load_benchmarks

_GIGABYTE: Final = 1 << 30
_DISK_WANTED: Final = 6
_OLDEST_GIT: Final = (2, 31)
"""The first that takes settings from GIT_CONFIG_COUNT, by which tokens reach it without standing in arguments."""
_ENGINES: Final = ("torch", "transformers", "deepspeed", "vllm")
_SETUP: Final = "Run `make setup`."


def parts(settings: Settings) -> list[Part]:
    named = [Part("benchmarks", partial(_benchmarks, settings), "Mend GRAFT_BENCHMARKS, or leave it out.")]
    return [
        *(named if settings.benchmarks is not None else ()),
        Part("git", _git, f"Install git {'.'.join(map(str, _OLDEST_GIT))} or newer."),
        Part("disk", partial(_disk, settings), f"Free {_DISK_WANTED} GB, or run `graft prune --dry-run`."),
        Part(
            "artifacts", partial(_artifacts, settings), "Mount the folder so that this user may write to it."
        ),
        Part(
            "recipe", partial(_recipe, settings), "Set GRAFT_RECIPE to laptop, scripted, node or a YAML file."
        ),
    ]


def engines(settings: Settings) -> list[Part]:
    """What stages need besides: half a minute of imports, and the teacher."""
    imported = [Part(name, partial(_import, name), _SETUP) for name in _ENGINES]
    models = Part("models", partial(_models, settings), "The first stage that needs one prepares it.")
    return [*imported, models, Part("teacher", partial(_teacher, settings), "Start it, or mend the recipe.")]


def _benchmarks(settings: Settings) -> str:
    try:
        index = load_benchmarks(settings.benchmarks, settings.home / "benchmarks")
    except BenchmarkDataError as error:
        raise Fault(str(error)) from error
    return f"leaves are held against {len(index.names) if index else 0:,} questions"


def _git() -> str:
    said = _output(["git", "--version"])
    version = re.search(r"(\d+)\.(\d+)", said)
    if version is None or (int(version[1]), int(version[2])) < _OLDEST_GIT:
        raise Fault(f"{said} is too old")
    return said


def _disk(settings: Settings) -> str:
    frees = {}
    for folder in (settings.home, settings.artifacts_folder, settings.models_folder):
        frees[shutil.disk_usage(_there(folder)).free] = folder
    least = min(frees)
    if least < _DISK_WANTED * _GIGABYTE:
        raise Fault(f"{least / _GIGABYTE:.1f} GB are free for {frees[least]}")
    return f"{least / _GIGABYTE:.0f} GB free"


def _there(folder: Path) -> Path:
    return next(place for place in (folder, *folder.absolute().parents) if place.exists())


def _artifacts(settings: Settings) -> str:
    folder = settings.artifacts_folder
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / ".doctor"
    probe.write_bytes(b"x")
    probe.unlink()
    return f"{folder} can be written; every worker must have this same folder at this path"


def _recipe(settings: Settings) -> str:
    recipe = load_recipe(settings.recipe)
    return f"{recipe.name}: tunes {recipe.base_model}"


def _models(settings: Settings) -> str:
    folder = settings.models_folder
    prepared = sorted(path.name for path in folder.glob("[!.]*") if path.is_dir()) if folder.exists() else []
    if not prepared:
        raise Note(f"none is prepared in {folder} yet")
    return f"{', '.join(prepared)} in {folder}"


def _teacher(settings: Settings) -> str:
    """An engine that a stage starts is there when it imports; one behind a URL is asked."""
    recipe: Recipe = load_recipe(settings.recipe)
    teacher = recipe.generate.teacher
    if teacher.kind != "openai" or teacher.url is None:
        return f"{teacher.kind}: started by the stage"
    key = teacher.api_key_variable
    if key is not None and key not in settings.stage_environment:
        raise Fault(f"stages may not see {key}", f"Name it in GRAFT_STAGE_ENVIRONMENT: {key}.")
    shown = urlsplit(teacher.url).netloc
    try:
        answer = httpx.get(f"{teacher.url.rstrip('/')}/models", timeout=10, headers=_authorised(key))
    except httpx.HTTPError as error:
        raise Fault(f"{shown} does not answer ({type(error).__name__})") from error
    if answer.is_error:
        raise Fault(f"{shown} answers {answer.status_code} to /models")
    return f"{shown} answers"


def _authorised(variable: str | None) -> dict[str, str]:
    key = os.environ.get(variable or "", "")
    return {"Authorization": f"Bearer {key}"} if key else {}


def _import(name: str) -> str:
    # A process of its own: doctor itself stays light, and a crash in an import is one line here.
    return _output([sys.executable, "-W", "ignore", "-c", f"import {name}; print({name}.__version__)"])


def _output(argv: list[str]) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=180)
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1:] or [f"status {done.returncode}"]
        raise Fault(said[0])
    return done.stdout.strip().splitlines()[-1]
