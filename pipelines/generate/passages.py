"""Documents into passages: paragraphs of plain text put together to about the wanted number of words."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_LINK = re.compile(r"!?\[([^\[\]]*)\]\((?:[^()]|\([^()]*\))*\)")
_FOOTNOTE = re.compile(r"\[\^[^\]]*\]:?")
_TAG = re.compile(r"<[^<>]{1,200}>")
_EMPHASIS = re.compile(r"(\*{1,3}|_{2,3}|`+)(?=\S)(.+?)(?<=\S)\1")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[\"'(]?[A-Z0-9])")
_SIGNS = str.maketrans({"\\": None, "*": None, '"': "'", "\u201c": "'", "\u201d": "'"})
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_LEAST_PROSE = 0.6
_SENTENCE_WORDS = (6, 60)
_PARAGRAPH_WORDS = 6
_MOST = 1.25
"""A passage may be longer than wanted by this factor, so that a paragraph stays whole."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of one document, and the sentences in it that are worth asking about."""

    document: str
    text: str
    sentences: tuple[str, ...]


def cut_passages(name: str, markdown: str, words: int) -> tuple[Passage, ...]:
    """Cut one document. Headings, tables, lists of links and what else is no prose are left out."""
    passages: list[Passage] = []
    gathered: list[str] = []
    for paragraph in _paragraphs(markdown, words):
        if gathered and _count([*gathered, paragraph]) > words * _MOST:
            passages.append(_passage(name, gathered))
            gathered = []
        gathered.append(paragraph)
    if gathered:
        passages.append(_passage(name, gathered))
    return tuple(passage for passage in passages if passage.sentences)


def plain_text(markdown: str) -> str:
    """Markdown's words without its signs: links become their text, emphasis goes."""
    text = _FOOTNOTE.sub("", _TAG.sub("", markdown))
    for _ in range(2):  # an image inside a link takes two rounds
        text = _LINK.sub(r"\1", text)
    for _ in range(2):
        text = _EMPHASIS.sub(r"\2", text)
    # Straight double quotes would end a JSON string that a small teacher copies them into.
    return " ".join(text.translate(_SIGNS).split())


def _passage(name: str, paragraphs: list[str]) -> Passage:
    text = "\n".join(paragraphs)
    least, most = _SENTENCE_WORDS
    sentences = tuple(
        sentence
        for paragraph in paragraphs
        for sentence in _SENTENCE_END.split(paragraph)
        if least <= len(sentence.split()) <= most and sentence[-1] in ".!?"
    )
    return Passage(name, text, sentences)


def _count(texts: list[str]) -> int:
    return sum(len(text.split()) for text in texts)


def _paragraphs(markdown: str, words: int) -> Iterable[str]:
    for block in re.split(r"\n\s*\n", _FENCE.sub("", markdown)):
        lines = [
            line
            for line in block.splitlines()
            if not line.lstrip().startswith(("#", "|", "+-", "---", "==="))
        ]
        text = plain_text("\n".join(lines))
        count = len(text.split())
        if count < _PARAGRAPH_WORDS or not _is_prose(text):
            continue
        if count <= words * _MOST:
            yield text
        else:
            yield from _pieces(text, words)


def _pieces(text: str, words: int) -> Iterable[str]:
    """A long paragraph, cut between sentences."""
    piece: list[str] = []
    for sentence in _SENTENCE_END.split(text):
        if piece and _count([*piece, sentence]) > words:
            yield " ".join(piece)
            piece = []
        piece.append(sentence)
    yield " ".join(piece)


def _is_prose(text: str) -> bool:
    """Mostly letters, and with a sentence's end."""
    letters = sum(character.isalpha() or character.isspace() for character in text)
    return letters / len(text) >= _LEAST_PROSE and any(sign in text for sign in ".!?")
