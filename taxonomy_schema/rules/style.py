"""How `qna.yaml` is laid out, judged as `yamllint` does with its relaxed profile, and without reading it a second time.

InstructLab's parser has every leaf of version 2 or 3 linted: what `yamllint` calls an error refuses the leaf there,
and is an error here; what it calls a warning refuses the leaf only when data is generated (there the linting is
strict), and is a hint here. Comments such as `# yamllint disable` change nothing: reviewers rely on it.
"""

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from typing import ClassVar, Final

from taxonomy_schema.findings import Edit, Finding, Place, Severity
from taxonomy_schema.mends import one_final_newline, without_trailing_space
from taxonomy_schema.parse import LeafSource
from taxonomy_schema.parse_rules import GOOD, GOOD_SKILL, changed
from taxonomy_schema.patterns import late
from taxonomy_schema.policy import Policy
from taxonomy_schema.rule import Example
from taxonomy_schema.rules.colons import colons
from taxonomy_schema.rules.evenness import surely_even
from taxonomy_schema.rules.examples import GOOD_KNOWLEDGE, knowledge
from taxonomy_schema.rules.leaf_rule import LeafRule
from taxonomy_schema.schema import written_version
from taxonomy_schema.style_indents import uneven_lines
from taxonomy_schema.style_tokens import Gap, Sign, gaps

MOST_PLACES: Final = 20
"""One rule points at so many lines of a file; more would not be read, and hide what else there is."""
_MOST_BLANK: Final = 2
_KEY_LINE: Final = late(r"""[ ?-]*(?:[&!*]|["']?[\w\\<]+["']?(?: +:|:  ))""")
_STRICT: Final = "InstructLab's own tools generate no data from such a leaf."


def linted(source: LeafSource) -> Severity:
    """How grave a fault of style is that InstructLab refuses: it does not lint leaves of version 1."""
    data = source.yaml.data
    old = isinstance(data, dict) and written_version(data) == 1
    return Severity.HINT if old else Severity.ERROR


class _LineRule(LeafRule):
    """A rule that may find many lines: each is pointed at, up to a number, and the rest are counted."""

    message: ClassVar[str]
    mend: ClassVar[str]

    def check(self, source: LeafSource, policy: Policy) -> Iterable[Finding]:
        del policy
        text = source.qna_text
        return self._told(source) if text and self.may_have(text) else ()

    def _told(self, source: LeafSource) -> Iterator[Finding]:
        found = self.lines(source)
        if not found:
            return
        severity = self.gravity(source)
        fixes = {edit.line: (edit,) for edit in self.edits(source)}
        for number, (line, column) in enumerate(found[:MOST_PLACES], start=1):
            more = len(found) - MOST_PLACES
            rest = f" So do {more} more lines." if number == MOST_PLACES and more > 0 else ""
            place = Place(file=source.qna_file, line=line, column=column)
            yield self.finding(place, self.message + rest, self.mend, severity, fix=fixes.get(line, ()))

    def gravity(self, source: LeafSource) -> Severity:
        del source
        return self.severity

    def edits(self, source: LeafSource) -> tuple[Edit, ...]:
        """Exact mends, at most one a line."""
        del source
        return ()

    @abstractmethod
    def may_have(self, text: str) -> bool:
        """A quick look that a clean text does not pass."""

    @abstractmethod
    def lines(self, source: LeafSource) -> list[tuple[int, int]]:
        """Line and column, from 1, of everything found."""


class TrailingSpace(_LineRule):
    code = "GL122"
    title = "White space at the end of a line"
    lenient = True
    docs = (
        "It cannot be seen, changes some texts and clutters every later diff. InstructLab's lint refuses a leaf of "
        "version 2 or 3 for it; in one of version 1 it is a hint."
    )
    bad = changed("created_by: ada", "created_by: ada  ")
    good = GOOD
    message = "This line ends with spaces or tabs, which nobody sees and InstructLab's tools refuse."
    mend = "Delete what stands after the last letter of the line."

    def may_have(self, text: str) -> bool:
        if " \n" in text or text.endswith((" ", "\t")):
            return True
        return "\t" in text or "\r" in text

    def lines(self, source: LeafSource) -> list[tuple[int, int]]:
        return [
            (number, len(line.rstrip(" \t")) + 1)
            for number, line in enumerate(source.qna_lines, start=1)
            if line.endswith((" ", "\t"))
        ]

    def edits(self, source: LeafSource) -> tuple[Edit, ...]:
        return without_trailing_space(source.yaml)

    def gravity(self, source: LeafSource) -> Severity:
        return linted(source)


