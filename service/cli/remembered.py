"""Findings that were shown before and are shown again as they were."""

from collections.abc import Sequence
from typing import overload

from taxonomy_schema.findings import Finding, Severity


class Remembered(Sequence[Finding]):
    """Rows of severity, JSON and what a terminal shows; a finding is made of its JSON only when it is asked for."""

    def __init__(self, rows: Sequence[tuple[str, str, str]]) -> None:
        self._rows = rows

    @property
    def blocks(self) -> list[str]:
        """Each as a terminal shows it, in colour."""
        return [shown for _, _, shown in self._rows]

    @property
    def errors(self) -> int:
        """How many there are."""
        return sum(severity == Severity.ERROR for severity, _, _ in self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, at: int) -> Finding: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[Finding]: ...

    def __getitem__(self, at: int | slice) -> Finding | Sequence[Finding]:
        if isinstance(at, slice):
            return Remembered(self._rows[at])
        import json

        return Finding.from_dict(json.loads(self._rows[at][1]))
