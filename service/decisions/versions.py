"""What a release is called: `YYYY.WW.N`, by ISO year and week, counted within the week from 1."""

from collections.abc import Collection
from datetime import UTC, datetime


def next_version(now: datetime, taken: Collection[str]) -> str:
    """The first version of this week that is higher than all that are taken."""
    year, week, _ = now.astimezone(UTC).isocalendar()
    prefix = f"{year}.{week:02d}."
    counts = [int(version.removeprefix(prefix)) for version in taken if version.startswith(prefix)]
    return f"{prefix}{max(counts, default=0) + 1}"
