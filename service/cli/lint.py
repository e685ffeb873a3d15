"""`graft lint`: what the rules say of leaves, on this machine, before anybody else sees them."""

import importlib.metadata
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from taxonomy_schema.errors import TreeError
from taxonomy_schema.folder import folder_findings
from taxonomy_schema.formats import to_github, to_json, to_sarif
from taxonomy_schema.locate import locate
from taxonomy_schema.models import Finding, Severity
from taxonomy_schema.parse import ATTRIBUTION, QNA, LeafFiles
from taxonomy_schema.policy import HOSTS, Policy
from taxonomy_schema.rules import check, check_change
from taxonomy_schema.tree import list_tree, read_entries, read_folder

_FINDINGS: Final = 1
_WRONG_USE: Final = 2
_WINDOW: Final = 100
_POLICY: Final = ".graft.yaml"
_STYLES: Final = {Severity.ERROR: "bold red", Severity.HINT: "bold yellow"}


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


class Linted(NamedTuple):
    """How many leaves were looked at, what was found, and the texts to show lines of."""

    leaves: int
    findings: tuple[Finding, ...]
    texts: Mapping[str, str]


def lint(
    target: Annotated[
        str,
        typer.Argument(
            metavar="[PATH|A..B]", help="A taxonomy, what lies in one, its .graft.yaml, or two commits."
        ),
    ] = ".",
    output: Annotated[Format, typer.Option("--format", help="How findings are written.")] = Format.TEXT,
    allow_host: Annotated[
        list[str] | None, typer.Option("--allow-host", help="A further host that documents may come from.")
    ] = None,
) -> None:
    """Check leaves: their form, counts, sources and places. Of A..B: what B changed since it left A."""
    policy = Policy(hosts=(*HOSTS, *(allow_host or ())))
    try:
        linted = _lint(target, policy)
    except TreeError as error:
        Console(stderr=True, highlight=False).print(str(error), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(_WRONG_USE) from error
    if output is Format.TEXT:
        _show(linted, Console(highlight=False))
    else:
        written = {
            Format.JSON: lambda: to_json(linted.findings, linted.leaves),
            Format.GITHUB: lambda: to_github(linted.findings),
            Format.SARIF: lambda: to_sarif(linted.findings, importlib.metadata.version("graftlab")),
        }[output]()
        if written:
            typer.echo(written)
    if any(finding.severity is Severity.ERROR for finding in linted.findings):
        raise typer.Exit(_FINDINGS)


def _lint(target: str, policy: Policy) -> Linted:
    path = Path(target)
    if not path.exists() and ".." in target:
        base, head = target.replace("...", "..").split("..", 1)
        return _lint_change(base or "HEAD", head or "HEAD", policy)
    if not path.exists():
        raise TreeError(
            f"{target} is neither a path nor a range of commits. Name a folder, or two commits as A..B."
        )
    if path.is_file() and path.name == _POLICY:
        return _lint_policy(path)
    if path.is_file() and path.name not in (QNA, ATTRIBUTION):
        raise TreeError(
            f"{target} is no file of a leaf. Name {QNA}, {ATTRIBUTION}, the folder they are in, or {_POLICY}."
        )
    root, under = locate(path)
    leaves = read_folder(root, under)
    found = [finding for files in leaves.values() for finding in check(files, policy).findings]
    return Linted(len(leaves), (*found, *folder_findings(root, under)), _texts(leaves))


def _lint_policy(path: Path) -> Linted:
    """The maintainers' file; whoever lints leaves does not wait for what reads it."""
    from service.decisions.facts import Policy as WhoMay
    from service.decisions.policy import parse_policy

    data = path.read_bytes()
    found = parse_policy(data)
    return Linted(0, () if isinstance(found, WhoMay) else found, {_POLICY: data.decode("utf-8", "replace")})


def _lint_change(base: str, head: str, policy: Policy) -> Linted:
    here = Path.cwd()
    report = check_change(here, base, head, policy)
    shown = frozenset(leaf.change.id for leaf in report.leaves if leaf.findings)
    texts = _texts(read_entries(here, list_tree(here, head), shown)) if shown else {}
    return Linted(len(report.leaves), report.findings, texts)


def _texts(leaves: Mapping[str, LeafFiles]) -> dict[str, str]:
    both = (
        (f"{files.id}/{name}", content)
        for files in leaves.values()
        for name, content in ((QNA, files.qna), (ATTRIBUTION, files.attribution))
    )
    return {path: content.decode("utf-8", "replace") for path, content in both if content is not None}


def _show(linted: Linted, console: Console) -> None:
    lines = {path: text.split("\n") for path, text in linted.texts.items()}
    for finding in linted.findings:
        for line in _lines_of(finding, lines.get(finding.place.file, ())):
            console.print(line, soft_wrap=True)
    errors = sum(finding.severity is Severity.ERROR for finding in linted.findings)
    hints = len(linted.findings) - errors
    summary = (
        f"{_count(errors, 'error')}, {_count(hints, 'hint')} in {_count(linted.leaves, 'leaf', 'leaves')}."
    )
    console.print(summary, style="red" if errors else "green")


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _lines_of(finding: Finding, source: Sequence[str]) -> Iterator[Text]:
    place = finding.place
    where = f"{_plain(place.file)}:{place.line}:{place.column}"
    yield Text.assemble(
        (where, "bold"),
        " ",
        (f"{finding.severity} {finding.code}", _STYLES[finding.severity]),
        " ",
        finding.message,
    )
    if 0 < place.line <= len(source) and source[place.line - 1].strip():
        before, shown, width = _window(source[place.line - 1], place.column)
        number = f"{place.line:>5}"
        yield Text.assemble((f"{number} | ", "dim"), shown)
        yield Text.assemble((f"{'':>5} | ", "dim"), " " * before, ("^" * width, _STYLES[finding.severity]))
    yield Text.assemble((f"{'':>5} = ", "dim"), ("mend: ", "bold"), finding.mend)
    yield Text()


def _window(line: str, column: int) -> tuple[int, str, int]:
    """Cells before the caret, the part of the line that is shown, and the cells of the word that is meant."""
    plain = _plain(line.rstrip("\r"))
    start = max(0, column - _WINDOW // 2) if len(plain) > _WINDOW else 0
    lead = "…" if start else ""
    shown = plain[start : start + _WINDOW]
    tail = "…" if start + _WINDOW < len(plain) else ""
    at = column - 1 - start
    word = shown[at:].split(" ", 1)[0]
    return cell_len(lead + shown[:at]), f"{lead}{shown}{tail}", max(1, cell_len(word))


def _plain(text: str) -> str:
    """Text of a contributor with a space for every character that could act on a terminal."""
    return "".join(character if character.isprintable() else " " for character in text)
