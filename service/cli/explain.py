"""`graft explain CODE`: what a rule finds, why, and how to mend it."""

import difflib
import textwrap
from typing import Annotated, Final

import typer

from service.cli.lint_text import colour, say
from taxonomy_schema.findings import Severity
from taxonomy_schema.rule import Rule
from taxonomy_schema.rules import ALL_RULES

_WRONG_USE: Final = 2
_WIDTH: Final = 100
_COLOURS: Final = {Severity.ERROR: "red", Severity.HINT: "yellow"}
_DIFF: Final = {"+": "green", "-": "red", "@": "cyan"}
_LEAST_WORD: Final = 3
_LOOK_ALIKE: Final = str.maketrans("OIL", "011")


def codes(incomplete: str) -> list[tuple[str, str]]:
    """Codes that begin so, for shell completion."""
    return [(rule.code, rule.title) for rule in ALL_RULES if rule.code.startswith(incomplete.upper())]


def explain(
    code: Annotated[
        str | None,
        typer.Argument(
            help="A rule's code, as GL110, or a word to look for. Without: every code.", autocompletion=codes
        ),
    ] = None,
) -> None:
    """Say what a finding means.

    What the rule finds, why it matters, and how to mend it, with an example.
    """
    if code is None:
        _list(ALL_RULES)
        return
    rule = next((rule for rule in ALL_RULES if rule.code == code.upper()), None)
    if rule is not None:
        _explain(rule)
        return
    word = code.lower()
    about = [
        rule for rule in ALL_RULES if len(word) >= _LEAST_WORD and word in f"{rule.title} {rule.docs}".lower()
    ]
    if about:
        _list(about)
        return
    typed = code[:2].upper() + code[2:].upper().translate(_LOOK_ALIKE)
    near = difflib.get_close_matches(typed, [rule.code for rule in ALL_RULES], n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]}? " if near else ""
    say(f"There is no rule {code!r}. {hint}“graft explain” lists every rule.", error=True, fg="red")
    raise typer.Exit(_WRONG_USE)


def _list(rules: tuple[type[Rule], ...] | list[type[Rule]]) -> None:
    for rule in rules:
        severity = typer.style(f"{rule.severity:<5}", fg=_COLOURS[rule.severity])
        typer.echo(f"{typer.style(rule.code, bold=True)}  {severity}  {rule.title}", color=colour())


def _explain(rule: type[Rule]) -> None:
    from taxonomy_schema.rules.showing import knobs, shown

    severity = typer.style(rule.severity, fg=_COLOURS[rule.severity], bold=True)
    say(f"{typer.style(rule.code, bold=True)} {severity}  {typer.style(rule.title, bold=True)}\n")
    say(_wrapped(rule.docs.replace("`", "")))
    seen = shown(rule)
    if seen is not None:
        if seen.diff:
            say(f"\n{typer.style('Example', bold=True)}, in {seen.place}/:\n")
            for line in seen.diff.split("\n"):
                say(f"  {line}", fg=_DIFF.get(line[:1]))
        if seen.moved_to:
            say(f"\nThe leaf stands at {seen.place}/. It is right at {seen.moved_to}/.")
        if seen.said:
            say(f"\n{typer.style('graft lint says', bold=True)}\n")
            say(_wrapped(seen.said[0].message, "  "))
            say(_wrapped(f"mend: {seen.said[0].mend}", "  "))
        if seen.mended_by_program:
            say("\n“graft lint --fix” mends this where only one mend can be meant.")
    settings = knobs(rule)
    if settings:
        say(f"\n{typer.style('What maintainers can set', bold=True)}\n")
        for name, default in settings.items():
            say(_wrapped(f"{name} (by default {default})", "  "))


def _wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(
        text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )
