"""The JSON Schemas (draft 2020-12) of `qna.yaml`, and their errors as findings with a place."""

import functools
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path as File
from typing import TYPE_CHECKING, Any, Final

from taxonomy_schema import mends
from taxonomy_schema.findings import Edit, Finding
from taxonomy_schema.kinds import NEWEST_VERSION
from taxonomy_schema.parse_rules import (
    BadVersion,
    EmptyValue,
    MissingKey,
    SameSeedTwice,
    TooFew,
    UnknownKey,
    WrongType,
)
from taxonomy_schema.places import Path
from taxonomy_schema.rule import quoted
from taxonomy_schema.schema_glance import Look, hashable, look_for
from taxonomy_schema.spots import YamlSource
from taxonomy_schema.yaml_source import Odd

if TYPE_CHECKING:
    import jsonschema_rs

_COMPILED: Final = "jsonschema_rs"
VERSIONS: Final = (1, 2, 3)
_OLDEST_KNOWLEDGE: Final = 3
_TYPE_NAMES: Final = {
    "string": "text",
    "array": "a list",
    "object": "keys with values",
    "integer": "a whole number",
}
_SURELY_MEANT: Final = 0.8
"""How alike, by difflib's ratio, a misspelt key and the only one it can stand for are."""
_ODD_NAMES: Final = {"timestamp": "a date", "int": "a number", "float": "a number"}


@functools.cache
def schema(name: str) -> dict[str, Any]:
    """The JSON Schema `schemas/<name>.json`, such as `skill-v3`."""
    file = File(__file__).with_name("schemas") / f"{name}.json"
    read: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return read


@functools.cache
def _look(name: str) -> Look:
    return look_for(schema(name))


@functools.cache
def _validator(name: str) -> "jsonschema_rs.Draft202012Validator":
    import jsonschema_rs

    return jsonschema_rs.Draft202012Validator(schema(name))


def written_version(data: Mapping[str, Any]) -> int:
    """The version a leaf says it has; 0 for one that is no whole number. Text such as "3" chooses schema 3,
    which then refuses the text, as InstructLab's parser does.
    """
    value = data.get("version", 1)
    if type(value) is int:
        return value
    if isinstance(value, bool):
        return 0
    try:
        return int(value)
    except (ValueError, TypeError, OverflowError):
        return 1


def schema_findings(source: YamlSource, *, knowledge: bool) -> list[Finding]:
    """What the schema of the leaf's version says of its data (a mapping)."""
    version = written_version(source.data)
    if version not in VERSIONS:
        return [
            BadVersion.finding(
                source.lines.value(source.spot(("version",))),
                "There is no such version of the format, so the leaf cannot be read by its rules.",
                "Write “version: 3”.",
            )
        ]
    if knowledge and version < _OLDEST_KNOWLEDGE:
        return [
            BadVersion.finding(
                source.lines.value(source.spot(("version",))),
                f"Knowledge in version {version} of the format is not read any more: its questions have no "
                "contexts to stand under.",
                "Write “version: 3”, and put questions under the passage they are about: “context:”, then "
                "“questions_and_answers:”.",
                fix=raised(source, knowledge=True),
            )
        ]
    name = f"{'knowledge' if knowledge else 'skill'}-v{version}"
    # Loading the validator takes as long as many leaves; once it is there, it is the quicker of the two.
    if _COMPILED not in sys.modules and not source.odd and _look(name)(source.data):
        return []
    validator = _validator(name)
    if not source.odd and validator.is_valid(source.data):
        return []
    return list(_told(validator.iter_errors(_as_json(source.data)), source))


def raised(source: YamlSource, *, knowledge: bool) -> tuple[Edit, ...]:
    """The edit to the newest version, if the data has the format of that version as it is."""
    data = {**source.data, "version": NEWEST_VERSION}
    name = f"{'knowledge' if knowledge else 'skill'}-v{NEWEST_VERSION}"
    fits = not source.odd and _validator(name).is_valid(data)
    return mends.newest_version(source) if fits else ()


def _told(errors: Iterable[Any], source: YamlSource) -> Iterator[Finding]:
    for error in errors:
        path = tuple(error.instance_path)
        yield from _TELL[error.kind.name](error.kind, path, source)


def _as_json(value: Any) -> Any:
    """The data with a number that fits no schema for each odd value: no two alike, as odd values are."""
    if isinstance(value, Odd):
        return 0.5 + id(value) % (1 << 40)
    if isinstance(value, dict):
        return {key: _as_json(inner) for key, inner in value.items()}
    return [_as_json(inner) for inner in value] if isinstance(value, list) else value


def _at(source: YamlSource, path: Path) -> Any:
    """The value at a path, as it was read."""
    return functools.reduce(lambda value, step: value[step], path, source.data)


def _missing(kind: Any, path: Path, source: YamlSource) -> Iterator[Finding]:
    where = f" in {_name(path)}" if path else ""
    key = kind.property
    yield MissingKey.finding(
        source.lines.key(source.spot(path)),
        f"The key “{key}” is missing{where}; no leaf can do without it.",
        f"Add a line “{key}: …”{where and ' there'}, as in the guide.",
    )


