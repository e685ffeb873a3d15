"""Derive the locks of the images, locks/serve.txt and locks/worker.txt, from the lock of everything.

`python scripts/derive_locks.py` writes them; with `--check` it only says whether they are current. Run it in the
set-up environment: what a package asks for is read from its installed metadata. The derived locks hold the same
versions as locks/local.txt, and no engine.
"""

import argparse
import sys
import tomllib
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "locks"
EXTRAS = {"serve.txt": ("serve",), "worker.txt": ("serve", "stages")}
PURPOSE = {
    "serve.txt": "The service without engines: what the web image installs, with `--no-deps`.",
    "worker.txt": "The service and the stages without engines: what the worker image installs, with `--no-deps`.",
}
ORIGIN = "Derived from locks/local.txt by scripts/derive_locks.py; a test holds that it is current."


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="only say whether the files are current")
    check = parser.parse_args().check
    stale = [
        name for name in EXTRAS if not (LOCKS / name).exists() or (LOCKS / name).read_text() != text_of(name)
    ]
    for name in stale:
        if check:
            sys.stdout.write(f"locks/{name} is stale: python scripts/derive_locks.py\n")
        else:
            (LOCKS / name).write_text(text_of(name))
    return 1 if check and stale else 0


def text_of(name: str) -> str:
    """Return what the derived lock should hold, comments and all."""
    return "".join(
        f"{line}\n" for line in (f"# {PURPOSE[name]}", f"# {ORIGIN}", *derived_lines(*EXTRAS[name]))
    )


def derived_lines(*extras: str) -> list[str]:
    """Return the lines of the full lock that the package with these extras reaches, and the backend that builds it."""
    pinned: dict[str, str] = {
        canonicalize_name(Requirement(line).name): line for line in lock_lines(LOCKS / "local.txt")
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    optional = [text for extra in extras for text in project["optional-dependencies"][extra]]
    reached: set[str] = set()
    for requirement in map(Requirement, [*project["dependencies"], *optional, "setuptools"]):
        collect(requirement, reached, set())
    return sorted((pinned[name] for name in reached), key=str.casefold)


def collect(requirement: Requirement, reached: set[str], seen: set[tuple[str, str]]) -> None:
    """Add the requirement and all it asks for to `reached`, following the extras it names."""
    name = canonicalize_name(requirement.name)
    reached.add(name)
    for extra in ("", *sorted(requirement.extras)):
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        for text in distribution(name).requires or ():
            inner = Requirement(text)
            if inner.marker is None or inner.marker.evaluate({"extra": extra}):
                collect(inner, reached, seen)


def lock_lines(path: Path) -> list[str]:
    """Return the pinned requirements of a lock, without its comments."""
    lines = (line.split("#")[0].strip() for line in path.read_text().splitlines())
    return [line for line in lines if line]


if __name__ == "__main__":
    sys.exit(main())
