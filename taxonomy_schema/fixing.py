"""Mends a leaf by the exact edits that its findings carry, and looks again after each step.

A step is kept only if it leaves no error that was not there. A file that could not be read to its end, or did not
have the format, may show more errors once it does: they were there before, and could not be seen.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from taxonomy_schema import mends
from taxonomy_schema.attribution import read_works
from taxonomy_schema.edits import apart, applied
from taxonomy_schema.files import LeafFiles
from taxonomy_schema.findings import Edit, Finding
from taxonomy_schema.parse import ParsedLeaf

_MOST_STEPS: Final = 50
"""Each step mends all it can see; only a file that shows one fault after the other needs many."""

Check = Callable[[LeafFiles], ParsedLeaf]


@dataclass(frozen=True)
class Mended:
    """A leaf after its mends. `done` says what was mended, one sentence each."""

    files: LeafFiles
    parsed: ParsedLeaf
    done: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Mend:
    edits: tuple[Edit, ...]
    said: str
    keeps_data: bool


def mend_leaf(files: LeafFiles, check: Check) -> Mended:
    """The leaf with everything mended that can be mended safely."""
    mended = Mended(files, check(files))
    for _ in range(_MOST_STEPS):
        further = _step(mended, check)
        if further is None:
            break
        mended = further
    return mended


def _step(before: Mended, check: Check) -> Mended | None:
    offered = list(_offered(before.parsed))
    chosen = [offered[at] for at in apart([mend.edits for mend in offered])]
    for some in [chosen, *([mend] for mend in chosen if len(chosen) > 1)]:
        after = _tried(before, some, check)
        if after is not None:
            return after
    return None


def _tried(before: Mended, some: list[_Mend], check: Check) -> Mended | None:
    """The leaf after these mends; `None` if that is not better."""
    files = _edited(before.parsed, [edit for mend in some for edit in mend.edits])
    if files == before.files:
        return None
    after = check(files)
    if not _no_worse(before.parsed, after):
        return None
    if all(mend.keeps_data for mend in some) and not _says_the_same(before.parsed, after):
        return None
    return Mended(files, after, (*before.done, *(mend.said for mend in some)))


def _offered(parsed: ParsedLeaf) -> Iterator[_Mend]:
    for finding in parsed.findings:
        if finding.fix:
            yield _Mend(finding.fix, _said(finding), keeps_data=False)
    source = parsed.source
    for file, text in (
        (source.qna_file, source.qna_text),
        (source.attribution_file, source.attribution_text),
    ):
        if text is None:
            continue
        for edits, what in (
            (mends.unix_line_ends(file, text), "line ends"),
            (mends.one_final_newline(file, text), "end of the file"),
            (() if file == source.qna_file else mends.without_spaced_ends(file, text), "ends of lines"),
        ):
            if edits:
                yield _Mend(edits, f"{file}: {what}", keeps_data=True)


def _said(finding: Finding) -> str:
    return f"{finding.place.file}:{finding.place.line}: {finding.code} {finding.message}"


def _edited(parsed: ParsedLeaf, edits: list[Edit]) -> LeafFiles:
    source = parsed.source
    files = source.files
    qna = [edit for edit in edits if edit.file == source.qna_file]
    if qna and source.qna_text is not None:
        files = files._replace(qna=applied(source.qna_text, qna).encode())
    attribution = [edit for edit in edits if edit.file == source.attribution_file]
    if attribution and source.attribution_text is not None:
        files = files._replace(attribution=applied(source.attribution_text, attribution).encode())
    return files


def _no_worse(before: ParsedLeaf, after: ParsedLeaf) -> bool:
    if _read(after) != _read(before):
        return _read(after) > _read(before)
    return not Counter(one.code for one in after.errors) - Counter(one.code for one in before.errors)


def _read(parsed: ParsedLeaf) -> int:
    """How far reading came: not to the end, to the end, or to a leaf."""
    source = parsed.source
    if source.sound:
        return 2
    return 0 if source.yaml.data is None or source.yaml.findings else 1


def _says_the_same(before: ParsedLeaf, after: ParsedLeaf) -> bool:
    return (
        before.source.yaml.data == after.source.yaml.data
        and [work.values for work in read_works(before.source.attribution_text or "")]
        == [work.values for work in read_works(after.source.attribution_text or "")]
    )  # fmt: skip


def safe_fixes(parsed: ParsedLeaf, check: Check) -> tuple[Finding, ...]:
    """Those findings whose mends, made together, leave no error that was not there; none of two that meet."""
    before = Mended(parsed.source.files, parsed)
    fixed = [finding for finding in parsed.findings if finding.fix]
    fixed = [fixed[at] for at in apart([finding.fix for finding in fixed])]
    mends_of = [_Mend(finding.fix, "", keeps_data=False) for finding in fixed]
    if not fixed or _tried(before, mends_of, check) is not None:
        return tuple(fixed)
    return tuple(
        finding
        for finding, mend in zip(fixed, mends_of, strict=True)
        if _tried(before, [mend], check) is not None
    )
