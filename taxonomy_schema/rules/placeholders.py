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
_NOTES: Final = ("TODO", "Todo:", "todo:", "TBD", "FIXME", "XXX:")
_LATIN: Final = "lorem ipsum dolor"
_THINGS: Final = ("answer", "question", "context", "text")
_SURE: Final = frozenset(
    {"tbd", "tba", "fixme", "to be done", "to be written", "to be added", "to be determined"}
    | {f"{thing} here" for thing in (*_THINGS, "your answer", "your question", "your context", "your text")}
    | {f"{verb} {thing} here" for verb in ("insert", "add", "write", "put", "enter") for thing in _THINGS}
    | {f"{verb} your {thing} here" for verb in ("insert", "add", "write", "put", "enter") for thing in _THINGS}
    | {f"{whose} {thing}" for whose in ("your", "insert") for thing in _THINGS}
    | {f"{thing} goes here" for thing in _THINGS}
    | {
        "deine antwort", "ihre antwort", "antwort hier", "hier antwort einfügen", "antwort hier einfügen",
        "votre réponse", "ta réponse", "réponse ici", "à compléter", "à remplir",
        "tu respuesta", "su respuesta", "respuesta aquí", "por completar",
        "sua resposta", "resposta aqui", "a preencher", "la tua risposta", "risposta qui", "da completare",
        "jouw antwoord", "nog in te vullen", "twoja odpowiedź", "do uzupełnienia",
        "ваш ответ", "ответ здесь", "вставьте ответ",
        "你的答案", "在此填写", "待填写", "待补充", "ここに回答", "要記入",
    }
)  # fmt: skip
_PERHAPS: Final = frozenset(
    {
        "todo", "to do", "placeholder", "lorem ipsum", "n/a", "xxx", "xx", "xxxx", "foo", "foo bar", "foobar", "asdf",
        "test", "blah", "blah blah", "..", "platzhalter", "à faire", "por hacer", "a fazer", "da fare", "do zrobienia",
        "заглушка", "待定", "未定", "추후 작성",
    }
)  # fmt: skip
"""Each of these may also be the answer: “todo” is Spanish, and “to do” the infinitive of “did”."""
_IN_BRACKETS: Final = frozenset({*_THINGS, *(f"the {thing}" for thing in _THINGS)})
"""What surely holds a place where brackets stand around it."""
_OPENING: Final = "[({<"
_PAIRED: Final = "[](){}<> "
_BRACKETS: Final = "[](){}<>«»\"'*_-:.…! \n\t"
_BLANK: Final = frozenset("._-…?")
_MARKS: Final = frozenset(_BRACKETS) | _BLANK
_LEAST_BLANK: Final = 3
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
    lenient = True
    docs = (
        "`TODO`, `TBD`, “answer here”, `<your answer>`, “lorem ipsum dolor …” and the like stand where a text should, "
        "in English and in other languages. What may be meant as it stands, such as `n/a`, three dots, “to do”, or a "
        "text that begins with `TODO`, is a hint."
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
    return start in _STARTS or start[:1] in _MARKS


def _severity(text: str) -> Severity | None:
    """How sure it is that a text holds the place of another; `None` for one that is a text."""
    said = folded(text)
    bare = said.strip(_BRACKETS)
    in_brackets = said[:1] in _OPENING and bare in _IN_BRACKETS
    if bare in _SURE or in_brackets or text.strip() == "TODO" or bare.startswith(_LATIN):
        return Severity.ERROR
    inside = said.strip(_PAIRED)
    blank = _BLANK.issuperset(inside) and (len(inside) >= _LEAST_BLANK or "…" in inside)
    return Severity.HINT if blank or said in _PERHAPS or bare in _PERHAPS or text.startswith(_NOTES) else None


RULES: Final[tuple[LeafRule, ...]] = (TemplateText(), Placeholder())
