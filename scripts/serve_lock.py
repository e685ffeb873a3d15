"""Derive locks/serve.txt, what the web and worker images install, from the lock of everything.

`python scripts/serve_lock.py` writes it; with `--check` it only says whether the file is current. Run it in
the set-up environment: the dependencies are read from the installed packages. The result holds the
same versions as locks/local.txt, and no engine.
"""

import argparse
import sys
import tomllib
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCAL, SERVE = ROOT / "locks" / "local.txt", ROOT / "locks" / "serve.txt"
HEAD = """\
# The service without engines: what the web and worker images install, with `--no-deps`.
# Derived from locks/local.txt by scripts/serve_lock.py; a test holds that it is current.
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit 1 when the file is not current"
    )
    check = parser.parse_args().check
    wanted = HEAD + "".join(f"{line}\n" for line in serve_lines())
    if check:
        current = SERVE.exists() and SERVE.read_text() == wanted
        sys.stdout.write(
            "current\n" if current else "locks/serve.txt is not current: run python scripts/serve_lock.py\n"
        )
        return 0 if current else 1
    SERVE.write_text(wanted)
    return 0


def serve_lines() -> list[str]:
    """Return the lines of the full lock that the service reaches, and the backend that builds the package."""
    pinned: dict[str, str] = {canonicalize_name(Requirement(line).name): line for line in lock_lines(LOCAL)}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["serve"], "setuptools"]
    reached: set[str] = set()
    for requirement in map(Requirement, wanted):
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
