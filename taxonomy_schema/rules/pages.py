"""A page of Markdown for each rule, and their table: written from the classes, so that they say what the code does."""

from typing import Final

from taxonomy_schema.findings import Severity
from taxonomy_schema.rule import Rule
from taxonomy_schema.rules import ALL_RULES
from taxonomy_schema.rules.showing import Shown, knobs, shown

_BLOCKS: Final = {
    Severity.ERROR: "It is an **error**: the leaf cannot be merged or generated from before it is mended.",
    Severity.HINT: "It is a **hint**: nothing is blocked; it is for you and the reviewers.",
}
FAMILIES: Final = {
    "1": "Form, names and places",
    "2": "Counts and sizes",
    "3": "Meaning",
    "4": "Sources and licences",
    "5": "Safety",
    "6": "Originality",
    "9": "Policy file and history",
}
"""By the first digit of the code."""


_HEAD: Final = """\
# The rules

Written from the rules themselves by `python -m taxonomy_schema.rules.listing docs`: change the class, not the page.

An *error* blocks: the leaf cannot be merged or generated from. A *hint* does not. A star marks what `graft lint --fix`
can mend. `graft explain CODE` shows a page on the shell."""


def pages() -> dict[str, str]:
    """File name -> Markdown of every page, the table among them."""
    return {"README.md": table(), **{f"{rule.code}.md": page(rule) for rule in ALL_RULES}}


def table() -> str:
    """Every code with its title, by family."""
    parts = [_HEAD]
    for family in dict.fromkeys(rule.code[2] for rule in ALL_RULES):
        rows = [_row(rule) for rule in ALL_RULES if rule.code[2] == family]
        head = ["| code | severity | what is wrong |", "|---|---|---|"]
        parts.append("\n".join([f"\n## {FAMILIES.get(family, 'Others')}\n", *head, *rows]))
    return "\n".join(parts) + "\n"


def _row(rule: type[Rule]) -> str:
    seen = shown(rule)
    star = " \\*" if seen is not None and seen.mended_by_program else ""
    return f"| [{rule.code}]({rule.code}.md) | {rule.severity} | {rule.title}{star} |"


def page(rule: type[Rule]) -> str:
    """One rule: what it finds and why, how to mend it with an example, and what of it a policy sets."""
    seen = shown(rule)
    parts = [f"# {rule.code}: {rule.title}", _BLOCKS[rule.severity], rule.docs]
    if seen is not None:
        parts += _example(seen)
    settings = knobs(rule)
    if settings:
        rows = [f"| `{name}` | {default} |" for name, default in settings.items()]
        parts += [
            "## What a taxonomy's maintainers can set",
            "\n".join(["| setting | default |", "|---|---|", *rows]),
        ]
    parts.append("[All rules](README.md) · [How to contribute a leaf](../contributing-a-leaf.md)")
    return "\n\n".join(parts) + "\n"


def _example(seen: Shown) -> list[str]:
    parts = ["## Example"]
    if seen.diff:
        parts += [f"In `{seen.place}/`:", f"```diff\n{seen.diff}\n```"]
    if seen.moved_to:
        parts.append(f"The leaf stands at `{seen.place}/`. It is right at `{seen.moved_to}/`.")
    if seen.said:
        first = seen.said[0]
        name = first.place.file.rpartition("/")[2]
        parts += [
            f"Before the mend, `graft lint` says in line {first.place.line} of `{name}`:",
            "\n".join(
                f"> {line}" for line in (_plain(first.message), ">", f"**Mend:** {_plain(first.mend)}")
            ).replace("> >", ">"),
        ]
    if seen.mended_by_program:
        parts.append("`graft lint --fix` mends this where only one mend can be meant.")
    return parts


def _plain(text: str) -> str:
    """A message as Markdown that shows it as it is."""
    return "".join(f"\\{one}" if one in "\\`*_<>[]#|@" else one for one in text)
