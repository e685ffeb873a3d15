"""Changes to the text of a `qna.yaml`: faults, for which it should be refused, and whims, which only look odd.

A change that finds nothing to change gives the text back as it was.
"""

import random
import re
from collections.abc import Callable
from typing import Final, NamedTuple

_KEY: Final = re.compile(r"^( *(?:- )?)([a-z_]+):", re.MULTILINE)


class Change(NamedTuple):
    name: str
    make: Callable[[str, random.Random], str]


def _lines(change: Callable[[list[str], int, random.Random], None]) -> Callable[[str, random.Random], str]:
    """A change of the lines at one of them, drawn."""

    def make(text: str, draw: random.Random) -> str:
        lines = text.split("\n")
        change(lines, draw.randrange(len(lines) - 1) if len(lines) > 1 else 0, draw)
        return "\n".join(lines)

    return make


def _once(pattern: str, new: str) -> Callable[[str, random.Random], str]:
    """One of the passages that match replaced, drawn."""
    compiled = re.compile(pattern, re.MULTILINE)

    def make(text: str, draw: random.Random) -> str:
        found = list(compiled.finditer(text))
        if not found:
            return text
        one = draw.choice(found)
        return text[: one.start()] + one.expand(new) + text[one.end() :]

    return make


def _cut(text: str, draw: random.Random) -> str:
    return text[: draw.randrange(len(text))]


def _few_seeds(text: str, draw: random.Random) -> str:
    """The last seeds gone, so that one to three are left."""
    starts = [match.start() for match in re.finditer(r"^ {0,2}- (?:question|context):", text, re.MULTILINE)]
    return text[: starts[draw.randint(1, 3)]] if len(starts) > 3 else text  # noqa: PLR2004


def _same_seed(text: str, draw: random.Random) -> str:
    starts = [match.start() for match in re.finditer(r"^ {0,2}- (?:question|context):", text, re.MULTILINE)]
    if not starts:
        return text
    at = draw.randrange(len(starts))
    end = starts[at + 1] if at + 1 < len(starts) else len(text)
    return text + ("" if text.endswith("\n") else "\n") + text[starts[at] : end]


def _flipped(text: str, draw: random.Random) -> str:
    """One character replaced by one that YAML cares about."""
    if not text:
        return text
    at = draw.randrange(len(text))
    return text[:at] + draw.choice(":#{}[]&*!|>'\"%@`,?-\t \n") + text[at + 1 :]


def _shift(lines: list[str], at: int, draw: random.Random) -> None:
    lines[at] = " " * draw.randint(1, 3) + lines[at]


def _drop(lines: list[str], at: int, draw: random.Random) -> None:
    del draw
    del lines[at]


def _double(lines: list[str], at: int, draw: random.Random) -> None:
    del draw
    lines.insert(at, lines[at])


def _space(lines: list[str], at: int, draw: random.Random) -> None:
    lines[at] += draw.choice((" ", "  ", "\t", " \t"))


def _tab(lines: list[str], at: int, draw: random.Random) -> None:
    del draw
    lines[at] = "\t" + lines[at].lstrip(" ")


def _blank(lines: list[str], at: int, draw: random.Random) -> None:
    lines[at:at] = [""] * draw.randint(1, 4)


def _comment(lines: list[str], at: int, draw: random.Random) -> None:
    lines.insert(
        at, " " * draw.randrange(5) + "# " + draw.choice(("a note", "yamllint disable", "of 5 [a,b]"))
    )


def _repeated_key(text: str, draw: random.Random) -> str:
    found = list(_KEY.finditer(text))
    if not found:
        return text
    key = draw.choice(found)
    margin = key[1].replace("-", " ")
    end = text.find("\n", key.start())
    return f"{text[: end + 1]}{margin}{key[2]}: said again\n{text[end + 1 :]}" if end > 0 else text


def _spaced_hyphens(text: str, draw: random.Random) -> str:
    """The entries of `seed_examples` two or more columns further from their hyphens."""
    head, mark, seeds = text.partition("seed_examples:\n")
    more = " " * draw.randint(1, 3)
    deeper = re.sub(r"(?m)^(?! *$)(?! {0,2}- )", more, seeds)
    return head + mark + re.sub(r"(?m)^( {0,2})- ", rf"\1- {more}", deeper)


def _seeds_moved(text: str, draw: random.Random) -> str:
    """All of `seed_examples` further in."""
    head, mark, seeds = text.partition("seed_examples:\n")
    return head + mark + re.sub(r"(?m)^(?! *$)", " " * draw.randint(1, 3), seeds)


def _document_in(text: str, draw: random.Random) -> str:
    """What stands below `document` one column further in."""
    del draw
    head, mark, rest = text.partition("document:\n")
    document, key, seeds = rest.partition("seed_examples:\n")
    return head + mark + re.sub(r"(?m)^(?=  )", " ", document) + key + seeds


