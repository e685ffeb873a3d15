"""A preview's answer: a few samples as an evaluation would write them, and what would be dropped."""

from pipelines.artifacts import Sample
from pipelines.trials import DroppedSample, LeafPreview
from service.reports.escape import code, prose
from service.reports.sections import folded
from service.reports.table import several
from service.reports.trials.model import TrialInput

_NEXT = (
    "if the kept ones teach what the leaf means, a triager says `/graft approve`. If they do not, mend the seeds (or "
    "the document) and push: samples are written in their image."
)
_ALL_DROPPED = (
    "look at why each was dropped. Seeds that are clear by themselves, with full answers, help most; for knowledge, "
    "the document has to say what the seeds ask. Mend them and push."
)


def result(trial: TrialInput) -> list[str]:
    found = trial.preview
    if found is None:
        return [f"### ✅ Preview of `{trial.short_sha}` is done", "Its samples cannot be read any more."]
    kept = sum(len(leaf.kept) for leaf in found.leaves)
    asked = kept + sum(len(leaf.dropped) for leaf in found.leaves)
    sign = "🌱" if kept else "🍂"
    return [
        f"### {sign} Preview of `{trial.short_sha}`: {kept} of {several(asked, 'sample')} kept",
        f"**Next:** {_NEXT if kept else _ALL_DROPPED}",
        *(_leaf(leaf, opened=len(found.leaves) == 1) for leaf in found.leaves),
        "<sub>Written and judged as for an evaluation, only fewer; nothing was trained.</sub>",
    ]


def _leaf(leaf: LeafPreview, *, opened: bool) -> str:
    asked = len(leaf.kept) + len(leaf.dropped)
    again = ", from an earlier preview" if leaf.reused else ""
    parts = [_kept(sample) for sample in leaf.kept]
    if leaf.dropped:
        parts += [f"Dropped ({len(leaf.dropped)}):", *(_dropped(sample) for sample in leaf.dropped)]
    body = "\n\n".join(parts) or "Nothing was asked."
    # The leaf's name stands above: Markdown is not read within a summary.
    return (
        f"{code(leaf.leaf_id)}\n\n{folded(f'{len(leaf.kept)} of {asked} kept{again}', body, opened=opened)}"
    )


def _kept(sample: Sample) -> str:
    reason = f": {prose(sample.judgement.reason, 200)}" if sample.judgement.reason else ""
    context = f"<sub>about: {prose(sample.context, 400)}</sub><br>" if sample.context else ""
    return (
        f"> {context}**{prose(sample.question, 400)}**<br>{prose(sample.answer)}<br>"
        f"<sub>judged {sample.judgement.score:g}{reason}</sub>"
    )


def _dropped(sample: DroppedSample) -> str:
    step, _, why = sample.reason.partition(":")
    by = f"❌ {prose(step, 40)}: {prose(why, 200)}" if why else f"❌ {prose(step, 200)}"
    question = f"<del>{prose(sample.question, 300)}</del><br>" if sample.question else ""
    return f"> {question}<del>{prose(sample.answer, 300) or '(nothing)'}</del><br><sub>{by}</sub>"
