"""What the YAML parser complains of, said so that somebody who never read the YAML standard can mend it."""

from typing import Final

import yaml

from taxonomy_schema.findings import Finding, Place
from taxonomy_schema.mends import quoted_line, spaces_for_tab
from taxonomy_schema.parse_rules import NotYaml, TabIndent, YamlFeature
from taxonomy_schema.places import Lines

_LONGEST_SHOWN: Final = 60


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
    return _worded(error, problem, place, lines, text)


def _worded(error: yaml.YAMLError, problem: str, place: Place, lines: Lines, text: str) -> Finding:
    from taxonomy_schema.yaml_words import QUOTE, words_for  # most files have no fault

    words = words_for(str(getattr(error, "context", None) or ""), problem)
    if words is None:
        return NotYaml.finding(
            place,
            f"Reading stops here; the reader says: {problem}.",
            "Compare this line and the one above with an example of the guide: indentation, quotes, colons.",
        )
    fix = quoted_line(lines.file, text.split("\n"), place.line) if words.mend is QUOTE else ()
    shown = fix[0].replacement if fix else ""
    exact = f"Put the whole text in quotes: {shown}" if 0 < len(shown) <= _LONGEST_SHOWN else words.mend
    return NotYaml.finding(place, words.message, exact, fix=fix)
