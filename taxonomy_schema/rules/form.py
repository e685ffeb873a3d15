"""How `qna.yaml` is written: things that can be read, and yet are better written otherwise."""

from collections.abc import Iterator, Sequence
from typing import Final

from taxonomy_schema.findings import Finding, Place, Severity
from taxonomy_schema.kinds import NEWEST_VERSION
from taxonomy_schema.parse import LeafSource
from taxonomy_schema.parse_rules import ATTRIBUTION, GOOD, GOOD_SKILL, changed
from taxonomy_schema.patterns import late
from taxonomy_schema.policy import Policy
from taxonomy_schema.rule import Example, quoted
from taxonomy_schema.rules.examples import GOOD_KNOWLEDGE, knowledge
from taxonomy_schema.rules.leaf_rule import LeafRule
from taxonomy_schema.rules.walk import Pair, key_place, pairs
from taxonomy_schema.schema import raised, written_version
from taxonomy_schema.style_tokens import first_stray_tab

LEAST_SEEDS: Final = 5
_ASKED_AND_ANSWERED: Final = 2
_COMMENT: Final = late(r"[ \t]+#[^\n]*")


class OldVersion(LeafRule):
    code = "GL121"
    title = "The version is behind the newest"
    severity = Severity.HINT
    docs = f"The leaf is read as it is, lifted to version {NEWEST_VERSION}. A leaf without `version` has version 1."
    bad = changed("version: 3\n", "version: 2\n")
    good = GOOD

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        if not source.sound:
            return
        version = written_version(source.data)
        enough = len(source.data["seed_examples"]) >= LEAST_SEEDS
        if version < NEWEST_VERSION:
            yield self.finding(
                key_place(source, ("version",)),
                f"The leaf is written in version {version} of the format; what version {NEWEST_VERSION}, the "
                "newest, asks for is "
                "not looked at.",
                f"Write “version: {NEWEST_VERSION}”{'' if enough else f', once it has {LEAST_SEEDS} seeds'}.",
                fix=raised(source.yaml, knowledge=source.is_knowledge),
            )


class StrayTab(LeafRule):
    code = "GL114"
    title = "A tab outside quotes and blocks"
    docs = (
        "InstructLab reads YAML with a parser that stops at a tab between words of an unquoted text, or between a key "
        "and its value. In quotes, in a text below `|` or `>` and in comments a tab may stand."
    )
    bad = changed("Answer in one short", "Answer in\tone short")
    good = changed("Answer in one short sentence.", '"Answer in\tone short sentence."')

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        text = source.qna_text or ""
        if "\t" not in text or source.yaml.node is None:
            return
        place = first_stray_tab(text)
        if place is not None:
            yield self.finding(
                Place(file=source.qna_file, line=place[0], column=place[1]),
                "A tab stands here outside quotes, and InstructLab's parser stops at it: its tools could not read "
                "the leaf.",
                "Write a space instead, or put the whole text in quotes.",
            )


class IgnoredKey(LeafRule):
    code = "GL123"
    title = "A key beside question and answer is ignored"
    severity = Severity.HINT
    docs = "In a knowledge leaf only `question` and `answer` are read of an entry of `questions_and_answers`."
    bad = knowledge("answer: One oak.", "answer: One oak.\n        source: page 3")
    good = GOOD_KNOWLEDGE

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        for entry_path, inner in _inner_pairs(source):
            if len(inner) == _ASKED_AND_ANSWERED:
                continue
            for key in sorted(inner.keys() - {"question", "answer"}):
                yield self.finding(
                    key_place(source, (*entry_path, key)),
                    f"The key {quoted(key)} is not read beside question and answer, so what stands under it is lost.",
                    "Put what matters of it into the answer or the context, and remove the key.",
                )


def _inner_pairs(source: LeafSource) -> Iterator[tuple[tuple[str | int, ...], dict[str, object]]]:
    for index, entry in enumerate(source.data.get("seed_examples", ())):
        for number, inner in enumerate(entry.get("questions_and_answers", ())):
            yield ("seed_examples", index, "questions_and_answers", number), inner


class CommentCutsText(LeafRule):
    code = "GL124"
    title = "The rest of a text is read as a comment"
    severity = Severity.HINT
    docs = "In a text without quotes, ` #` begins a comment: the text ends before it."
    bad = changed("question: Why does ice float?", "question: Why is C # not C?")
    good = changed("question: Why does ice float?", 'question: "Why is C # not C?"')

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        text = source.qna_text or ""
        if not source.sound or "#" not in text or " #" not in text.replace("\t", " "):
            return
        lines = source.qna_lines
        for pair in pairs(source):
            for key in ("question", "answer"):
                spot = source.yaml.find((*pair.path, key))
                if spot is None or not spot.plain or spot.end_line > len(lines):
                    continue
                comment = _COMMENT.match(lines[spot.end_line - 1], spot.end_column - 1)
                if comment:
                    yield self.finding(
                        Place(file=source.qna_file, line=spot.end_line, column=spot.end_column + 1),
                        f"{quoted(comment[0].strip())} is read as a comment, since a “#” stands after a space: the "
                        f"{key} ends before it.",
                        "Put the whole text in quotes, if it belongs to it; put a comment on a line of its own.",
                    )


class MixedContexts(LeafRule):
    code = "GL125"
    title = "Some seeds have a context and others have none"
    docs = "A skill is grounded, and then every seed has its context, or free-form, and then none has."
    bad = changed(
        "answer: It is lighter than water.", "answer: It is lighter than water.\n    context: Ice floats."
    )
    good = GOOD

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        every = pairs(source)
        without = [pair for pair in every if pair.context is None]
        if without and len(without) < len(every):
            less = (
                without
                if len(without) * 2 <= len(every)
                else [pair for pair in every if pair.context is not None]
            )
            yield self.finding(
                _first(source, less),
                f"Of {len(every)} seeds {len(without)} {'has' if len(without) == 1 else 'have'} no context and the "
                "others "
                "have one; new examples are written in one way for a whole leaf, with contexts or without.",
                "Give every seed a context, or none; if both kinds matter, make two leaves.",
            )


class GroundedFolder(LeafRule):
    code = "GL126"
    title = "The folder and the contexts disagree"
    severity = Severity.HINT
    docs = (
        "By custom, skills whose seeds have a context live below `compositional_skills/grounded/`, and others do not. "
        "A skill there without any context is an error: it would be generated as grounded, with nothing to stand on."
    )
    bad = Example(GOOD_SKILL, ATTRIBUTION, "compositional_skills/grounded/writing/short")
    good = GOOD

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        parts = source.files.id.split("/")
        every = pairs(source)
        if not every or parts[0] != "compositional_skills":
            return
        contexts = sum(pair.context is not None for pair in every)
        if "grounded" in parts and not contexts:
            yield self.finding(
                _first(source, every),
                "The folder is for grounded skills, whose answers stand on a context, and no seed has one.",
                "Add a context to each seed, or move the leaf out of grounded/.", Severity.ERROR,
            )  # fmt: skip
        elif contexts == len(every) and "grounded" not in parts:
            yield self.finding(
                _first(source, every),
                "Every seed has a context, and the folder is for skills without: others are looked for in grounded/.",
                f"Move it to {'/'.join([parts[0], 'grounded', *parts[1:]])}.",
            )  # fmt: skip


def _first(source: LeafSource, some: Sequence[Pair]) -> Place:
    return key_place(source, some[0].path)


RULES: Final[tuple[LeafRule, ...]] = (
    OldVersion(),
    StrayTab(),
    IgnoredKey(),
    CommentCutsText(),
    MixedContexts(),
    GroundedFolder(),
)
