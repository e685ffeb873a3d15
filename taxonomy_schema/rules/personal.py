"""Data about a person: what is taught to a model can be asked out of it again."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from taxonomy_schema.findings import Finding, Severity
from taxonomy_schema.parse import LeafSource
from taxonomy_schema.parse_rules import changed
from taxonomy_schema.patterns import late
from taxonomy_schema.policy import Policy
from taxonomy_schema.rule import quoted
from taxonomy_schema.rules.glance import found, glance, near
from taxonomy_schema.rules.leaf_rule import LeafRule
from taxonomy_schema.rules.numbers import is_bank_account, is_card, is_identity, is_public_address

# Each search begins with what is rare; what stands before it is looked at by the look-behind.
_MAIL_AT: Final = late(r"@(?<=[\w.+-]@)(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}\b")
_MAIL: Final = late(r"[\w.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}\b")
_RESERVED: Final = late(
    r"(?:^|\.)(?:example\.(?:com|net|org|edu)|example|test|invalid|localhost|noreply\.github\.com)$",
    re.IGNORECASE,
)
_PHONE: Final = late(
    r"[+(2-9](?<![\w.+-].)(?:(?<=\+)[1-9]\d{0,2}[ .()/-]{1,2}[\d ().\/-]{6,18}\d|(?<=\+)[1-9]\d{8,14}"
    r"|(?<=\()\d{3}\) ?\d{3}-\d{4}|(?<=[2-9])\d{2}-[2-9]\d{2}-\d{4})(?![\w-]|\.\d)"
)
_FICTION: Final = late(r"555\D?01\d\d$|^\+?1?\D*555\D|^\+44\D?(?:20\D?7946\D?0|1632\D?960|7700\D?900)")
"""Numbers that telephone authorities keep free for films and books."""
_ADDRESS: Final = late(r"\d(?<![\w.-].)\d{0,2}(?:\.\d{1,3}){3}(?![\w-]|\.\d)")
_CARD: Final = late(
    r"\d(?<![\w.-].)(?:\d{3}[ -]\d{4}[ -]\d{4}[ -]\d{1,7}|\d{3}[ -]\d{6}[ -]\d{4,5}|\d{12,18})(?![\w-]|\.\d)"
)
_ACCOUNT: Final = late(r"[A-Z](?<!\w.)[A-Z]\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_IDENTITY: Final = late(
    r"\d(?<![\w.-].)(?:\d{2}-\d{2}-\d{4}|\d{2}\.\d{3}\.\d{3}-\d{2}"
    r"|(?<=[12]) ?\d{2} ?(?:0[1-9]|1[0-2]) ?\d{2} ?\d{3} ?\d{3} ?\d{2})(?![\w-]|\.\d)"
)
_CARD_WORDS: Final = late(
    r"card|visa|amex|american express|credit|debit|carte|karte|tarjeta|cartão", re.IGNORECASE
)
_WHY: Final = "A model that learnt it may tell it to anybody"


class PersonalData(LeafRule):
    code = "GL505"
    title = "Data that may lead to a person"
    severity = Severity.HINT
    docs = (
        "Mail addresses, telephone numbers, addresses of computers, and numbers in the form of a state's register of "
        "people. A model that learnt them may tell them to anybody. Addresses and numbers kept free for examples "
        "(`example.org`, `555-0123`, `192.0.2.1`) are not meant."
    )
    bad = changed("answer: It is lighter than water.", "answer: Ask ada.lovelace@math-club.net about it.")
    good = changed("answer: It is lighter than water.", "answer: Ask ada@example.org about it.")

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        look = glance(source)
        if b"@" in look.signs and _MAIL_AT.search(look.text):
            yield from self._told(source, _MAIL, "a mail address", _is_mail, "name@example.org")
        dotted = look.has_dotted_number
        if dotted or look.has_long_number:
            yield from self._told(source, _PHONE, "a telephone number", _is_phone, "555-0123")
            yield from self._told(
                source, _IDENTITY, "in the form of a personal number", is_identity, "123-45-6789"
            )
        if dotted:
            yield from self._told(
                source, _ADDRESS, "the address of a computer", is_public_address, "192.0.2.1"
            )

    def _told(
        self,
        source: LeafSource,
        pattern: re.Pattern[str],
        what: str,
        holds: Callable[[str], bool],
        instead: str,
    ) -> Iterator[Finding]:
        for match, text in found(source, pattern):
            if holds(match[0]):
                yield self.finding(
                    near(source, text, match[0]),
                    f"{quoted(match[0])} is {what}. {_WHY}.",
                    f"Leave it out, or write one that leads to nobody, such as {instead}.",
                )


class AccountNumber(LeafRule):
    code = "GL506"
    title = "The number of a payment card or bank account"
    lenient = True
    docs = (
        "The number is whole: its check digits fit, and it begins as its kind begins. Numbers that the card companies "
        "publish for tests are not meant. A card's number that stands where nothing speaks of cards is a hint."
    )
    bad = changed("answer: It is lighter than water.", "answer: Pay to GB33 BUKB 2020 1555 5555 55.")
    good = changed("answer: It is lighter than water.", "answer: Pay to GB33 BUKB 2020 1555 5555 56.")

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        if not glance(source).has_long_number:
            return
        for pattern, holds, what in (
            (_CARD, is_card, "the number of a payment card"),
            (_ACCOUNT, is_bank_account, "the number of a bank account"),
        ):
            for match, text in found(source, pattern):
                if holds(match[0]):
                    sure = pattern is _ACCOUNT or _CARD_WORDS.search(text.value)
                    yield self.finding(
                        near(source, text, match[0]),
                        f"{quoted(match[0][:6] + '…')} is {what} that can be real: its check digits fit. {_WHY}.",
                        "Write one that cannot be real: change its last digit.",
                        None if sure else Severity.HINT,
                    )


def _is_mail(written: str) -> bool:
    return not _RESERVED.search(written.rpartition("@")[2])


def _is_phone(written: str) -> bool:
    """With the country, from 8 to 15 digits (ITU-T E.164) in groups that are more than single digits."""
    groups = re.findall(r"\d+", written)
    digits = sum(map(len, groups))
    return 8 <= digits <= 15 and digits >= 2 * len(groups) - 1 and not _FICTION.search(written)  # noqa: PLR2004


RULES: Final[tuple[LeafRule, ...]] = (PersonalData(), AccountNumber())
