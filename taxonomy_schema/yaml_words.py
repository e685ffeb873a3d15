"""Each complaint of libyaml, in words for somebody who never read the YAML standard. Loaded when there is one."""

from typing import Final, NamedTuple

QUOTE: Final = "Put the whole text in quotes, or write “|” after the key and start the text on the next line."
_QUOTE_LATER: Final = QUOTE[0].lower() + QUOTE[1:]


class Words(NamedTuple):
    """What is said where one of `signs` stands in the parser's `CONTEXT: PROBLEM`."""

    signs: tuple[str, ...]
    message: str
    mend: str


WORDS: Final = (
    Words(
        ("mapping values are not allowed",),
        "A “: ” stands in a text without quotes: what is before it is taken for a key, and reading stops here.",
        QUOTE,
    ),
    Words(
        ("mapping keys are not allowed",),
        "A “? ” stands here, which begins a key in this format, and no key can begin here, so reading stops.",
        QUOTE,
    ),
    Words(
        ("did not find expected key",),
        "Reading stops here: the text before ends too early, or this line is indented otherwise than its neighbours.",
        "Indent “question” and “answer” of one entry alike. If a text has quotes or a colon in it: " + _QUOTE_LATER,
    ),
    Words(
        ("could not find expected ':'",),
        "Reading stops here: this line has no “key:” at its start, and is not indented as part of the text above.",
        "If it goes on with the text above, indent it deeper than that text's key; if not, write “key: value”.",
    ),
    Words(
        ("did not find expected '-' indicator",),
        "Reading stops here, because the entries of a list are not indented alike.",
        "Put as many spaces before every “- ” of one list.",
    ),
    Words(
        ("cannot start any token",),
        "A text without quotes starts with a sign that means something else in this format, so reading stops here.",
        QUOTE,
    ),
    Words(
        ("found unexpected end of stream",),
        "A quotation mark is opened and never closed, so the rest of the file is taken for one text.",
        "Add the closing mark at the end of the text. Within '…' write an apostrophe twice: 'It''s light.'",
    ),
    Words(
        ("found unexpected document indicator",),
        "A quotation mark is opened and not closed before this line, which ends the leaf, so reading stops here.",
        "Add the closing mark at the end of the text, and remove the line “---” or “...”.",
    ),
    Words(
        ("block sequence entries are not allowed",),
        "A “- ” stands where no list can start, so reading stops here.",
        "Start the list on a line of its own, below its key. If it is no list, put the whole text in quotes.",
    ),
    Words(
        ("found unknown escape character",),
        'Between "…" a backslash begins a sign, and with this letter after it there is none, so reading stops here.',
        "Write the backslash twice, or put the text between '…' instead.",
    ),
    Words(
        ("expected hexdecimal number", "invalid Unicode character escape"),
        'Between "…" a backslash with “x” or “u” begins the number of a character, and here is none that there is.',
        "Write the backslash twice, or put the text between '…' instead.",
    ),
    Words(
        ("did not find expected ',' or ']'",),
        "A “[” opens a list that is not closed, or two of its entries have no comma between them, so reading stops "
        "here.",
        "Close the list with “]”. If the brackets are part of a text, put the whole text in quotes.",
    ),
    Words(
        ("did not find expected ',' or '}'",),
        "A “{” opens keys and values that are not closed, or have no comma between them, so reading stops here.",
        "Close them with “}”. If the braces are part of a text, put the whole text in quotes.",
    ),
    Words(
        ("parsing a flow node",),
        "A “[” or “{” is opened and never closed, or a value is missing between two commas, so reading stops here.",
        "Close it with “]” or “}”. If the brackets are part of a text, put the whole text in quotes.",
    ),
    Words(
        ("did not find expected node content",),
        "A value should stand here, and a text cannot begin with this sign unless it is in quotes, so reading stops.",
        "Write the value, or put the whole text in quotes.",
    ),
    Words(
        ("found unexpected ':'",),
        "A “:” stands in a text between brackets or braces, where it would begin a value, so reading stops here.",
        "Put the text between the brackets in quotes.",
    ),
    Words(
        ("scanning a block scalar: found an indentation indicator", "scanning a block scalar: did not find expected"),
        "After “|” or “>” a text begins on the next line, and here something follows in the same one.",
        "Begin the text on the next line, indented. If the “|” or “>” is part of the text, put the whole in quotes.",
    ),
    Words(
        ("tab character",),
        "A tab stands where spaces show what belongs together, so the file cannot be read from here on.",
        "Replace the tab by spaces, two for each level; many editors do it with “Convert indentation to spaces”.",
    ),
    Words(
        ("scanning an anchor", "scanning an alias"),
        "A text without quotes begins with “&” or “*”, which give names to texts in this format, so reading stops "
        "here.",
        QUOTE,
    ),
    Words(
        ("scanning a tag:", "parsing a tag:", "undefined tag handle"),
        "A text without quotes begins with “!”, which tells programs what to make of a text, so reading stops here.",
        QUOTE,
    ),
    Words(
        ("directive", "incompatible YAML document"),
        "A line that begins with “%” speaks to the reading program, which does not understand it and stops here.",
        "Remove the line. If it is part of a text, indent it deeper than the text's key, or put the text in quotes.",
    ),
    Words(
        ("did not find expected <document start>",),
        "The leaf ended above this line, at a line “...” or a closing brace, so what follows would not be read.",
        "Remove the line that ends it, or what follows, and write keys without braces: “key: value”.",
    ),
)  # fmt: skip
"""The first that fits counts."""


def words_for(context: str, problem: str) -> Words | None:
    """What is said of a complaint; `None` of one that this parser had not when these were written."""
    said = f"{context}: {problem}"
    return next((words for words in WORDS if any(sign in said for sign in words.signs)), None)
