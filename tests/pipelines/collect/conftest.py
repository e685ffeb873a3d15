"""A taxonomy and a document repository, both real Git, made for each test."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from pipelines.collect.config import CollectConfig
from pipelines.collect.stage import run
from pipelines.provenance import code_version
from pipelines.runs import Manifest, Place, RunDir, StageSpec

DOCUMENT_URL = "https://github.com/example/birds"


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@dataclass(slots=True)
class Repository:
    """A working clone that tests write into."""

    path: Path

    def commit(self, files: dict[str, str | bytes | None]) -> str:
        for name, content in files.items():
            target = self.path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                target.unlink()
            else:
                target.write_bytes(content if isinstance(content, bytes) else content.encode())
        git(self.path, "add", "-A")
        git(self.path, "commit", "--quiet", "--allow-empty", "-m", "change")
        return git(self.path, "rev-parse", "HEAD")


def skill(questions: int = 5, word: str = "red") -> str:
    seeds = [
        {"question": f"What rhymes with {word} number {n}?", "answer": f"Bed number {n}."}
        for n in range(questions)
    ]
    leaf = {"version": 3, "created_by": "ada", "task_description": "Find rhymes.", "seed_examples": seeds}
    return yaml.safe_dump(leaf, sort_keys=False)


def knowledge(commit: str, *, repo: str = DOCUMENT_URL, patterns: tuple[str, ...] = ("*.md",)) -> str:
    contexts = [
        {
            "context": f"Bird {c} lives in country {c}.",
            "questions_and_answers": [
                {"question": f"What is fact {q} of bird {c}?", "answer": f"Fact {q} of bird {c}."}
                for q in range(3)
            ],
        }
        for c in range(5)
    ]
    leaf = {
        "version": 3,
        "created_by": "ada",
        "domain": "birds",
        "document_outline": "Birds of many countries",
        "document": {"repo": repo, "commit": commit, "patterns": list(patterns)},
        "seed_examples": contexts,
    }
    return yaml.safe_dump(leaf, sort_keys=False)


ATTRIBUTION = (
    "Title of work: Birds\nLink to work: https://example.org/birds\nRevision: 1\n"
    "License of the work: CC-BY-4.0\nCreator names: Ada\n"
)


def leaf_files(leaf_id: str, qna: str) -> dict[str, str | bytes | None]:
    return {f"{leaf_id}/qna.yaml": qna, f"{leaf_id}/attribution.txt": ATTRIBUTION}


@dataclass(slots=True)
class World:
    """Everything a collecting needs."""

    folder: Path
    taxonomy: Repository
    documents: Repository
    mirrors: dict[str, str]
    runs: list[RunDir] = field(default_factory=list)

    def collect(self, commit: str, base: str, **settings: object) -> RunDir:
        config = CollectConfig.model_validate({"commit": commit, "base_commit": base, **settings})
        spec = StageSpec(
            stage="collect", config=config.model_dump(mode="json"), code_version=code_version("collect")
        )
        place = Place(
            models=self.folder / "home" / "models",
            leaves=self.folder / "home" / "leaves",
            taxonomy=self.taxonomy.path,
            mirrors=self.mirrors,
        )
        run_dir = RunDir.create(self.folder / f"run{len(self.runs)}", spec, place)
        self.runs.append(run_dir)
        manifest: Manifest = run(run_dir)
        assert manifest.stage == "collect"
        return run_dir


@pytest.fixture
def world(tmp_path: Path) -> World:
    repositories: dict[str, Repository] = {}
    for name in ("taxonomy", "documents"):
        path = tmp_path / name
        path.mkdir()
        git(path, "init", "--quiet")
        repositories[name] = Repository(path)
    repositories["documents"].commit(
        {"bird.md": "# Birds\n\nThe wren is a very small bird that sings in spring.\n"}
    )
    mirrors = {"https://github.com/example": str(tmp_path / "mirror")}
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "birds").symlink_to(tmp_path / "documents")
    return World(tmp_path, repositories["taxonomy"], repositories["documents"], mirrors)


Collect = Callable[..., RunDir]
