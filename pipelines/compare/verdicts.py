"""From items to rows with verdicts, and from rows to the headline. Pure."""

from collections.abc import Callable, Hashable, Sequence
from statistics import fmean

from pipelines.artifacts import Delta, Interval, Verdict
from pipelines.compare.config import CompareConfig
from pipelines.compare.items import Item
from pipelines.compare.statistics import Estimate, estimate, holm

_DIGITS = 4
_NO_CONTROL_GAIN = "no more than the control, which was trained as long without the contribution"

Clusterer = Callable[[Item], Hashable]


def deciding_rows(items: Sequence[Item], config: CompareConfig) -> tuple[Delta, ...]:
    """`exam` over the contributed leaves and `retention` over all others, where there are such."""
    exam = [item for item in items if item.contributed]
    rest = [item for item in items if not item.contributed]
    rows = []
    if exam:
        rows.append(_row("exam", "exam of the contribution", exam, _by_context, config))
    if rest:
        leaves = len({item.leaf_id for item in rest})
        clusterer = _by_leaf if leaves >= config.min_leaves else _by_context
        rows.append(
            _row("retention", f"retention on {leaves} other {_leaves(leaves)}", rest, clusterer, config)
        )
    return tuple(rows)


def leaf_rows(items: Sequence[Item], config: CompareConfig) -> tuple[Delta, ...]:
    """One row a leaf. Verdicts hold over all leaves together: p-values are Holm-adjusted, intervals are not."""
    leaves: dict[tuple[bool, str], list[Item]] = {}
    for item in items:
        leaves.setdefault((not item.contributed, item.leaf_id), []).append(item)
    estimates = {key: _against_reference(members, _by_context) for key, members in leaves.items()}
    fit = [key for key, found in estimates.items() if _enough(found, config)]
    adjusted = dict(zip(fit, holm([estimates[key].p_value() for key in fit]), strict=True))
    return tuple(
        _row(
            f"{'retention' if key[0] else 'exam'}:{key[1]}",
            key[1],
            leaves[key],
            _by_context,
            config,
            p_value=adjusted.get(key, 1.0),
        )
        for key in sorted(leaves)
    )


def headline(rows: Sequence[Delta]) -> Verdict:
    """Regressed if any deciding row did; else what the exam says, or retention where there is no exam."""
    if any(row.verdict is Verdict.REGRESSED for row in rows):
        return Verdict.REGRESSED
    return rows[0].verdict


def _by_context(item: Item) -> Hashable:
    return item.cluster


def _by_leaf(item: Item) -> Hashable:
    return item.leaf_id


def _against_reference(items: Sequence[Item], clusterer: Clusterer) -> Estimate:
    return estimate([item.gain for item in items], [clusterer(item) for item in items])


def _enough(found: Estimate, config: CompareConfig) -> bool:
    return found.n >= config.min_items and found.clusters >= config.min_clusters


def _row(
    metric: str,
    label: str,
    items: Sequence[Item],
    clusterer: Clusterer,
    config: CompareConfig,
    *,
    p_value: float | None = None,
) -> Delta:
    found = _against_reference(items, clusterer)
    has_control = items[0].control is not None
    control = (
        estimate([item.gain_over_control for item in items], [clusterer(item) for item in items])
        if has_control
        else None
    )
    p_value = found.p_value() if p_value is None else p_value
    verdict, note = _verdict(found, control, p_value, config)
    return Delta(
        metric=metric,
        label=label,
        reference=round(fmean(item.reference for item in items), _DIGITS),
        control=round(fmean(item.control or 0.0 for item in items), _DIGITS) if has_control else None,
        candidate=round(fmean(item.candidate for item in items), _DIGITS),
        against_reference=_interval(found, config),
        against_control=None if control is None else _interval(control, config),
        n=found.n,
        clusters=found.clusters,
        verdict=verdict,
        p_value=round(p_value, 6),
        note=note,
    )


def _verdict(
    found: Estimate, control: Estimate | None, p_value: float, config: CompareConfig
) -> tuple[Verdict, str]:
    if not _enough(found, config):
        needed = f"{config.min_items} questions in {config.min_clusters} independent groups are needed"
        return Verdict.TOO_FEW_ITEMS, needed
    clear = p_value < 1 - config.confidence
    if clear and found.mean < 0:
        return Verdict.REGRESSED, ""
    if clear and found.mean > 0:
        if control is None or control.interval(config.confidence)[0] > 0:
            return Verdict.IMPROVED, ""
        return Verdict.NO_CLEAR_CHANGE, _NO_CONTROL_GAIN
    seen = f"a change of {found.detectable(config.confidence):.1f} points would be seen 4 times in 5"
    return Verdict.NO_CLEAR_CHANGE, seen


def _interval(found: Estimate, config: CompareConfig) -> Interval:
    low, high = found.interval(config.confidence)
    return Interval(delta=round(found.mean, _DIGITS), low=round(low, _DIGITS), high=round(high, _DIGITS))


def _leaves(count: int) -> str:
    return "leaf" if count == 1 else "leaves"
