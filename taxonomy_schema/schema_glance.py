"""A first look at whether data has a schema's form, as almost every leaf has: without the compiled validator, which
takes longer to load than a leaf takes to check.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

Look: TypeAlias = Callable[[Any], bool]
"""Whether a value is valid for sure."""

_SAY_NOTHING: Final = {"$schema", "$id", "title", "description", "examples", "defaultSnippets"}
_KNOWN: Final = {
    "string": {"minLength"},
    "integer": {"const"},
    "array": {"items", "minItems", "uniqueItems"},
    "object": {"properties", "required", "additionalProperties"},
}
"""What a look understands of a schema for each type."""


def look_for(schema: Mapping[str, Any]) -> Look:
    """The look for a schema. Under a schema that says what is not known here, and of a key it does not name, nothing
    is sure.
    """
    kind = str(schema.get("type"))
    if kind not in _KNOWN or not schema.keys() <= {"type"} | _KNOWN[kind] | _SAY_NOTHING:
        return _never
    return _MAKE[kind](schema)


def hashable(value: Any) -> Any:
    """A value equal for equal JSON values: booleans differ from numbers, the order of keys does not matter."""
    kind = type(value)
    if kind is str:
        return value
    if kind is dict:
        return frozenset([(key, hashable(inner)) for key, inner in value.items()])
    if kind is list:
        return tuple([hashable(inner) for inner in value])
    return ("bool", value) if kind is bool else value


def _never(_: Any) -> bool:
    return False


def _text(schema: Mapping[str, Any]) -> Look:
    least = schema.get("minLength", 0)
    return lambda value: type(value) is str and len(value) >= least


def _number(schema: Mapping[str, Any]) -> Look:
    anyone, only = "const" not in schema, schema.get("const")
    return lambda value: type(value) is int and (anyone or value == only)


def _entries(schema: Mapping[str, Any]) -> Look:
    least, apart, look = (
        schema.get("minItems", 0),
        schema.get("uniqueItems"),
        look_for(schema.get("items", {})),
    )

    def fits(value: Any) -> bool:
        return (
            type(value) is list
            and len(value) >= least
            and all(map(look, value))
            and (not apart or len(set(map(hashable, value))) == len(value))
        )

    return fits


def _keys(schema: Mapping[str, Any]) -> Look:
    needed = set(schema.get("required", ()))
    looks = {key: look_for(inner) for key, inner in schema.get("properties", {}).items()}

    def fits(value: Any) -> bool:
        if type(value) is not dict or not needed <= value.keys() <= looks.keys():
            return False
        for key in value:  # noqa: SIM110 - half the time of `all`, and most leaves come by here
            if not looks[key](value[key]):
                return False
        return True

    return fits


_MAKE: Final[dict[str, Callable[[Mapping[str, Any]], Look]]] = {
    "string": _text,
    "integer": _number,
    "array": _entries,
    "object": _keys,
}
