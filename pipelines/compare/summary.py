"""One sentence for people: what changed, and whether anything was lost. Pure."""

from collections.abc import Sequence

from pipelines.artifacts import Delta, Verdict


def summarise(rows: Sequence[Delta], confidence: float) -> str:
    by_metric = {row.metric: row for row in rows}
    parts = []
    if exam := by_metric.get("exam"):
        parts.append(_exam(exam, confidence))
    if retention := by_metric.get("retention"):
        parts.append(_retention(retention, confidence))
    return "; ".join(parts) + "."


def _exam(row: Delta, confidence: float) -> str:
    match row.verdict:
        case Verdict.IMPROVED:
            text = f"The exam improved by {_by(row, confidence)}"
            if row.against_control is not None:
                text += f", {row.against_control.delta:.1f} more than extra training alone"
            return text
        case Verdict.REGRESSED:
            return f"The exam got worse by {_by(row, confidence)}"
        case Verdict.TOO_FEW_ITEMS:
            return f"The exam has too few questions to tell ({row.n} in {row.clusters} independent groups)"
    if row.against_reference.low > 0:
        return f"The exam rose by {_by(row, confidence)}, but {row.note}"
    return f"The exam shows no clear change ({_signed(row, confidence)})"


def _retention(row: Delta, confidence: float) -> str:
    match row.verdict:
        case Verdict.REGRESSED:
            return f"the other leaves lost {_by(row, confidence)}"
        case Verdict.IMPROVED:
            return "the other leaves lost nothing and gained"
        case Verdict.TOO_FEW_ITEMS:
            return f"the other leaves have too few questions to tell ({row.n})"
    if row.against_reference.low > 0:
        return f"the other leaves lost nothing ({_signed(row, confidence)})"
    return f"no loss on the other leaves can be seen ({_signed(row, confidence)})"


def _by(row: Delta, confidence: float) -> str:
    """An amount without its sign, the verb says the direction."""
    found = row.against_reference
    ends = sorted((abs(found.low), abs(found.high)))
    return f"{abs(found.delta):.1f} points ({_percent(confidence)} interval {ends[0]:.1f} to {ends[1]:.1f})"


def _signed(row: Delta, confidence: float) -> str:
    found = row.against_reference
    return f"{found.delta:+.1f} points, {_percent(confidence)} interval {found.low:+.1f} to {found.high:+.1f}"


def _percent(confidence: float) -> str:
    return f"{confidence * 100:g} %"
