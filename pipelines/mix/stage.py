"""mix: samples become one file of rows for each phase, within the recipe's budget of tokens."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pipelines.artifacts import PHASES, LeafSet, Phase, PhaseCounts, PhaseData, Sample, SampleSet
from pipelines.chat import ChatTokenizer
from pipelines.errors import WrongUse
from pipelines.files import write_atomically
from pipelines.mix.config import MixConfig
from pipelines.mix.rows import Candidate, Pool, make_pool
from pipelines.mix.sampling import Drawn, draw_evenly, shuffled
from pipelines.models import resolve_model
from pipelines.runs import Manifest, RunDir


def run(run_dir: RunDir) -> Manifest:
    """Mix for the config's subject. Raises WrongUse when there is no row at all."""
    config = MixConfig.model_validate(run_dir.spec().config)
    run_dir.progress.say(0, len(PHASES), "phases", "counting tokens")
    tokenizer = ChatTokenizer.load(resolve_model(config.base_model, run_dir.place().models))
    contributed = frozenset(
        entry.leaf.id for entry in LeafSet.load(run_dir.input_path("leafset")).contributed()
    )
    folder = run_dir.input_path("sampleset")
    samples = SampleSet.load(folder).samples(folder)
    if config.subject == "control":
        samples = tuple(sample for sample in samples if sample.leaf_id not in contributed)
    if config.subject == "release":
        contributed = frozenset()
    knowledge = _pool((one for one in samples if one.kind.is_knowledge), contributed, tokenizer, config)
    skills = _pool((one for one in samples if not one.kind.is_knowledge), contributed, tokenizer, config)
    counts = (
        _write(run_dir, "knowledge", _Mixture(knowledge, None), config),
        _write(run_dir, "skills", _Mixture(skills, knowledge), config),
    )
    if not any(count.rows for count in counts):
        raise WrongUse(
            "nothing_to_mix",
            f"there is no row for the {config.subject}: no sample was kept"
            + (" besides the contribution's" if config.subject == "control" else ""),
            mend="Raise `samples_per_leaf` or `max_row_tokens`, or let the taxonomy begin with a leaf.",
        )
    run_dir.write_json(PhaseData.file, PhaseData(phases=counts))
    run_dir.progress.say(len(PHASES), len(PHASES), "phases", "done")
    return run_dir.finish(_summary(config, counts))


def _pool(
    samples: Iterable[Sample], contributed: frozenset[str], tokenizer: ChatTokenizer, config: MixConfig
) -> Pool:
    return make_pool(samples, contributed, tokenizer, config.max_row_tokens)


@dataclass(frozen=True, slots=True)
class _Mixture:
    """What a phase is for, and what it replays from an earlier one."""

    own: Pool
    earlier: Pool | None

    def draw(self, config: MixConfig) -> list[Drawn]:
        """The contribution's share first where it belongs to the phase, the rest evenly over all other leaves."""
        new = [row for row in self.own.rows if row.contributed]
        replayed = [row for row in self.own.rows if not row.contributed]
        replayed += self.earlier.rows if self.earlier else ()
        share = config.contribution_share if replayed else 1.0
        drawn = draw_evenly(new, int(config.tokens_per_phase * share), config.seed) if new else []
        spent = sum(one.candidate.tokens for one in drawn)
        drawn += draw_evenly(replayed, config.tokens_per_phase - spent, config.seed)
        return shuffled(drawn, config.seed)

    @property
    def too_long(self) -> int:
        return sum(self.own.too_long.values()) + (sum(self.earlier.too_long.values()) if self.earlier else 0)


def _write(run_dir: RunDir, phase: Phase, mixture: _Mixture, config: MixConfig) -> PhaseCounts:
    drawn = mixture.draw(config)
    file = f"{phase}.jsonl"
    write_atomically(run_dir.path / file, "".join(_line(one) for one in drawn).encode())
    candidates: list[Candidate] = [one.candidate for one in drawn]
    contributed = sum(candidate.contributed for candidate in candidates)
    return PhaseCounts(
        phase=phase,
        file=file,
        rows=len(drawn),
        tokens=sum(candidate.tokens for candidate in candidates),
        contributed_rows=contributed,
        replay_rows=len(drawn) - contributed,
        rows_by_leaf=dict(sorted(Counter(candidate.leaf_id for candidate in candidates).items())),
        repeated_rows=sum(one.time > 0 for one in drawn),
        dropped_too_long=mixture.too_long,
    )


def _line(one: Drawn) -> str:
    row = one.candidate.row
    if one.time:
        row = row.model_copy(update={"id": f"{row.id}-{one.time + 1}"})
    return row.model_dump_json() + "\n"


def _summary(config: MixConfig, counts: tuple[PhaseCounts, ...]) -> dict[str, Any]:
    return {
        "subject": config.subject,
        "tokens_per_phase": config.tokens_per_phase,
        "phases": {
            count.phase: count.model_dump(exclude={"phase", "file", "rows_by_leaf"}) for count in counts
        },
        "empty_phases": [count.phase for count in counts if not count.rows],
    }
