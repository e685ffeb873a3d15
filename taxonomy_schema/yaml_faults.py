"""What the YAML parser complains of, said so that somebody who never read the YAML standard can mend it."""

from typing import Final

import yaml

from taxonomy_schema.findings import Finding, Place
from taxonomy_schema.mends import quoted_line, spaces_for_tab
from taxonomy_schema.parse_rules import NotYaml, TabIndent, YamlFeature
from taxonomy_schema.places import Lines

_QUOTE: Final = "Put the whole text in quotes, or start it on the next line after “|”."
_MENDS: Final = (
    ("mapping values are not allowed", "A “: ” inside an unquoted text is read as a key.", _QUOTE),
    (
        "did not find expected key",
        "The text before this place does not end where YAML expects it.",
        "Line up the keys of one entry, and " + _QUOTE[0].lower() + _QUOTE[1:],
    ),
    (
        "could not find expected ':'",
        "A line stands here that is neither a key nor part of a text.",
        "Indent it deeper than its key, or write “key: value”.",
    ),
    (
        "did not find expected '-' indicator",
        "The entries of a list do not line up.",
        "Give every “- ” of one list the same indentation.",
    ),
    ("cannot start any token", "An unquoted text starts with a character that YAML reserves.", _QUOTE),
    (
        "found unexpected end of stream",
        "A quote is opened and never closed.",
        "Close the quote; inside '…' write a quote twice.",
    ),
    (
        "block sequence entries are not allowed",
        "A “- ” stands where no list can start.",
        "Start the list on a line of its own, below its key.",
    ),
    (
        "found unknown escape character",
        'A backslash in a “"…"” text starts an escape that YAML does not know.',
        "Write the backslash twice, or use single quotes.",
    ),
)


def unreadable(error: yaml.YAMLError, lines: Lines, text: str) -> Finding:
    """The finding for an error of the parser."""
    mark = getattr(error, "problem_mark", None)
    place = lines.place(mark) if mark is not None else Place(file=lines.file)
    problem = str(getattr(error, "problem", "") or error)
    if "undefined alias" in problem:
        return YamlFeature.finding(
            place, "An alias stands for nothing.", "Write the value out, or in quotes."
        )
    line = text.split("\n")[place.line - 1 : place.line]
    if line and "\t" in line[0][: len(line[0]) - len(line[0].lstrip())]:
        where = place.at(column=line[0].index("\t") + 1)
        fix = spaces_for_tab(lines.file, text.split("\n"), place.line)
        return TabIndent.finding(
            where, "This line is indented with a tab.", "Replace the tab by spaces.", fix=fix
        )
    for sign, message, mend in _MENDS:
        if sign in problem:
            fix = quoted_line(lines.file, text.split("\n"), place.line) if mend is _QUOTE else ()
            return NotYaml.finding(place, message, mend, fix=fix)
    return NotYaml.finding(place, f"This is not YAML: {problem}.", "Mend the line, or the one above it.")