class NoLastLineEnd(_LineRule):
    code = "GL141"
    title = "The last line has no end"
    lenient = True
    docs = (
        "A text file ends with a line end: without it, tools that append or compare lines mix up the last one. "
        "InstructLab's lint refuses a leaf of version 2 or 3 for it; in one of version 1 it is a hint."
    )
    bad = Example(GOOD_SKILL.rstrip("\n"), GOOD.attribution)
    good = GOOD
    message = "The file stops in the middle of its last line, which InstructLab's tools refuse."
    mend = "Press Enter at the end of the last line, and save."

    def may_have(self, text: str) -> bool:
        return not text.endswith("\n")

    def lines(self, source: LeafSource) -> list[tuple[int, int]]:
        lines = source.qna_lines
        return [(len(lines), len(lines[-1]) + 1)]

    def edits(self, source: LeafSource) -> tuple[Edit, ...]:
        return one_final_newline(source.qna_file, source.qna_text or "")

    def gravity(self, source: LeafSource) -> Severity:
        return linted(source)


class DosLineEnds(_LineRule):
    code = "GL142"
    title = "Lines end as on DOS"
    severity = Severity.HINT
    docs = (
        "Lines that end with CR and LF, as some editors on Windows write them, make every line differ from what others "
        "write. The place is the first such line."
    )
    bad = Example(GOOD_SKILL.replace("\n", "\r\n"), GOOD.attribution)
    good = GOOD
    message = (
        "Lines end as on Windows (CR LF), other leaves' with LF alone, so every line would look changed."
    )
    mend = "Set line ends to “LF” in your editor (often at its bottom right), and save."

    def may_have(self, text: str) -> bool:
        return "\r" in text and "\r\n" in text

    def lines(self, source: LeafSource) -> list[tuple[int, int]]:
        text = source.qna_text or ""
        first = text.index("\r\n")
        return [(text.count("\n", 0, first) + 1, first - text.rfind("\n", 0, first))]


class BlankLines(_LineRule):
    code = "GL143"
    title = "Too many blank lines"
    severity = Severity.HINT
    docs = (
        f"None at the start and the end of the file, and at most {_MOST_BLANK} in a row. {_STRICT} "
        "The place is the last blank line of the row."
    )
    bad = changed("seed_examples:", "\n\n\nseed_examples:")
    good = GOOD
    message = f"There are too many blank lines here. {_STRICT}"
    mend = f"Leave none at the start and the end of the file, and at most {_MOST_BLANK} in a row."

    def may_have(self, text: str) -> bool:
        return (
            text.startswith(("\n", "\r\n"))
            or text.endswith(("\n\n", "\n\r\n"))
            or "\n\n\n\n" in text
            or ("\r" in text and "\n\r\n\r\n\r\n" in text)
        )

    def lines(self, source: LeafSource) -> list[tuple[int, int]]:
        lines = source.qna_lines
        last = len(lines) - 1  # what follows the last line end is no line
        found = []
        row = 0
        for number, line in enumerate(lines[:last], start=1):
            row = 0 if line else row + 1
            if row and (number == last or lines[number]):
                at_an_end = number in (last, row)
                if row > (0 if at_an_end else _MOST_BLANK) and last > 1:
                    found.append((number, 1))
        return found


class _GapRule(_LineRule):
    """White space beside one kind of sign; the tokens are looked at once for all of them."""

    severity = Severity.HINT
    signs: ClassVar[tuple[Sign, ...]]

    def lines(self, source: LeafSource) -> list[tuple[int, int]]:
        if source.yaml.node is None or source.lines.odd:
            return []  # what is no YAML, or has lines that nobody sees, is mended first
        found: list[Gap] | None = source.kept.get("gaps")
        if found is None:
            found = source.kept["gaps"] = gaps(source.yaml)
        return [(gap.line, gap.column) for gap in found if gap.sign in self.signs]


class _FlowRule(_GapRule):
    """A rule of lists and mappings in brackets or braces, which few leaves have."""

    def check(self, source: LeafSource, policy: Policy) -> Iterable[Finding]:
        return super().check(source, policy) if source.yaml.flow else ()


class BracketSpace(_FlowRule):
    code = "GL144"
    title = "White space inside brackets or braces"
    docs = f"At most one space after `[` and `{{` and before `]` and `}}`. {_STRICT}"
    bad = knowledge("\n    - hills.md", " [  hills.md]")
    good = knowledge("\n    - hills.md", " [hills.md]")
    message = f"More than one space stands beside this bracket. {_STRICT}"
    mend = "Write one space or none, as in [a, b]."
    signs = (Sign.BRACKET,)

    def may_have(self, text: str) -> bool:
        return "  " in text or "\t" in text


