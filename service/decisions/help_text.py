"""What `/graft help` answers: the table of commands, from the same data that decides."""

from typing import Final

from service.decisions.comment_commands import COMMANDS, CommandSpec

_HEAD: Final = """\
One command a line, at the start of the line. Quotes and code are never read as commands.

| command | who | what |
|---|---|---|"""
_FOOT: Final = (
    "An approval holds for one commit: a push drops it. The buttons of the check run mean the same as the commands. "
    "Commands in reviews are not read. A precheck, a preview and an answer come as a reply to the comment that asked, "
    "and are edited into it while they are made."
)


def help_text() -> str:
    """Markdown."""
    rows = [_row(spec) for spec in COMMANDS]
    return "\n\n".join(["\n".join([_HEAD, *rows]), _FOOT])


def _row(spec: CommandSpec) -> str:
    return f"| `{spec.usage}` | {spec.who.value} | {spec.what} |"
