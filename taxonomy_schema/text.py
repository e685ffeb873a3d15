"""The bytes of a leaf's file as text, or the finding that says why they are none."""

from typing import Final

from taxonomy_schema.files import MAX_BYTES
from taxonomy_schema.findings import Finding, Place
from taxonomy_schema.parse_rules import BadCharacters, TooLarge
from taxonomy_schema.patterns import late

# What YAML 1.1 calls not printable.
_CONTROL: Final = late("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PLAIN: Final = bytes([*b"\t\n\r", *range(0x20, 0x7F)])


def read_text(data: bytes, file: str, findings: list[Finding]) -> tuple[str | None, str]:
    """The text and what of it is not ASCII; no text, with a finding more, if it is too large, not UTF-8, or holds
    characters that are no text.
    """
    if len(data) > MAX_BYTES:
        findings.append(
            TooLarge.finding(
                Place(file=file),
                f"The file is larger than {MAX_BYTES >> 20} MiB: more than people can review, so it is not read.",
                "Split it into several leaves.",
            )
        )
        return None, ""
    odd = data.translate(None, _PLAIN)  # most files have none, and then nothing needs a closer look
    try:
        text = data.decode("utf-8")
        beyond = odd.decode("utf-8") if odd else ""
    except UnicodeDecodeError:
        findings.append(_not_utf8(data, file))
        return None, ""
    control = _CONTROL.search(text) if beyond and _CONTROL.search(beyond) else None
    if control is not None:
        findings.append(
            BadCharacters.finding(
                _place_after(file, text[: control.start()]),
                f"A character that is no text stands here (U+{ord(control[0]):04X}), so the file cannot be read.",
                "Delete it, or type the line again: it came perhaps with a copied text and cannot be seen.",
            )
        )
        return None, ""
    return text, beyond


def _not_utf8(data: bytes, file: str) -> Finding:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        place = _place_after(file, data[: error.start].decode("utf-8"))
    else:  # pragma: no cover - the caller saw it fail
        place = Place(file=file)
    return BadCharacters.finding(
        place,
        "From here on the file is not UTF-8, the encoding of all leaves, so its letters cannot be told.",
        "In your editor choose “Save with encoding”, UTF-8 (without BOM).",
    )


def _place_after(file: str, before: str) -> Place:
    return Place(file=file, line=before.count("\n") + 1, column=len(before) - before.rfind("\n"))
