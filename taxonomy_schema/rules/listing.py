"""The list of codes in the contributors' guide, written from the rules themselves.

`python -m taxonomy_schema.rules.listing docs/contributing-a-leaf.md` brings a guide up to date; a test compares.
"""

import sys
from pathlib import Path
from typing import Final

from taxonomy_schema.rules import ALL_RULES

START: Final = "<!-- codes: written by taxonomy_schema.rules.listing -->"
END: Final = "<!-- end of codes -->"


def codes() -> str:
    """A Markdown table of every code: what it is called, whether it blocks, what it means."""
    rows = [f"| {rule.code} | {rule.severity} | {rule.title} | {rule.docs} |" for rule in ALL_RULES]
    return "\n".join(["| code | severity | finding | what it means |", "|---|---|---|---|", *rows])


def with_codes(guide: str) -> str:
    """A guide with the list between its two marks replaced.

    Raises:
        ValueError: a mark is missing.

    """
    before, rest = guide.split(START, 1)
    _, after = rest.split(END, 1)
    return f"{before}{START}\n{codes()}\n{END}{after}"


if __name__ == "__main__":
    guide_file = Path(sys.argv[1])
    guide_file.write_text(with_codes(guide_file.read_text("utf-8")), "utf-8")