def _pairs_out(text: str, draw: random.Random) -> str:
    """The pairs below one `questions_and_answers` as far out as their key."""
    found = list(re.finditer(r"questions_and_answers:\n((?: {6,}.*\n)+)", text))
    if not found:
        return text
    one = draw.choice(found)
    return text[: one.start(1)] + re.sub(r"(?m)^  ", "", one[1]) + text[one.end(1) :]


_VALUE: Final = (
    r"^( *(?:- )?(?:question|answer|created_by|domain|context|task_description|commit|repo)):[^\n|>]*$"
)

FAULTS: Final = (
    Change("cut off", _cut),
    Change("too few seeds", _few_seeds),
    Change("a seed twice", _same_seed),
    Change("a character flipped", _flipped),
    Change("a line shifted", _lines(_shift)),
    Change("a line dropped", _lines(_drop)),
    Change("a line doubled", _lines(_double)),
    Change("space at a line's end", _lines(_space)),
    Change("a tab", _lines(_tab)),
    Change("a key repeated", _repeated_key),
    Change("a key misspelt", _once(r"^( *(?:- )?)([a-z_]+):", r"\1\2s:")),
    Change("a key added", _once(r"^( *)(- )?([a-z_]+):", r"\1\2note: more\n\1\3:")),
    Change("a true", _once(_VALUE, r"\1: Yes")),
    Change("a number", _once(_VALUE, r"\1: 12.5")),
    Change("a date", _once(_VALUE, r"\1: 2024-05-01")),
    Change("nothing", _once(_VALUE, r"\1:")),
    Change("an empty text", _once(_VALUE, r'\1: ""')),
    Change("a list", _once(_VALUE, r"\1: [a, b]")),
    Change("a mapping", _once(_VALUE, r"\1: {a: b}")),
    Change("a colon", _once(_VALUE, r"\1: so it is: thus")),
    Change("a quote left open", _once(_VALUE, r'\1: "so it is')),
    Change("an alias of nothing", _once(_VALUE, r"\1: *nothing")),
    Change("a tag", _once(_VALUE, r"\1: !!python/none ''")),
    Change("another version", _once(r"^version: \d", "version: 4")),
    Change("a version in quotes", _once(r"^version: (\d)", r'version: "\1"')),
    Change("an older version", _once(r"^version: \d", "version: 2")),
    Change("no end of line at the end", lambda text, _: text.rstrip("\n")),
    Change("line ends of DOS", lambda text, _: text.replace("\n", "\r\n")),
    Change("only comments", lambda text, _: "# " + text.replace("\n", "\n# ")),
    Change("a list at the top", lambda text, _: "- " + text.replace("\n", "\n  ").rstrip() + "\n"),
    Change("a second document", lambda text, _: text + "---\nversion: 3\n"),
    Change("nothing at all", lambda *_: ""),
)
"""After most of these a leaf should be refused; a few now and then leave a sound one."""

WHIMS: Final = (
    Change("a blank line", _lines(_blank)),
    Change("blank lines at the end", lambda text, draw: text + "\n" * draw.randint(1, 3)),
    Change("blank lines at the start", lambda text, draw: "\n" * draw.randint(1, 2) + text),
    Change("a comment", _lines(_comment)),
    Change("a comment behind", _once(r"^(created_by: .*)$", r"\1 # a name")),
    Change("the start of a document", lambda text, _: "---\n" + text),
    Change("space after a colon", _once(r"^( *(?:- )?[a-z_]+): (?=\S)", r"\1:   ")),
    Change("space before a colon", _once(r"^( *(?:- )?[a-z_]+): (?=\S)", r"\1 : ")),
    Change("space after a hyphen", _spaced_hyphens),
    Change("an entry below its hyphen", _once(r"^( *)- ((?:question|context):)", r"\1-\n\1  \2")),
    Change(
        "a list in brackets",
        _once(r'^( *)patterns:\n +- ("\*\.md")$', r"\1patterns: [ \2 ,  'a.md','b.md'  ]"),
    ),
    Change(
        "a mapping in braces",
        _once(
            r"^( *)- question: (\w[^:\n]*)\n +answer: (\w[^:\n]*)$", r'\1- {question: "\2" ,answer:   "\3"  }'
        ),
    ),
    Change(
        "a text on its own line",
        _once(r"^( *)(- )?(question|answer|domain): (\w[^\n]*)$", r"\1\2\3:\n\1       \4"),
    ),
    Change("seeds moved", _seeds_moved),
    Change("the document moved in", _document_in),
    Change("pairs moved out", _pairs_out),
    Change("letters beyond ASCII", _once(r"\bThe\b", "Thé")),
    Change("an anchor", _once(r"^created_by: (.*)$", r"created_by: &me \1")),
    Change(
        "a long line",
        _once(r"^( *(?:- )?question: )(\w)", r"\1" + "So it came to pass that nobody knew. " * 5 + r"\2"),
    ),
    Change("a hash in a text", _once(r"^( *(?:- )?question: \w+ )", r"\1# ")),
    Change("a text in quotes", _once(r"^( *(?:- )?(?:question|answer)): (\w[^\n'\"]*)$", r"\1: '\2'")),
)
"""After these a leaf is as sound as before, or nearly so; some are held against its style."""
