"""What `/graft help` answers: the table of commands, from the same data that decides."""

from typing import Final

from service.decisions.comment_commands import COMMANDS, CommandSpec

_HEAD: Final = """\
One command a line, at the start of the line. Quotes and code are never read as commands.

| command | who | what |
|---|---|---|"""
_FOOT: Final = (
    "An approval holds for one commit: a push drops it. The buttons of the check run mean the same as the commands. "
    "Commands in reviews are not read."
)


def help_text() -> str:
    """Markdown; what is not in this version yet stands in a list of its own."""
    rows = [_row(spec) for spec in COMMANDS if spec.available]
    missing = ", ".join(f"`{spec.usage}`" for spec in COMMANDS if not spec.available)
    later = f"Not yet in this version: {missing}." if missing else ""
    return "\n\n".join(filter(None, ["\n".join([_HEAD, *rows]), later, _FOOT]))


def _row(spec: CommandSpec) -> str:
    return f"| `{spec.usage}` | {spec.who.value} | {spec.what} |"
