"""The stage's own log lines, with the ids of what it is worked on for, as the service's lines have them.

Who starts a stage may say in the variable VARIABLE, as JSON, which `ids` the lines carry and whether they are `json`.
Lines go to standard error, which is the run directory's log.txt; engines write there too, in their own ways.
"""

import json
import logging
import os
import time
from collections.abc import Mapping
from typing import Any

VARIABLE = "STAGE_LOG"
_LOGGER = "pipelines"


def begin(environment: Mapping[str, str] = os.environ) -> None:
    """Give the pipelines' logger its handler. Without the variable nothing is logged."""
    said = _said(environment)
    if said is None:
        return
    handler = logging.StreamHandler()
    ids = said.get("ids", {})
    handler.setFormatter(_Json(ids) if said.get("json") else _Text(ids))
    logger = logging.getLogger(_LOGGER)
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False


def _said(environment: Mapping[str, str]) -> dict[str, Any] | None:
    try:
        said = json.loads(environment.get(VARIABLE, ""))
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


class _Text(logging.Formatter):
    converter = time.gmtime  # type: ignore[assignment]  # as its own documentation advises

    def __init__(self, ids: Mapping[str, Any]) -> None:
        told = " ".join(f"{name}={value}" for name, value in ids.items()).replace("%", "%%")
        super().__init__(f"%(asctime)sZ %(levelname)s %(name)s: %(message)s  {told}")


class _Json(logging.Formatter):
    converter = time.gmtime  # type: ignore[assignment]  # as its own documentation advises

    def __init__(self, ids: Mapping[str, Any]) -> None:
        super().__init__()
        self._ids = dict(ids)

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "timestamp": self.formatTime(record, "%Y-%m-%dT%H:%M:%SZ"),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line | self._ids)
