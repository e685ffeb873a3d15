"""A walked journey as a report: what the ledger, the stand-in and the artifacts say of it, read once more."""

import hashlib

import httpx
import redis
from github.CheckRun import CheckRun
from github.GitRelease import GitRelease

from pipelines.artifacts import Comparison, Delta
from service.cli.journey.report import (
    AnnotationReport,
    AssetReport,
    CheckReport,
    DeltaReport,
    JourneyReport,
    ReleaseReport,
    StageReport,
    versions,
)
from service.cli.journey.steps import Journey, JourneyFailed, Walked
from service.ledger.queries import RunView

_ENGINE_STAGES = {"generate", "train", "evaluate"}


def summarise(journey: Journey, walked: Walked, *, seconds: float) -> JourneyReport:
    """`seconds` is the wall-clock time from the first process to the badge."""
    stages = [*_stages(walked.evaluated.run), *_stages(walked.released.run)]
    comments = journey.comments_by_bot()
    if journey.broken_check is None or journey.mended_check is None:
        raise JourneyFailed("the journey has no checks", mend="Walk it before summarising it.")
    return JourneyReport(
        leaf=journey.leaf.id,
        journey_seconds=round(seconds, 1),
        engine_seconds=round(sum(s.seconds for s in stages if s.name in _ENGINE_STAGES and not s.reused), 1),
        stages=stages,
        reused_stages=sum(s.reused for s in stages),
        versions=versions(_valkey(journey.stack.broker_port)),
        comment_markdown=comments[0],
        comments_by_bot=len(comments),
        deltas=[_delta(delta) for delta in Comparison.model_validate(walked.evaluated.result).deltas],
        check=_check(journey.broken_check, journey.mended_check),
        release=_release(walked.release),
        badge_svg=walked.badge,
        restarts={"worker-gpu": journey.stack.supervisor.restarts("worker-gpu")},
    )


def _stages(run: RunView) -> list[StageReport]:
    return [
        StageReport(
            run=run.kind,
            name=stage.name,
            subject=stage.subject,
            seconds=round(stage.seconds, 1),
            inputs_key=stage.inputs_key or "",
            reused=stage.reused,
            counts=stage.summary,
        )
        for stage in run.stages
    ]


def _delta(delta: Delta) -> DeltaReport:
    return DeltaReport(
        metric=delta.metric,
        reference=delta.reference,
        control=delta.control,
        candidate=delta.candidate,
        delta=delta.against_reference.delta,
        low=delta.against_reference.low,
        high=delta.against_reference.high,
        n=delta.n,
        verdict=delta.verdict,
    )


def _check(broken: CheckRun, mended: CheckRun) -> CheckReport:
    return CheckReport(
        conclusion=broken.conclusion,
        annotations=[
            AnnotationReport(
                path=a.path, start_line=a.start_line, level=a.annotation_level, message=a.message
            )
            for a in broken.get_annotations()
        ],
        mended_conclusion=mended.conclusion,
    )


def _release(release: GitRelease) -> ReleaseReport:
    return ReleaseReport(
        version=release.tag_name.removeprefix("v"),
        tag=release.tag_name,
        assets=[
            AssetReport(name=asset.name, size=asset.size, sha256=_sha256(asset.browser_download_url))
            for asset in release.get_assets()
        ],
    )


def _sha256(url: str) -> str:
    """Of what anybody would download."""
    hasher = hashlib.sha256()
    with httpx.stream("GET", url, timeout=120, follow_redirects=True) as answer:
        for chunk in answer.raise_for_status().iter_bytes():
            hasher.update(chunk)
    return hasher.hexdigest()


def _valkey(port: int) -> str:
    with redis.Redis(port=port, socket_timeout=5) as client:
        return str(client.info("server").get("valkey_version", "unknown"))
