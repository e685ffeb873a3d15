"""README.md of a released model: a model card with the front matter that model hubs read. Pure."""

from collections.abc import Iterable

import yaml

from pipelines.artifacts import Delta
from pipelines.release.config import ReleaseConfig
from pipelines.release.markdown import code, escape, mention
from pipelines.release.papers import DataLeaf, DataManifest, ReleaseReport


def model_card(config: ReleaseConfig, report: ReleaseReport, data: DataManifest) -> str:
    sections = [
        f"---\n{yaml.safe_dump(_front_matter(config), sort_keys=True, allow_unicode=True)}---",
        f"# {escape(config.repository)} {escape(config.version)}",
        _lead(config, report),
        "## Evaluation\n\n" + _evaluation(report),
        "## Training\n\n" + _training(report),
        "## Data\n\n" + _data(data),
        "## Contributors\n\n" + _contributors(config),
        "## Limitations\n\n" + _LIMITATIONS,
    ]
    return "\n\n".join(sections) + "\n"


_LIMITATIONS = """\
- The exams are questions that contributors wrote and that no training data was made from. They are few for each
  leaf; an interval says how sure a delta is, and `no clear change` does not mean that nothing changed.
- A score is the likelihood of a reference answer, not a judgement of what the model says. It may still say wrong
  or harmful things, about the new leaves too.
- The training data was written by another model from the leaves and their documents, and inherits its faults.
- Licences and attributions are those that contributors gave; `data.json` lists them for every leaf."""


def _front_matter(config: ReleaseConfig) -> dict[str, object]:
    scheme, _, rest = config.base_model.partition(":")
    hub = {"base_model": rest.rpartition("@")[0]} if scheme == "hf" else {}
    return {
        "license": config.licence,
        "library_name": "transformers",
        "pipeline_tag": "text-generation",
        "tags": ["graftlab", "taxonomy", "synthetic-data"],
        "model_version": config.version,
        **hub,
    }


def _lead(config: ReleaseConfig, report: ReleaseReport) -> str:
    before = (
        f"the release before, {escape(config.previous_version)}"
        if config.previous_version
        else "its base model (this is the first release)"
    )
    return (
        f"Tuned from {code(config.base_model)} on the taxonomy {escape(config.repository)} at commit "
        f"{code(config.taxonomy_commit)}. Compared with {before}: {escape(report.summary)}"
    )


def _evaluation(report: ReleaseReport) -> str:
    head = (
        "| metric | before | this release | delta | 95 % interval | n | verdict |\n"
        "|---|---:|---:|---:|---|---:|---|"
    )
    note = "In points: 100 x mean log-likelihood of the reference answers' tokens, in nats. Higher is better."
    rows = [_row(row) for row in (*report.deltas, *report.by_leaf)]
    return "\n".join([note, "", head, *rows])


def _row(row: Delta) -> str:
    found = row.against_reference
    metric, _, leaf = row.metric.partition(":")
    name = f"{metric} {code(leaf)}" if leaf else metric
    return (
        f"| {name} | {row.reference:.1f} | {row.candidate:.1f} | {found.delta:+.1f} | "
        f"{found.low:+.1f} to {found.high:+.1f} | {row.n} | {row.verdict.value} |"
    )


def _training(report: ReleaseReport) -> str:
    rows = [
        f"| {phase.phase} | {phase.steps} | {phase.tokens} | {phase.first_loss:.3f} | {phase.last_loss:.3f} |"
        for phase in report.training
    ]
    head = "| phase | steps | tokens | first loss | last loss |\n|---|---:|---:|---:|---:|"
    return "\n".join([head, *rows])


def _data(data: DataManifest) -> str:
    kept = sum(leaf.samples_kept for leaf in data.leaves)
    teacher = f" by {code(data.teacher)}" if data.teacher else ""
    lead = (
        f"{kept} synthetic samples from {len(data.leaves)} leaves, written and graded{teacher}. "
        "Every leaf with its samples, drops, documents and attribution is in `data.json`."
    )
    head = "| leaf | kind | samples | created by | licence | creators |\n|---|---|---:|---|---|---|"
    return "\n".join([lead, "", head, *(_leaf(leaf) for leaf in data.leaves)])


def _leaf(leaf: DataLeaf) -> str:
    licence = escape(leaf.attribution.licence) if leaf.attribution else ""
    creators = escape(leaf.attribution.creators) if leaf.attribution else ""
    new = " (new)" if leaf.new else ""
    return (
        f"| {code(leaf.leaf_id)}{new} | {leaf.kind.value} | {leaf.samples_kept} | {escape(leaf.created_by)} | "
        f"{licence} | {creators} |"
    )


def _contributors(config: ReleaseConfig) -> str:
    logins: Iterable[str] = sorted(
        {contribution.login for contribution in config.contributions}, key=str.lower
    )
    named = ", ".join(mention(login) for login in logins)
    return f"New in this release by {named}." if named else "This release holds no new contribution."
