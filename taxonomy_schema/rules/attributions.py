"""`attribution.txt`: whose work the leaf draws on, whether it may, and whether anybody can look it up again."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from taxonomy_schema.attribution import FIELD_NAMES, Work, unread_lines
from taxonomy_schema.edits import replaced
from taxonomy_schema.findings import Finding, Place, Severity
from taxonomy_schema.parse import LeafSource
from taxonomy_schema.patterns import late
from taxonomy_schema.policy import DEFAULT_POLICY, Policy
from taxonomy_schema.rule import quoted
from taxonomy_schema.rules.examples import GOOD_KNOWLEDGE, attributed
from taxonomy_schema.rules.leaf_rule import LeafRule
from taxonomy_schema.rules.licences import Judgement, Licence, judge
from taxonomy_schema.rules.sources import PLAIN_URL

_WANTED: Final = ("title", "link", "licence", "creators")
_OWN_WORK: Final = "-"
_CHANGING: Final = late(
    r"(?:^|\.)(?:(?:wikipedia|wikisource|wikibooks|wiktionary|wikinews|wikiquote|wikivoyage|wikiversity|wikidata|wikimedia)"
    r"\.org|fandom\.com|wikihow\.com)$"
)
_PINNED: Final = late(r"[?&](?:old)?id=\d|/Special:(?:PermanentLink|Permalink)/\d", re.IGNORECASE)
_FORBIDDEN: Final = (("NC", "commercial use"), ("ND", "changed versions, and generated examples are such"))


def _licences(source: LeafSource, policy: Policy) -> Iterator[tuple[Place, str, Judgement]]:
    for work in source.works:
        written = work.values.get("licence")
        if written and written not in policy.licences:
            yield _at(source, work, "licence"), written, judge(written, policy.licences)


def _at(source: LeafSource, work: Work, field: str) -> Place:
    line, column = work.places.get(field, (work.line, 1))
    return Place(file=source.attribution_file, line=line, column=column)


def _work(licence: str = "CC-BY-4.0", link: str = "-", more: str = "") -> str:
    return f"Title of work: Hills\nLink to work: {link}\n{more}License of the work: {licence}\nCreator names: Ada\n"


class LicenceNotListed(LeafRule):
    code = "GL404"
    title = "The licence is not on the list"
    severity = Severity.HINT
    docs = (
        f"Works under {', '.join(DEFAULT_POLICY.licences)} are accepted. For another licence the maintainers decide; "
        "their policy can make this an error."
    )
    bad = attributed(_work("GPL-3.0-only"))
    good = attributed(_work())

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        for at, written, judged in _licences(source, policy):
            if judged.verdict is Licence.NOT_LISTED:
                yield self.finding(
                    at,
                    f"The licence {quoted(written)} is not on the list of this taxonomy, so it is not sure that "
                    "the work may be used.",
                    f"Use a work under {', '.join(policy.licences)}, or ask the maintainers in the pull request "
                    "about this one.",
                )


class LicenceForbids(LeafRule):
    code = "GL414"
    title = "The licence forbids what is done with a leaf"
    docs = (
        "From a leaf new examples are made, and the model is published for any use. A licence with NC (no commercial "
        "use) or ND (no changed versions) forbids that, so no model with such a work in it could be released."
    )
    bad = attributed(_work("CC BY-NC-SA 4.0"))
    good = attributed(_work("CC-BY-SA-4.0"))

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        for at, written, judged in _licences(source, policy):
            if judged.verdict is Licence.FORBIDS:
                forbidden = " and ".join(what for part, what in _FORBIDDEN if f"-{part}" in judged.spdx)
                yield self.finding(
                    at,
                    f"{quoted(written)} forbids {forbidden}: no model that learnt from it could be published.",
                    "If the work is yours, put it under CC-BY-4.0 or CC-BY-SA-4.0; if not, draw on another work, under "
                    f"{', '.join(policy.licences)}.",
                )


class LicenceSpelling(LeafRule):
    code = "GL405"
    title = "The licence is not written as an SPDX identifier"
    severity = Severity.HINT
    docs = "Licences are written as SPDX writes them, such as `CC-BY-SA-4.0`, so that programs can read them."
    bad = attributed(_work("Creative Commons Attribution-ShareAlike 4.0"))
    good = attributed(_work("CC-BY-SA-4.0"))

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        for at, written, judged in _licences(source, policy):
            if judged.verdict is Licence.MISSPELT:
                yield self.finding(
                    at,
                    f"{quoted(written)} is not the short name of the licence that programs read (its SPDX identifier).",
                    f"Write {judged.spdx}.",
                    fix=(replaced(at.file, at.line, at.column, written, judged.spdx),),
                )
            elif judged.verdict is Licence.NO_VERSION:
                yield self.finding(
                    at,
                    f"{quoted(written)} does not say which version of the licence, and versions allow different "
                    "things.",
                    f"Look it up where the work is published; if it is that version, write {judged.spdx}.",
                )


class AttributionFields(LeafRule):
    code = "GL406"
    title = "The attribution lacks a field"
    severity = Severity.HINT
    docs = (
        "`attribution.txt` names for each work `Title of work`, `Link to work` (or `-`), `License of the work` and "
        "`Creator names`, and for a page that changes its `Revision`."
    )
    bad = attributed("Written by Ada.\n")
    good = GOOD_KNOWLEDGE

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        text = source.attribution_text
        if text is None or not text.strip():
            return
        for line, values in [(work.line, work.values) for work in source.works] or [(1, {})]:
            lacking = [FIELD_NAMES[key] for key in _WANTED if values.get(key, "") in ("", "?")]
            if lacking:
                yield self.finding(
                    Place(file=source.attribution_file, line=line),
                    f"The work lacks {_and(lacking)}, so it cannot be looked up and credited.",
                    _lines_to_add(lacking),
                )


class BadLink(LeafRule):
    code = "GL411"
    title = "The link to the work cannot be followed safely"
    severity = Severity.HINT
    docs = (
        "`Link to work` is one `https://` URL, or `-` for a work of your own that is published nowhere, so that "
        "reviewers can look whether the work says what the leaf says, and under which licence."
    )
    bad = attributed(_work(link="www.example.org/hills"))
    good = attributed(_work(link="https://example.org/hills"))

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        for work in source.works:
            link = work.values.get("link", "")
            if not link or link == _OWN_WORK or _is_link(link):
                continue
            if link.startswith("http://") and _is_link(f"https{link[4:]}"):
                mend = f"Write {quoted(f'https{link[4:]}')[1:-1]}, if the page is there too."
            else:
                mend = "Write the whole address, as “https://…”, or “-” if the work is your own and published nowhere."
            yield self.finding(
                _at(source, work, "link"),
                f"{quoted(link)} is no address that begins with https://, so reviewers cannot look the work up.",
                mend,
            )


class NoRevision(LeafRule):
    code = "GL412"
    title = "The revision of a page that changes is not said"
    severity = Severity.HINT
    docs = (
        "Pages of Wikipedia and other wikis change every day. `Revision` is the link to the version that the leaf "
        "was written from, so that it can be compared with it later; the licence asks for it too."
    )
    bad = attributed(_work(link="https://en.wikipedia.org/wiki/Hill"))
    good = attributed(
        _work(
            link="https://en.wikipedia.org/wiki/Hill",
            more="Revision: https://en.wikipedia.org/w/index.php?title=Hill&oldid=1\n",
        )
    )

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        for work in source.works:
            link, revision = work.values.get("link", ""), work.values.get("revision", "")
            if not link.startswith("https://") or (revision and revision not in (link, _OWN_WORK)):
                continue
            if _PINNED.search(link) or not _CHANGING.search(_host(link)):
                continue
            yield self.finding(
                _at(source, work, "revision" if revision else "link"),
                f"{quoted(link)} is a page that changes, and which version you used is not said: later it may "
                "read otherwise.",
                "Open “View history” there, copy the link of the version you used (it ends with oldid=…), and add it "
                "as “Revision: …”.",
            )


class UnreadLine(LeafRule):
    code = "GL413"
    title = "A line of the attribution is not read"
    severity = Severity.HINT
    docs = (
        f"Only lines that begin with {', '.join(f'`{name}:`' for name in FIELD_NAMES.values())} are read; a value "
        "stands on the line of its field. What stands elsewhere reaches neither the model card nor the credits."
    )
    bad = attributed(_work(more="Licens of the work: MIT\n"))
    good = attributed(_work())

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        text = source.attribution_text
        if not text or not source.works:
            return
        read = sum([len(work.values) for work in source.works])
        if text.count("\n") - text.count("\n\n") + (not text.endswith("\n")) <= read:
            return
        import difflib

        for number, line, name in unread_lines(text):
            alike = difflib.get_close_matches(name.capitalize(), FIELD_NAMES.values(), n=1, cutoff=0.7)
            yield self.finding(
                Place(file=source.attribution_file, line=number, column=len(line) - len(line.lstrip()) + 1),
                f"{quoted(line)} begins with no name that is known here, so the credits leave it out.",
                f"Begin it with “{alike[0]}: ”."
                if alike
                else "Write it on the line of the field it belongs to, or leave it out.",
            )


def _and(names: list[str]) -> str:
    return " and ".join([*[", ".join(names[:-1])][: len(names) > 1], names[-1]])


def _lines_to_add(names: list[str]) -> str:
    shown = ", ".join(f"“{name}: …”" for name in names)
    return f"Add {'the line' if len(names) == 1 else 'a line each:'} {shown}. For a work of your own the link is “-”."


def _host(link: str) -> str:
    try:
        return urlsplit(link).hostname or ""
    except ValueError:
        return ""


def _is_link(link: str) -> bool:
    if PLAIN_URL.fullmatch(link):
        return True
    return link.startswith("https://") and "." in _host(link) and not any(map(str.isspace, link))


RULES: Final[tuple[LeafRule, ...]] = (
    LicenceNotListed(),
    LicenceSpelling(),
    AttributionFields(),
    BadLink(),
    NoRevision(),
    UnreadLine(),
    LicenceForbids(),
)
