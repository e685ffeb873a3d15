"""What the architecture tests look at: the repository's own files."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("service", "pipelines", "taxonomy_schema")


@cache
def tracked_files() -> tuple[Path, ...]:
    """Every file that Git tracks or would track, relative to the root; without Git (an archive), every file."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        names = [Path(name) for name in listed.stdout.split("\0") if name]
    else:
        names = [path.relative_to(ROOT) for path in ROOT.rglob("*")]
    hidden = {".venv", ".git", "__pycache__"}
    return tuple(sorted(name for name in names if not hidden & set(name.parts) and (ROOT / name).is_file()))


def python_files(*folders: str) -> list[Path]:
    """Tracked Python files under the given folders, relative to the root."""
    return [path for path in tracked_files() if path.suffix == ".py" and path.parts[0] in folders]
