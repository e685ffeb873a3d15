"""What goes and what stays, from artifacts on disk and a ledger that knows them."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from typer.testing import CliRunner

from pipelines.artifacts import ExamReport, LeafCounts, SampleSet
from pipelines.runs import InputRef, Place, RunDir, StageSpec
from service.cli.main import build
from service.errors import Misconfigured, Refusal
from service.jobs import artifact_folders as folders
from service.jobs.prune import Pruned, prune
from service.jobs.tools import Tools
from service.ledger.session import read_scope, session_scope
from service.ledger.tables import Delivery, LeafResult, Release, Run, RunKind, RunState, Stage, StageState
from service.settings import Settings

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=60)
REPO = "garden/taxonomy"


class World:
    """A ledger and its artifacts; everything is long ago unless it is said otherwise."""

    def __init__(self, engine: Engine, artifacts: Path) -> None:
        self.engine, self.artifacts = engine, artifacts
        self._key = 0

    def artifact(
        self,
        stage: str,
        *,
        age: datetime = LONG_AGO,
        inputs: tuple[Path, ...] = (),
        leaf: str = "",
        model: str = "",
    ) -> Path:
        self._key += 1
        name = f"{self._key:032x}"
        path = self.artifacts / stage / name[-2:] / name
        refs = {str(at): InputRef(path=str(given), digest="d") for at, given in enumerate(inputs)}
        spec = StageSpec(stage=stage, config={"n": self._key}, inputs=refs, code_version="v")
        run_dir = RunDir.create(path, spec, Place(models=path, leaves=path))
        (path / "data.bin").write_bytes(b"x" * 1000)
        if leaf:
            counts = LeafCounts(
                leaf_id="knowledge/a", leaf_key=leaf, file="f", asked=1, kept=1, reused=False,
                requests=1, prompt_tokens=1, completion_tokens=1,
            )  # fmt: skip
            run_dir.write_json(SampleSet.file, SampleSet(leaves=(counts,)))
        if model:
            run_dir.write_json(ExamReport.file, ExamReport(model_digest=model, scores=(), answers=()))
        self.age(path, age)
        return path

    def cache(self, kind: str, name: str, age: datetime = LONG_AGO) -> Path:
        path = self.artifacts / kind / name
        path.mkdir(parents=True)
        (path / "leaf.json").write_text("{}")
        self.age(path, age)
        return path

    def age(self, path: Path, at: datetime) -> None:
        for file in [*path.iterdir(), path]:
            os.utime(file, (at.timestamp(), at.timestamp()))

    def run(
        self,
        *dirs: Path,
        state: RunState = RunState.SUCCEEDED,
        at: datetime = LONG_AGO,
        context: dict[str, object] | None = None,
    ) -> int:
        with session_scope(self.engine) as session:
            self._key += 1
            run = Run(
                kind=RunKind.EVALUATE, repository=REPO, head_sha=f"{self._key:040x}", base_sha="b", state=state,
                requested_by="ann", created_at=at, context=context or {},
            )  # fmt: skip
            session.add(run)
            session.flush()
            for position, path in enumerate(dirs):
                session.add(
                    Stage(
                        run_id=run.id,
                        position=position,
                        name=path.parts[-3],
                        subject=str(position),
                        queue="cpu",
                        state=StageState.SUCCEEDED,
                        run_dir=str(path),
                        finished_at=at,
                    )
                )
            return run.id

    def release(
        self, version: str, run_id: int, folder: Path, at: datetime, state: str = "published"
    ) -> None:
        with session_scope(self.engine) as session:
            session.add(
                Release(
                    repository=REPO,
                    version=version,
                    run_id=run_id,
                    taxonomy_commit="c",
                    folder=str(folder),
                    digest="d",
                    state=state,
                    created_at=at,
                    published_at=at,
                )
            )

    def deliveries(self, **ages: datetime | None) -> None:
        with session_scope(self.engine) as session:
            for name, at in ages.items():
                session.add(
                    Delivery(
                        delivery_id=name, event="push", body=b"12345", received_at=LONG_AGO, processed_at=at
                    )
                )

    def known(self) -> set[str]:
        with read_scope(self.engine) as session:
            return set(session.scalars(select(Delivery.delivery_id)))


@pytest.fixture
def world(engine: Engine, settings: Settings) -> World:
    return World(engine, settings.artifacts_folder)


@pytest.fixture
def act(engine: Engine, settings: Settings) -> Callable[..., Pruned]:
    def now(*, dry_run: bool = False, **changes: object) -> Pruned:
        tools = Tools(settings.model_copy(update=changes), engine, lambda *_: None)
        return prune(tools, dry_run=dry_run)

    return now


def test_old_artifacts_that_nothing_needs_go_with_their_bytes_counted(
    world: World, act: Callable[..., Pruned]
) -> None:
    old, young, recent = world.artifact("train"), world.artifact("mix", age=NOW), world.artifact("train")
    world.run(old)
    world.run(recent, at=NOW)  # used again by a stage, though its files are old
    done = act()
    assert [gone.path for gone in done.folders] == [str(old)]
    assert done.folder_bytes > 1000
    assert (old.exists(), young.exists(), recent.exists()) == (False, True, True)
    assert folders.left_behind(world.artifacts) == []


def test_a_dry_run_says_the_same_and_changes_nothing(world: World, act: Callable[..., Pruned]) -> None:
    old = world.artifact("train")
    world.run(old)
    world.deliveries(old=LONG_AGO, waiting=None, new=NOW)
    said = act(dry_run=True)
    assert (old.exists(), world.known()) == (True, {"old", "waiting", "new"})
    done = act()
    assert (said.folders, said.deliveries, said.delivery_bytes) == (done.folders, 1, 5)
    assert (old.exists(), world.known()) == (False, {"waiting", "new"})


def test_an_open_run_keeps_what_it_works_with_and_what_that_was_made_from(
    world: World, act: Callable[..., Pruned]
) -> None:
    source, unneeded, model = world.artifact("collect"), world.artifact("collect"), world.artifact("release")
    mixed = world.artifact("mix", inputs=(source,))
    world.run(source, unneeded, model)
    world.run(mixed, state=RunState.RUNNING, context={"reference": {"path": str(model)}})
    assert [gone.path for gone in act().folders] == [str(unneeded)]


def test_the_newest_releases_keep_all_and_the_present_one_always(
    world: World, act: Callable[..., Pruned]
) -> None:
    made = []
    for week in range(4):
        trained, folder = world.artifact("train"), world.artifact("release")
        world.release(f"2026.0{week}.1", world.run(trained, folder), folder, LONG_AGO + timedelta(days=week))
        made.append((trained, folder))
    unpublished = (world.artifact("train"), world.artifact("release"))
    world.release("2026.09.1", world.run(*unpublished), unpublished[1], LONG_AGO, state="publishing")
    assert {gone.path for gone in act().folders} == {str(path) for path in made[0]}
    assert {gone.path for gone in act(keep_releases=0).folders} == {
        str(p) for pair in made[1:3] for p in pair
    }
    assert all(path.exists() for path in (*made[3], *unpublished))


def test_papers_behind_a_badge_stay_and_its_models_go(world: World, act: Callable[..., Pruned]) -> None:
    trained, evaluated = world.artifact("train"), world.artifact("evaluate")
    run_id = world.run(trained, evaluated)
    with session_scope(world.engine) as session:
        session.add(
            LeafResult(repository=REPO, leaf_id="knowledge/a", status="merged", run_id=run_id, updated_at=NOW)
        )
    assert [gone.path for gone in act().folders] == [str(trained)]


def test_caches_stay_while_something_that_stays_stands_on_them(
    world: World, act: Callable[..., Pruned]
) -> None:
    used, unused = world.cache("leaves", "k1"), world.cache("leaves", "k2")
    written, scored = world.cache("leaves", "k3", NOW), world.cache("scores", "m" * 32)
    forgotten = world.cache("scores", "o" * 32)
    generated, evaluated = world.artifact("generate", leaf="k1"), world.artifact("evaluate", model="m" * 64)
    world.run(generated, evaluated, at=NOW)
    assert {gone.path for gone in act().folders} == {str(unused), str(forgotten)}
    assert all(path.exists() for path in (used, written, scored))


def test_nothing_goes_when_the_ledger_knows_none_of_it(world: World, act: Callable[..., Pruned]) -> None:
    old = world.artifact("train")
    with pytest.raises(Refusal, match="knows none"):
        act()
    assert old.exists()


def test_a_release_that_the_ledger_does_not_know_stays(world: World, act: Callable[..., Pruned]) -> None:
    stray, foreign = world.artifact("train"), world.artifact("release")
    world.run(world.artifact("mix", age=NOW), at=NOW)
    assert [gone.path for gone in act().folders] == [str(stray)]
    assert foreign.exists()


def test_artifacts_are_known_by_their_key_from_wherever_the_folder_is_looked_at(
    world: World, act: Callable[..., Pruned], tmp_path: Path
) -> None:
    needed = world.artifact("mix")
    world.run(needed, state=RunState.RUNNING)
    (tmp_path / "mounted").symlink_to(world.artifacts)
    assert act(artifacts=tmp_path / "mounted").folders == []


def test_a_run_that_takes_a_directory_at_the_last_moment_keeps_it(
    world: World, act: Callable[..., Pruned], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = world.artifact("mix")
    world.run(path)
    measure = folders.size

    def meanwhile(measured: Path) -> int:
        world.run(path, state=RunState.RUNNING)
        return measure(measured)

    monkeypatch.setattr(folders, "size", meanwhile)
    assert act().folders == []
    assert path.exists()


def test_what_a_killed_removal_left_is_removed_and_what_cannot_go_is_said(
    world: World, act: Callable[..., Pruned], monkeypatch: pytest.MonkeyPatch
) -> None:
    world.run(world.artifact("mix", age=NOW), at=NOW)
    aside = folders.set_aside(world.artifact("train"))
    assert act().faults == []
    assert not aside.exists()
    old = world.artifact("train")

    def refuse(_path: Path) -> Path:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(folders, "set_aside", refuse)
    done = act()
    assert (done.faults, done.folders) == ([f"{old}: Read-only file system"], [])


def test_zero_days_keep_everything(world: World, act: Callable[..., Pruned]) -> None:
    world.run(world.artifact("train"))
    world.deliveries(old=LONG_AGO)
    done = act(keep_artifacts_days=0, keep_deliveries_days=0)
    assert (done.folders, done.deliveries, world.known()) == ([], 0, {"old"})


def test_a_delivery_is_kept_for_as_long_as_github_may_repeat_it() -> None:
    with pytest.raises(ValueError, match="handled twice"):
        Settings(keep_deliveries_days=5)
    assert Settings(keep_deliveries_days=8).keep_deliveries_days == 8


def test_the_command_says_what_would_go_and_needs_a_ledger(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    world.run(world.artifact("train"))
    world.deliveries(old=LONG_AGO)
    monkeypatch.setattr("service.cli.here.get_settings", lambda: settings)
    graft = CliRunner()
    shown = graft.invoke(build(), ["prune", "--dry-run"])
    assert (shown.exit_code, "would go" in shown.output, "train" in shown.output) == (0, True, True)
    said = json.loads(graft.invoke(build(), ["prune", "--json"]).output)
    assert (said["deliveries"], [one["kind"] for one in said["folders"]]) == (1, ["train"])
    monkeypatch.setattr(
        "service.cli.here.get_settings", lambda: Settings(database_url="", home=tmp_path / "none")
    )
    failed = graft.invoke(build(), ["prune"])
    assert isinstance(failed.exception, Misconfigured)
    assert ".graft" in failed.exception.mend
    with read_scope(world.engine) as session:
        assert session.scalar(select(func.count()).select_from(Delivery)) == 0
