"""A badge as bytes. The flat shape is the one that shields.io's readers know."""

import json
from html import escape

from service.badges.message import LABEL, Badge, Colour

_COLOURS: dict[Colour, str] = {
    # White text stands at 4.5:1 or more on each of these.
    "green": "1f7a33",
    "red": "b3261e",
    "blue": "0b5cad",
    "amber": "8a5a00",
    "grey": "5f6368",
}
_LABEL_COLOUR = "444444"
_PADDING = 6
_HEIGHT = 20
_SIZE = 11
# Advance widths of Verdana in thousandths of an em; letters that are not here count as wide ones.
_WIDTHS: dict[str, int] = {
    character: width
    for width, characters in {
        269: "'",
        274: "il",
        344: "j",
        352: " f",
        364: ",.",
        394: "!t",
        421: "I",
        427: "r",
        454: "()-/:;[]\\|",
        455: "J",
        521: "cs",
        525: "z",
        545: "?",
        575: "F",
        592: "kvxy",
        596: "e",
        601: "a",
        607: "o",
        623: "bdgpq",
        633: "hnu",
        636: "0123456789_$*",
        684: "ASV",
        695: "R",
        732: "U",
        751: "H",
        787: "OQ",
        818: "+±−<=>~w#",
        973: "m",
        1076: "%",
    }.items()
    for character in characters
}
_WIDEST = 1000


def text_width(text: str) -> float:
    """Pixels that `text` takes in Verdana at 11 px."""
    return sum(_WIDTHS.get(character, _WIDEST) for character in text) * _SIZE / 1000


def render_svg(badge: Badge) -> bytes:
    """SVG of one line, with an accessible title; it looks the same in every font."""
    label, message = escape(LABEL), escape(badge.message)
    label_text, message_text = text_width(LABEL), text_width(badge.message)
    left, right = round(label_text) + 2 * _PADDING, round(message_text) + 2 * _PADDING
    whole = left + right
    return f"""<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="{_HEIGHT}" role="img" \
aria-label="{label}: {message}">
<title>{label}: {message}</title>
<clipPath id="r"><rect width="{whole}" height="{_HEIGHT}" rx="3"/></clipPath>
<g clip-path="url(#r)">
<rect width="{left}" height="{_HEIGHT}" fill="#{_LABEL_COLOUR}"/>
<rect x="{left}" width="{right}" height="{_HEIGHT}" fill="#{_COLOURS[badge.colour]}"/>
</g>
<g fill="#fff" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="{_SIZE}" text-anchor="middle">
<text x="{left / 2:g}" y="14" textLength="{label_text:.1f}">{label}</text>
<text x="{left + right / 2:g}" y="14" textLength="{message_text:.1f}">{message}</text>
</g>
</svg>
""".encode()


def render_endpoint(badge: Badge) -> bytes:
    """JSON in the schema of shields.io's endpoint badge."""
    shown: dict[str, int | str | bool] = {
        "schemaVersion": 1,
        "label": LABEL,
        "message": badge.message,
        "color": _COLOURS[badge.colour],
        "labelColor": _LABEL_COLOUR,
        "cacheSeconds": 300,
    }
    if not badge.known:
        shown["isError"] = True
    return json.dumps(shown, ensure_ascii=False).encode()
