"""Writes what is derived from the rules: a page each with their table, and the list in the contributors' guide.

`python -m taxonomy_schema.rules.listing docs` brings a folder of documentation up to date; a test compares.
"""

import sys
from pathlib import Path
from typing import Final

from taxonomy_schema.rules import ALL_RULES
from taxonomy_schema.rules.pages import FAMILIES, pages

START: Final = "<!-- codes: written by taxonomy_schema.rules.listing -->"
END: Final = "<!-- end of codes -->"
GUIDE: Final = "contributing-a-leaf.md"
RULES: Final = "rules"


def codes() -> str:
    """A Markdown list: each family with its codes, each a link to its page."""
    rows = []
    for family in dict.fromkeys(rule.code[2] for rule in ALL_RULES):
        links = [f"[{rule.code}]({RULES}/{rule.code}.md)" for rule in ALL_RULES if rule.code[2] == family]
        rows.append(f"- {FAMILIES.get(family, 'Others')}: {', '.join(links)}")
    return "\n".join(rows)


def with_codes(guide: str) -> str:
    """A guide with the list between its two marks replaced.

    Raises:
        ValueError: a mark is missing.

    """
    before, rest = guide.split(START, 1)
    _, after = rest.split(END, 1)
    return f"{before}{START}\n{codes()}\n{END}{after}"


def derived(docs: Path) -> dict[Path, str]:
    """Every file below `docs` that is written here, with its text as it should be now."""
    guide = docs / GUIDE
    return {
        guide: with_codes(guide.read_text("utf-8")),
        **{docs / RULES / name: text for name, text in pages().items()},
    }


def write(docs: Path) -> None:
    """Write them, and remove pages of rules that are no more."""
    files = derived(docs)
    (docs / RULES).mkdir(exist_ok=True)
    for path in (docs / RULES).glob("GL*.md"):
        if path not in files:
            path.unlink()
    for path, text in files.items():
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
