"""Peers of a benchmark, in an environment of their own: never in ours, and never fetched while measuring."""

import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Final

from rich.console import Console

from pipelines.errors import OutsideFailed

_BASE: Final = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "graftlab" / "bench"


class Peers:
    """The pinned `packages` (name -> version) that benchmark `name` holds itself against."""

    def __init__(self, name: str, packages: dict[str, str], base: Path = _BASE) -> None:
        self.name = name
        self.packages = packages
        self.folder = base / name

    @property
    def bin(self) -> Path:
        return self.folder / "bin"

    @property
    def python(self) -> Path:
        return self.bin / "python"

    def install(self, console: Console) -> None:
        """Make the environment.

        Raises:
            OutsideFailed: pip could not install a package.

        """
        console.print(f"installing {', '.join(self._pins())} into {self.folder}")
        venv.create(self.folder, with_pip=True, clear=True)
        done = subprocess.run(
            [self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *self._pins()],
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            said = done.stderr.strip().splitlines()
            raise OutsideFailed(
                "peer_not_installed", f"pip failed: {said[-1] if said else done.returncode}",
                mend="See that pip reaches a package index, and say it again.",
            )  # fmt: skip

    def need(self) -> dict[str, str]:
        """The packages, once it is sure that they are there in these versions.

        Raises:
            OutsideFailed: one is missing, or is there in another version.

        """
        ask = "import importlib.metadata as m, sys; print(*(m.version(name) for name in sys.argv[1:]), sep='\\n')"
        try:
            done = subprocess.run(
                [self.python, "-c", ask, *self.packages], check=True, capture_output=True, text=True
            )
        except (OSError, subprocess.CalledProcessError) as error:
            raise self._missing("are not installed") from error
        if done.stdout.split() != list(self.packages.values()):
            raise self._missing(f"are there in other versions ({', '.join(done.stdout.split())})")
        return dict(self.packages)

    def environment(self) -> dict[str, str]:
        """The environment of this process, with the peers' programs first on the path."""
        return {**os.environ, "PATH": f"{self.bin}{os.pathsep}{os.environ.get('PATH', '')}"}

    def _pins(self) -> list[str]:
        return [f"{name}=={version}" for name, version in self.packages.items()]

    def _missing(self, how: str) -> OutsideFailed:
        return OutsideFailed(
            "peer_missing",
            f"the peers {', '.join(self._pins())} {how}",
            mend=f"Say `{Path(sys.argv[0]).name} bench {self.name} --setup` first.",
        )