class CommaSpace(_FlowRule):
    code = "GL145"
    title = "White space beside a comma of a list in brackets"
    docs = f"None before a comma, and one space after it. Commas in texts are not meant. {_STRICT}"
    bad = knowledge("\n    - hills.md", " [hills.md ,vales.md]")
    good = knowledge("\n    - hills.md", " [hills.md, vales.md]")
    message = f"This comma of a list in brackets needs no space before it and one after it. {_STRICT}"
    mend = "Write it as in [a, b]. If it is no list but a text, put the whole text in quotes."
    signs = (Sign.COMMA,)

    def may_have(self, text: str) -> bool:
        return "," in text


class ColonSpace(_GapRule):
    code = "GL146"
    title = "White space beside a colon"
    docs = f"None between a key and its colon, and one space after it. {_STRICT}"
    bad = changed("created_by: ada", "created_by:   ada")
    good = GOOD
    message = f"The colon after this key needs no space before it and one after it. {_STRICT}"
    mend = "Write it as in “key: value”."
    signs = (Sign.COLON,)

    def check(self, source: LeafSource, policy: Policy) -> Iterable[Finding]:
        beside = colons(source)
        # What is sound has a value for each key, and that of a key after “?” stands in a line of its own.
        may_ask = beside.first_of_line or not source.sound
        if beside.space_before or beside.wide_after or (may_ask and "\n?  " in (source.qna_text or "")):
            return super().check(source, policy)
        return ()

    def may_have(self, text: str) -> bool:
        return ":" in text

    def lines(self, source: LeafSource) -> list[tuple[int, int]]:
        text = source.qna_text or ""
        # The keys of a sound skill are known, so that a colon of a text is told without the tokens.
        known = source.sound and not source.is_knowledge and not ("{" in text or "?  " in text)
        if known and not any(_on_a_key_line(text, sign) for sign in (":  ", " :")):
            return []
        return super().lines(source)


class HyphenSpace(_GapRule):
    code = "GL147"
    title = "White space after a hyphen"
    docs = f"One space follows the hyphen of a list's entry. {_STRICT}"
    bad = knowledge("- hills.md", "-   hills.md")
    good = GOOD_KNOWLEDGE
    message = f"More than one space follows the hyphen of this entry. {_STRICT}"
    mend = "Write one space after “-”, and move the other lines of the entry with it."
    signs = (Sign.HYPHEN,)

    def may_have(self, text: str) -> bool:
        # As “-  ” is in the text, in less time: spaces are everywhere, hyphens are not.
        return "-  " in "-".join([piece[:2] for piece in text.split("-")])


class UnevenIndent(LeafRule):
    code = "GL148"
    title = "Uneven indentation"
    severity = Severity.HINT
    docs = (
        "The first step inwards of a file sets the step for all of it, and its first list says whether lists are moved "
        f"in below their key. {_STRICT} Each list or mapping is pointed at once."
    )
    bad = knowledge("    - hills.md", "     - hills.md")
    good = GOOD_KNOWLEDGE

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        if source.yaml.node is None or (source.sound and surely_even(source)) or source.lines.odd:
            return
        for uneven in uneven_lines(source.yaml)[:MOST_PLACES]:
            yield self.finding(
                Place(file=source.qna_file, line=uneven.line, column=uneven.found + 1),
                f"This line begins with {_spaces(uneven.found)}; as the rest of the file is written it should be "
                f"{uneven.expected}. {_STRICT}",
                f"Begin it with {_spaces(uneven.expected)}, and move the lines that belong below it as far.",
            )


def _spaces(number: int) -> str:
    return f"{number} space{'' if number == 1 else 's'}"


def _on_a_key_line(text: str, sign: str) -> bool:
    """Whether the sign stands in a line that begins as a key, an anchor or an alias does, up to the sign."""
    at = text.find(sign)
    while at >= 0:
        if _KEY_LINE.match(text, text.rfind("\n", 0, at) + 1):
            return True
        end = text.find("\n", at)
        at = text.find(sign, end) if end >= 0 else -1
    return False


RULES: Final[tuple[LeafRule, ...]] = (
    TrailingSpace(),
    NoLastLineEnd(),
    DosLineEnds(),
    BlankLines(),
    BracketSpace(),
    CommaSpace(),
    ColonSpace(),
    HyphenSpace(),
    UnevenIndent(),
)
