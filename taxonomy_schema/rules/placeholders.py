"""Texts that wait for others: what the template wrote, and what people write until they know better."""

from collections.abc import Iterator
from typing import Final

from taxonomy_schema.findings import Finding, Severity
from taxonomy_schema.parse import LeafSource
from taxonomy_schema.parse_rules import GOOD, changed
from taxonomy_schema.places import Path
from taxonomy_schema.policy import Policy
from taxonomy_schema.rule import quoted
from taxonomy_schema.rules.leaf_rule import LeafRule
from taxonomy_schema.rules.walk import folded, pairs, place

TEMPLATE: Final = "REPLACE:"
_LONGEST: Final = 40
_NOTES: Final = ("TODO", "Todo:", "todo:", "TBD", "FIXME", "XXX")
_LATIN: Final = "lorem ipsum"
_SURE: Final = frozenset(
    {"todo", "to do", "tbd", "tba", "fixme", "to be done", "to be written", "to be added", "to be determined"}
    | {f"{word} here" for word in ("answer", "question", "context", "text", "your answer", "your question")}
    | {
        f"{verb} {word} here"
        for verb in ("insert", "add", "write", "put")
        for word in ("answer", "question", "text")
    }
    | {f"your {word}" for word in ("answer", "question", "context")}
    | {"answer goes here", "question goes here", "context goes here", "placeholder", _LATIN}
)
_PERHAPS: Final = frozenset(
    {"...", "…", "..", "n/a", "xxx", "xx", "xxxx", "foo", "foo bar", "asdf", "test", "blah"}
)
_BRACKETS: Final = "[](){}<>«»\"'*_-:.! \n\t"
_STARTS: Final = frozenset(text[:2] for text in _SURE | _PERHAPS)


class TemplateText(LeafRule):
    code = "GL305"
    title = "A text of the template is still there"
    severity = Severity.HINT
    docs = (
        f"`graft new` writes texts that begin with `{TEMPLATE}` and wait for yours. The first is pointed at."
    )
    bad = changed("answer: It is lighter than water.", f'answer: "{TEMPLATE} the answer"')
    good = GOOD

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        if TEMPLATE not in (source.qna_text or ""):
            return
        left = [path for path, event in source.yaml.scalars() if event.value.startswith(TEMPLATE)]
        if left:
            yield self.finding(
                place(source, left[0]),
                (f"{len(left)} texts of the template are" if len(left) > 1 else "A text of the template is")
                + " still there, and would be taught as it stands.",
                f"Write your own text in place of “{TEMPLATE} …”.",
            )


class Placeholder(LeafRule):
    code = "GL310"
    title = "A text only holds the place of another"
    docs = (
        "`TODO`, `TBD`, “answer here”, “lorem ipsum” and the like stand where a text should. What may be meant as it "
        "stands, such as `n/a`, three dots, or a text that begins with `TODO`, is a hint."
    )
    bad = changed("answer: It is lighter than water.", "answer: TODO")
    good = GOOD

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        latin = "orem ipsum" in (source.qna_text or "")
        for pair in pairs(source):
            question, answer, context = pair.question, pair.answer, pair.context
            if latin or _may_wait(question):
                yield from self._told(source, (*pair.path, "question"), question)
            if latin or _may_wait(answer):
                yield from self._told(source, (*pair.path, "answer"), answer)
            if context is not None and (latin or _may_wait(context)):
                yield from self._told(source, (*pair.entry, "context"), context)
        for key in ("task_description", "domain", "document_outline"):
            if key in source.data and _may_wait(source.data[key]):
                yield from self._told(source, (key,), source.data[key])

    def _told(self, source: LeafSource, path: Path, text: str) -> Iterator[Finding]:
        severity = _severity(text)
        if severity is not None:
            yield self.finding(
                place(source, path),
                f"{quoted(text)} holds the place of another text, and would be taught as it stands.",
                "Write the text, or remove the seed.", severity,
            )  # fmt: skip


def _may_wait(text: str) -> bool:
    """A quick look, that few texts pass: short, and beginning as one of those known does."""
    if len(text) >= _LONGEST:
        return text.startswith(_NOTES)
    start = text[:2].lower()
    return start in _STARTS or start[:1] in _BRACKETS


def _severity(text: str) -> Severity | None:
    """How sure it is that a text holds the place of another; `None` for one that is a text."""
    said = folded(text)
    bare = said.strip(_BRACKETS)
    if bare in _SURE or bare.startswith(_LATIN):
        return Severity.ERROR
    return Severity.HINT if said in _PERHAPS or bare in _PERHAPS or text.startswith(_NOTES) else None


RULES: Final[tuple[LeafRule, ...]] = (TemplateText(), Placeholder())
