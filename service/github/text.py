"""Texts at the length that GitHub takes."""

from typing import Final

LONGEST: Final = 65_000
"""GitHub takes 65,536 characters in a comment, and 65,535 in a check run's summary or text."""


def cut(body: str, *, link: str = "", limit: int = LONGEST) -> str:
    """The body whole, or its beginning up to the end of a line, with what was open closed and a link to the rest."""
    if len(body) <= limit:
        return body
    more = "\n\n*This is too long to be shown whole here." + (f" [All of it]({link}).*" if link else "*")
    room = limit - len(more) - 200  # for what has to be closed
    kept = body[:room]
    kept = kept[: kept.rfind("\n")] if "\n" in kept else kept
    return kept + _closing(kept) + more


def _closing(text: str) -> str:
    fences = sum(line.lstrip().startswith("```") for line in text.splitlines())
    folded = text.count("<details") - text.count("</details>")
    return ("\n```" if fences % 2 else "") + "\n\n</details>" * min(max(folded, 0), 10)
