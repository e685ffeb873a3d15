"""Lifts older leaves to the newest model, so that nothing else knows that older ones exist.

Versions 1 and 2 of skills say the same with the same keys: version 1 may leave `version` out and needs but one seed,
version 2 needs five. Older knowledge leaves have no contexts and cannot be lifted; the schemas refuse them.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from taxonomy_schema.kinds import NEWEST_VERSION


def _to_2(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "version": 2}


def _to_3(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "version": 3}


_STEPS: Final[Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]]] = {1: _to_2, 2: _to_3}


def lift(data: Mapping[str, Any]) -> dict[str, Any]:
    """A leaf's data, valid under the schema of its version, as the newest version writes it."""
    lifted = dict(data)
    version = int(lifted.get("version", 1))
    while version < NEWEST_VERSION:
        lifted = _STEPS[version](lifted)
        version = int(lifted["version"])
    return lifted
