import json
from xml.etree import ElementTree as ET

import pytest

from service.badges.message import Badge, Colour
from service.badges.svg import _COLOURS, render_endpoint, render_svg, text_width

SVG = "{http://www.w3.org/2000/svg}"


def test_a_badge_has_an_accessible_title_and_room_for_its_text() -> None:
    root = ET.fromstring(render_svg(Badge("+38 ±13, shipped 2026.47.1", "green")))  # noqa: S314 - our own

    assert root.get("role") == "img"
    assert root.get("aria-label") == root.findtext(f"{SVG}title") == "graft: +38 ±13, shipped 2026.47.1"
    texts = root.findall(f"{SVG}g/{SVG}text")
    assert [text.text for text in texts] == ["graft", "+38 ±13, shipped 2026.47.1"]
    assert sum(float(text.attrib["textLength"]) for text in texts) < float(root.attrib["width"])


def test_markup_in_a_message_stays_text() -> None:
    svg = render_svg(Badge('</text><script>alert("1")</script>&', "red"))

    root = ET.fromstring(svg)  # noqa: S314 - our own
    assert not list(root.iter(f"{SVG}script"))
    assert root.findall(f"{SVG}g/{SVG}text")[1].text == '</text><script>alert("1")</script>&'


def test_wide_letters_take_more_room() -> None:
    assert text_width("mmmm") > text_width("nnnn") > text_width("iiii")
    assert text_width("0123456789") == pytest.approx(69.96)


def luminance(colour: str) -> float:
    def channel(value: int) -> float:
        part = value / 255
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (channel(int(colour[i : i + 2], 16)) for i in (0, 2, 4))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("colour", [*_COLOURS.values(), "444444"])
def test_white_text_stands_out(colour: str) -> None:
    assert 1.05 / (luminance(colour) + 0.05) >= 4.5


@pytest.mark.parametrize(("colour", "known"), [("green", True), ("grey", False)])
def test_the_endpoint_keeps_to_the_schema_of_shields(colour: Colour, known: bool) -> None:
    shown = json.loads(render_endpoint(Badge("+38 ±13", colour, known=known)))

    allowed = {"schemaVersion", "label", "message", "color", "labelColor", "isError", "cacheSeconds"}
    assert set(shown) <= allowed
    assert (shown["schemaVersion"], shown["label"], shown["message"]) == (1, "graft", "+38 ±13")
    assert shown.get("isError", False) is not known
