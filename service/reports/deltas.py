"""The measured rows, as a Markdown table."""

from collections.abc import Iterable, Sequence

from pipelines.artifacts import Delta, Interval
from service.reports.escape import code, prose
from service.reports.table import points, several, signed, table
from service.reports.verdict import SIGNS

_EXPLANATION = (
    "<sub>In points: 100 × mean log-likelihood per token of the reference answers, higher is better; "
    "in brackets the 95 % interval of the paired difference. The control is the same training without this "
    "contribution.</sub>"
)


def delta_table(deltas: Sequence[Delta], *, release: str | None) -> str:
    """All rows with their levels, differences and verdicts; notes and units below it."""
    with_control = any(row.against_control is not None for row in deltas)
    reference = "base model" if release is None else f"release {prose(release, 20)}"
    header = ["", reference, *(["control"] if with_control else []), "candidate"]
    header += ["delta", *(["delta to control"] if with_control else []), "n", "verdict"]
    rows = [_row(row, with_control=with_control) for row in deltas]
    right = range(1, len(header) - 1)
    notes = "".join(f"\n<sub>{_label(row)}: {prose(row.note, 300)}</sub>\n" for row in deltas if row.note)
    return f"{table(header, rows, right=right)}\n{notes}\n{_EXPLANATION}"


def leaf_table(deltas: Iterable[Delta]) -> str:
    """One row a leaf: the difference to the reference, and to the control where there is one."""
    rows = [
        [
            code(row.label),
            row.metric.partition(":")[0],
            interval(row.against_reference),
            interval(row.against_control),
            str(row.n),
            verdict(row),
        ]
        for row in deltas
    ]
    return table(["leaf", "part of", "delta", "delta to control", "n", "verdict"], rows, right=(2, 3, 4))


def _row(row: Delta, *, with_control: bool) -> list[str]:
    control = "–" if row.control is None else points(row.control)
    return [
        f"**{_label(row)}**",
        points(row.reference),
        *([control] if with_control else []),
        points(row.candidate),
        interval(row.against_reference),
        *([interval(row.against_control)] if with_control else []),
        f"{row.n} in {several(row.clusters, 'group')}" if row.clusters != row.n else str(row.n),
        verdict(row),
    ]


def _label(row: Delta) -> str:
    return prose(row.label, 120)


def interval(value: Interval | None) -> str:
    """`+38.2 [+25.1, +51.3]`."""
    return "–" if value is None else f"{signed(value.delta)} [{signed(value.low)}, {signed(value.high)}]"


def verdict(row: Delta) -> str:
    return f"{SIGNS[row.verdict]} {row.verdict.value}"