def _unknown(kind: Any, path: Path, source: YamlSource) -> Iterator[Finding]:
    import difflib

    instance = _at(source, path)
    known = _known_keys(path, source)
    for key in kind.unexpected:
        free = [name for name in known if name not in instance]
        near = difflib.get_close_matches(key, free, n=1)
        mend = (
            f"Did you mean “{near[0]}”? Then write “{near[0]}:”."
            if near
            else "Remove it; known here are " + ", ".join(known) + "."
        )
        spot = source.spot((*path, key))
        exact = difflib.get_close_matches(key, free, n=2, cutoff=_SURELY_MEANT)
        fix = mends.other_key(source, spot, key, exact[0]) if len(exact) == 1 else ()
        yield UnknownKey.finding(
            source.lines.key(spot),
            f"The key {quoted(key)} is not known here, so what stands under it would be lost.",
            mend,
            fix=fix,
        )


def _known_keys(path: Path, source: YamlSource) -> list[str]:
    """The keys that the schema knows at a path."""
    knowledge = source.file.startswith("knowledge/")
    here = schema(f"{'knowledge' if knowledge else 'skill'}-v{written_version(source.data)}")
    for step in path:
        here = here["items"] if isinstance(step, int) else here["properties"][step]
    return list(here["properties"])


def _wrong_type(kind: Any, path: Path, source: YamlSource) -> Iterator[Finding]:
    spot = source.spot(path)
    value = _at(source, path)
    wanted = kind.types[0]
    message = (
        f"{_name(path)} must be {_TYPE_NAMES[wanted]}, but as it is written it is read as {_kind(value)}."
    )
    fix: tuple[Edit, ...] = ()
    if value is None:
        mend = "Write the value after the colon, or remove the key if it is not needed."
    elif wanted == "string" and spot.text is not None:
        written = _in_quotes(spot.text)
        mend = f"Put it in quotes: “{f'- {written}' if isinstance(path[-1], int) else f'{path[-1]}: {written}'}”."
        fix = mends.in_quotes(source, spot)
    elif wanted == "string":
        mend = "If it is one text, put it in quotes, or write “|” after the key and start the text on the next line."
    elif wanted == "integer" and spot.text is not None:
        mend = "Write the number without quotes."
        fix = mends.as_number(source, spot)
    else:
        mend = f"Write {_TYPE_NAMES[wanted]}, as the examples of the guide do."
    yield WrongType.finding(source.lines.value(spot), message, mend, fix=fix)


def _empty(_: Any, path: Path, source: YamlSource) -> Iterator[Finding]:
    yield EmptyValue.finding(
        source.lines.value(source.spot(path)),
        f"{_name(path)} has nothing between its quotes, and is needed.",
        "Write its text between the quotes.",
    )


def _version(_: Any, path: Path, source: YamlSource) -> Iterator[Finding]:
    yield BadVersion.finding(
        source.lines.value(source.spot(path)),
        "There is no such version of the format, so the leaf cannot be read by its rules.",
        "Write “version: 3”.",
    )


def _too_few(kind: Any, path: Path, source: YamlSource) -> Iterator[Finding]:
    has = len(_at(source, path))
    yield TooFew.finding(
        source.lines.key(source.spot(path)),
        f"{_name(path)} has {has} of at least {kind.limit} entries: with fewer there is too little to learn from.",
        f"Add {kind.limit - has} more of the same form.",
    )


def _twice(_: Any, path: Path, source: YamlSource) -> Iterator[Finding]:
    """Each entry that equals an earlier one. The validator only says that there are such."""
    seen: dict[Any, int] = {}
    for index, item in enumerate(_at(source, path)):
        first = seen.setdefault(hashable(item), index)
        if first != index:
            yield SameSeedTwice.finding(
                source.lines.key(source.spot((*path, index))),
                f"{_name((*path, index))} says the same as the one in line {source.spot((*path, first)).line}.",
                "Remove one of the two, or write another example: twice the same teaches nothing more.",
            )


_TELL: Final[dict[str, Callable[[Any, Path, YamlSource], Iterator[Finding]]]] = {
    "required": _missing,
    "additionalProperties": _unknown,
    "type": _wrong_type,
    "minLength": _empty,
    "const": _version,
    "minItems": _too_few,
    "uniqueItems": _twice,
}


def _name(path: Path) -> str:
    """A path in words, inmost first: “answer” of questions_and_answers 2 of seed_examples 3, counting from 1."""
    steps: list[str] = []
    for part in path:
        if isinstance(part, int) and steps:
            steps[-1] += f" {part + 1}"
        else:
            steps.append(str(part))
    if not steps:
        return "The file"
    return " of ".join([f"“{steps[-1]}”", *reversed(steps[:-1])])


def _in_quotes(text: str) -> str:
    shown = quoted(text)[1:-1].replace("\\", "\\\\").replace('"', '\\"')
    return f'"{shown}"'


def _kind(value: Any) -> str:
    if isinstance(value, Odd):
        return _ODD_NAMES.get(value.kind, "something else")
    if isinstance(value, bool):
        return "true or false"
    kinds: dict[type, str] = {
        type(None): "nothing",
        int: "a number",
        float: "a number",
        str: "text",
        list: "a list",
    }
    return kinds.get(type(value), "keys with values")
