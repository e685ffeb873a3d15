"""The JSON Schemas (draft 2020-12) of `qna.yaml`, and their errors as findings with a place."""

import difflib
import functools
import importlib.resources
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend

from taxonomy_schema.models import Finding
from taxonomy_schema.parse_rules import (
    BadVersion,
    EmptyValue,
    MissingKey,
    SameSeedTwice,
    TooFew,
    UnknownKey,
    WrongType,
)
from taxonomy_schema.places import Lines, Path
from taxonomy_schema.rule import quoted
from taxonomy_schema.yaml_source import Odd, YamlSource

VERSIONS: Final = (1, 2, 3)
_OLDEST_KNOWLEDGE: Final = 3
_TYPE_NAMES: Final = {"string": "text", "array": "a list", "object": "a mapping", "integer": "a whole number"}
_ODD_NAMES: Final = {"timestamp": "a date", "int": "a number", "float": "a number"}


def _hashable(value: Any) -> Any:
    """A value equal for equal JSON values: booleans differ from numbers, the order of keys does not matter."""
    if isinstance(value, dict):
        return frozenset((key, _hashable(inner)) for key, inner in value.items())
    if isinstance(value, list):
        return tuple(_hashable(inner) for inner in value)
    return ("bool", value) if isinstance(value, bool) else value


def _unique_items(
    _: Validator, wanted: bool, instance: Any, __: Mapping[str, Any]
) -> Iterator[ValidationError]:
    """`uniqueItems` by hashing: jsonschema's own compares every pair, which a long list turns into minutes."""
    if not wanted or not isinstance(instance, list):
        return
    seen: dict[Any, int] = {}
    for index, item in enumerate(instance):
        first = seen.setdefault(_hashable(item), index)
        if first != index:
            yield ValidationError(str(first), path=(index,))


_Checker: Final[Any] = extend(Draft202012Validator, {"uniqueItems": _unique_items})  # type: ignore[no-untyped-call]


@functools.cache
def validator(name: str) -> Validator:
    """The compiled validator of `schemas/<name>.json`, such as `skill-v3`."""
    text = importlib.resources.files("taxonomy_schema").joinpath("schemas", f"{name}.json").read_text("utf-8")
    compiled: Validator = _Checker(json.loads(text))
    return compiled


def written_version(data: Mapping[str, Any]) -> int:
    """The version a leaf says it has; 0 for one that is no whole number. Text such as "3" chooses schema 3,
    which then refuses the text, as InstructLab's parser does.
    """
    value = data.get("version", 1)
    if isinstance(value, bool):
        return 0
    try:
        return int(value)
    except (ValueError, TypeError, OverflowError):
        return 1


def schema_findings(source: YamlSource, lines: Lines, *, knowledge: bool) -> Iterator[Finding]:
    """What the schema of the leaf's version says of its data (a mapping)."""
    version = written_version(source.data)
    if version not in VERSIONS:
        yield BadVersion.finding(
            lines.value(source.spot(("version",))), "This version is not supported.", "Write “version: 3”."
        )
        return
    name = f"{'knowledge' if knowledge else 'skill'}-v{version}"
    if knowledge and version < _OLDEST_KNOWLEDGE:
        yield BadVersion.finding(
            lines.value(source.spot(("version",))),
            f"Version {version} is not supported for knowledge.",
            "Write “version: 3” and group the seeds by context, each with its questions_and_answers.",
        )
        return
    described: set[Path] = set()
    for error in validator(name).iter_errors(source.data):
        path = tuple(error.absolute_path)
        if error.validator == "required" and path in described:
            continue  # one error comes for each missing key, and the first told them all
        if error.validator == "required":
            described.add(path)
        yield from _TELL[str(error.validator)](error, path, source, lines)


def _missing(error: ValidationError, path: Path, source: YamlSource, lines: Lines) -> Iterator[Finding]:
    spot = source.spot(path)
    required: Any = error.validator_value
    instance: Any = error.instance
    for key in required:
        if key not in instance:
            where = f" in {_name(path)}" if path else ""
            yield MissingKey.finding(
                lines.key(spot), f"The key “{key}” is missing{where}.", f"Add “{key}: …”."
            )


def _unknown(error: ValidationError, path: Path, source: YamlSource, lines: Lines) -> Iterator[Finding]:
    schema: Any = error.schema
    instance: Any = error.instance
    known = list(schema["properties"])
    for key in instance:
        if key in known:
            continue
        near = difflib.get_close_matches(key, [name for name in known if name not in instance], n=1)
        mend = f"Did you mean “{near[0]}”?" if near else "Remove it; known here are " + ", ".join(known) + "."
        yield UnknownKey.finding(
            lines.key(source.spot((*path, key))), f"The key {quoted(key)} is not known.", mend
        )


def _wrong_type(error: ValidationError, path: Path, source: YamlSource, lines: Lines) -> Iterator[Finding]:
    spot = source.spot(path)
    wanted = str(error.validator_value)
    message = f"{_name(path)} must be {_TYPE_NAMES[wanted]}, and is read as {_kind(error.instance)}."
    if error.instance is None:
        mend = "Write the value after the colon, or remove the key if it is not needed."
    elif wanted == "string" and spot.text is not None:
        mend = f"Put it in quotes: “{_last(path)}: {_in_quotes(spot.text)}”."
    elif wanted == "string":
        mend = "If it is one text, put it in quotes or start it on the next line after “|”."
    elif wanted == "integer" and spot.text is not None:
        mend = "Write the number without quotes."
    else:
        mend = f"Write {_TYPE_NAMES[wanted]}, as the guide shows."
    yield WrongType.finding(lines.value(spot), message, mend)


def _empty(_: ValidationError, path: Path, source: YamlSource, lines: Lines) -> Iterator[Finding]:
    yield EmptyValue.finding(lines.value(source.spot(path)), f"{_name(path)} is empty.", "Write the text.")


def _version(_: ValidationError, path: Path, source: YamlSource, lines: Lines) -> Iterator[Finding]:
    yield BadVersion.finding(
        lines.value(source.spot(path)), "This version is not supported.", "Write “version: 3”."
    )


def _too_few(error: ValidationError, path: Path, source: YamlSource, lines: Lines) -> Iterator[Finding]:
    instance: Any = error.instance
    needs: Any = error.validator_value
    has = len(instance)
    yield TooFew.finding(
        lines.key(source.spot(path)),
        f"{_name(path)} has {has} of at least {needs} entries.",
        f"Add {needs - has} more.",
    )


def _twice(error: ValidationError, path: Path, source: YamlSource, lines: Lines) -> Iterator[Finding]:
    first = source.spot((*path[:-1], int(error.message)))
    yield SameSeedTwice.finding(
        lines.key(source.spot(path)),
        f"{_name(path)} says the same as the one in line {first.line}.",
        "Remove or change one.",
    )


_TELL: Final = {
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


def _last(path: Path) -> str:
    return next((part for part in reversed(path) if isinstance(part, str)), "key")


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
    return kinds.get(type(value), "a mapping")
