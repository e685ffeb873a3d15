"""Whether digits are what they look like: check digits, lengths and ranges of cards, accounts, registers, addresses."""

import re
from typing import Final

from taxonomy_schema.patterns import late

_CARDS: Final = late(
    r"4\d{12}(?:\d{3}){0,2}|(?:5[1-5]\d{2}|222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}|3[47]\d{13}"
    r"|(?:6011|65\d{2}|64[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|3(?:0[0-5]|[68]\d)\d{11}"
)
"""How the numbers of Visa, Mastercard, American Express, Discover, JCB and Diners Club begin, and their lengths."""
_TEST_CARDS: Final = frozenset({
    "4111111111111111", "4012888888881881", "4242424242424242", "4000056655665556", "4222222222222", "5555555555554444",
    "5105105105105100", "5200828282828210", "2223003122003222", "378282246310005", "371449635398431", "378734493671000",
    "6011111111111117", "6011000990139424", "3530111333300000", "3566002020360505", "30569309025904", "38520000023237",
    "4000000000000002", "4539578763621486", "4532015112830366", "4539148803436467", "79927398713",
})  # fmt: skip
"""Published for tests by card companies, or used to explain the check digit."""
_LEAST_DIFFERENT: Final = 4
"""Digits of a number that is more than a pattern."""
_ACCOUNT_LENGTHS: Final = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29,
    "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29,
    "ES": 24, "FI": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
    "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20,
    "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19,
    "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29,
    "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28,
    "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}  # fmt: skip
"""Characters of an IBAN by country (the SWIFT registry)."""
_TEST_ACCOUNTS: Final = frozenset(
    {
        "GB82WEST12345698765432",
        "DE89370400440532013000",
        "FR1420041010050500013M02606",
        "GB29NWBK60161331926819",
    }
)
"""The examples of the standard and its registry."""
_KNOWN_EXAMPLES: Final = frozenset(
    {"078-05-1120", "219-09-9999", "123-45-6789", "111.444.777-35", "123.456.789-09"}
)


def is_card(written: str) -> bool:
    """A payment card's number: its beginning, length and check digit (Luhn, ISO/IEC 7812) fit, and it is no test's."""
    digits = re.sub(r"\D", "", written)
    return (
        bool(_CARDS.fullmatch(digits))
        and digits not in _TEST_CARDS
        and len(set(digits)) >= _LEAST_DIFFERENT
        and _luhn(digits)
    )


def _luhn(digits: str) -> bool:
    doubled = [int(digit) * (2 if index % 2 else 1) for index, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0  # noqa: PLR2004


def is_bank_account(written: str) -> bool:
    """An international account number (IBAN, ISO 13616): country, length and remainder by 97 fit."""
    plain = written.replace(" ", "")
    if _ACCOUNT_LENGTHS.get(plain[:2]) != len(plain) or plain in _TEST_ACCOUNTS:
        return False
    return int("".join(str(int(one, 36)) for one in plain[4:] + plain[:4])) % 97 == 1


def is_identity(written: str) -> bool:
    """A number as a register of people writes it: the United States', Brazil's (two check digits) or France's (one)."""
    if written in _KNOWN_EXAMPLES:
        return False
    digits = re.sub(r"\D", "", written)
    if "." in written:
        return len(set(digits)) > 1 and all(_cpf_digit(digits, place) for place in (9, 10))
    if "-" in written:
        area, group, serial = written.split("-")
        return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"
    return int(digits[:13]) % 97 == 97 - int(digits[13:])


def _cpf_digit(digits: str, place: int) -> bool:
    total = sum(int(digit) * (place + 1 - index) for index, digit in enumerate(digits[:place]))
    return int(digits[place]) == total * 10 % 11 % 10


def is_public_address(written: str) -> bool:
    """An IPv4 address that may be somebody's: none of those for private networks, tests or documents."""
    import ipaddress

    try:
        address = ipaddress.IPv4Address(written)
    except ValueError:
        return False
    return address.is_global and written not in ("1.1.1.1", "8.8.8.8", "8.8.4.4", "9.9.9.9", "1.2.3.4")
