"""What the YAML parser complains of, said so that somebody who never read the YAML standard can mend it."""

from typing import Final

import yaml

from taxonomy_schema.findings import Finding, Place
from taxonomy_schema.mends import quoted_line, spaces_for_tab
from taxonomy_schema.parse_rules import NotYaml, TabIndent, YamlFeature
from taxonomy_schema.places import Lines

_QUOTE: Final = (
    "Put the whole text in quotes, or write “|” after the key and start the text on the next line."
)
_LONGEST_SHOWN: Final = 60
_MENDS: Final = (
    (
        "mapping values are not allowed",
        "A “: ” stands in a text without quotes: what is before it is taken for a key, and reading stops here.",
        _QUOTE,
    ),
    (
        "did not find expected key",
        "Reading stops here: the text before ends too early, or this line is indented otherwise than its neighbours.",
        "Indent “question” and “answer” of one entry alike. If a text has quotes or a colon in it: "
        + _QUOTE[0].lower()
        + _QUOTE[1:],
    ),
    (
        "could not find expected ':'",
        "Reading stops here: this line has no “key:” at its start, and is not indented as part of the text above.",
        "If it goes on with the text above, indent it deeper than that text's key; if not, write “key: value”.",
    ),
    (
        "did not find expected '-' indicator",
        "Reading stops here, because the entries of a list are not indented alike.",
        "Put as many spaces before every “- ” of one list.",
    ),
    (
        "cannot start any token",
        "A text without quotes starts with a sign that means something else in this format, so reading stops here.",
        _QUOTE,
    ),
    (
        "found unexpected end of stream",
        "A quotation mark is opened and never closed, so the rest of the file is taken for one text.",
        "Add the closing mark at the end of the text. Within '…' write an apostrophe twice: 'It''s light.'",
    ),
    (
        "block sequence entries are not allowed",
        "A “- ” stands where no list can start, so reading stops here.",
        "Start the list on a line of its own, below its key. If it is no list, put the whole text in quotes.",
    ),
    (
        "found unknown escape character",
        'Between "…" a backslash begins a sign, and with this letter after it there is none, so reading stops here.',
        "Write the backslash twice, or put the text between '…' instead.",
    ),
)


def unreadable(error: yaml.YAMLError, lines: Lines, text: str) -> Finding:
    """The finding for an error of the parser."""
    mark = getattr(error, "problem_mark", None)
    place = lines.place(mark) if mark is not None else Place(file=lines.file)
    problem = str(getattr(error, "problem", "") or error)
    if "undefined alias" in problem:
        return YamlFeature.finding(
            place,
            "A word that starts with “*” stands for a text named elsewhere in the file, and there is no such text.",
            "If the “*” is part of your text, put the whole text in quotes; if not, write the text out.",
        )
    line = text.split("\n")[place.line - 1 : place.line]
    if line and "\t" in line[0][: len(line[0]) - len(line[0].lstrip())]:
        where = place.at(column=line[0].index("\t") + 1)
        fix = spaces_for_tab(lines.file, text.split("\n"), place.line)
        return TabIndent.finding(
            where,
            "This line is indented with a tab, which the format forbids: the file cannot be read from here on.",
            "Replace the tab by spaces, two for each level.",
            fix=fix,
        )
    for sign, message, mend in _MENDS:
        if sign in problem:
            fix = quoted_line(lines.file, text.split("\n"), place.line) if mend is _QUOTE else ()
            shown = fix[0].replacement if fix else ""
            exact = f"Put the whole text in quotes: {shown}" if 0 < len(shown) <= _LONGEST_SHOWN else mend
            return NotYaml.finding(place, message, exact, fix=fix)
    return NotYaml.finding(
        place,
        f"Reading stops here; the reader says: {problem}.",
        "Compare this line and the one above with an example of the guide: indentation, quotes, colons.",
    )
