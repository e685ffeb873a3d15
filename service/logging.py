"""Logs: one line an event, JSON or for the console, with the ids of what is being worked on, and without secrets.

Modules log through the standard library (`logging.getLogger(__name__)`); this gives their lines a shape.
"""

import logging
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TextIO


@contextmanager
def _without_rich() -> Iterator[None]:
    """As if rich were not installed: structlog loads it for coloured tracebacks, which no log of ours has.

    With all that rich brings it would take 4 MB of every process. One that shows things to people has it already.
    """
    if "rich" in sys.modules:
        yield
        return
    sys.modules["rich"] = None  # type: ignore[assignment] # "not found", as Python's import system defines it
    try:
        yield
    finally:
        del sys.modules["rich"]


with _without_rich():
    import structlog
    from structlog.typing import EventDict, Processor

_HIDDEN: Final = "[hidden]"
_SECRET_KEYS = re.compile(r"token|secret|password|authorization|api_?key|private_?key|cookie", re.IGNORECASE)
_SECRET_TEXTS: Final = (
    # GitHub's tokens, and what else carries its kind in its name.
    re.compile(r"\b(?:gh[pousr]_|github_pat_|standin_[a-z]+_|sk-|hf_)[A-Za-z0-9_-]{16,}"),
    # JSON Web Tokens.
    re.compile(r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*"),
    re.compile(
        r"(?<=[Bb]earer )[^\s'\",]{8,}|(?<=[Bb]asic )[A-Za-z0-9+/=]{8,}|(?<=token )[A-Za-z0-9_.-]{16,}"
    ),
    # The password of a URL.
    re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"),
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
)
_SHORTEST_SECRET: Final = 6
"""Shorter ones would hide ordinary words; such a secret is none."""


class Redact:
    """A structlog processor: values under telling names, texts that look like credentials, and given secrets."""

    def __init__(self, secrets: Collection[str] = ()) -> None:
        known = sorted(
            (secret for secret in secrets if len(secret) >= _SHORTEST_SECRET), key=len, reverse=True
        )
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def __call__(self, _logger: Any, _method: str, event: EventDict) -> EventDict:
        return {key: self._clean(key, value) for key, value in event.items()}

    def _clean(self, key: object, value: Any) -> Any:
        if isinstance(key, str) and key != "event" and _SECRET_KEYS.search(key):
            return _HIDDEN
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes):
            return self.text(value.decode(errors="replace"))
        if isinstance(value, Mapping):
            return {inner: self._clean(inner, item) for inner, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._clean(None, item) for item in value]
        return value if isinstance(value, int | float | None) else self.text(str(value))

    def text(self, value: str) -> str:
        for pattern in _SECRET_TEXTS:
            value = pattern.sub(_HIDDEN, value)
        return self._known.sub(_HIDDEN, value) if self._known else value


def configure(
    *, as_json: bool, level: int = logging.INFO, secrets: Collection[str] = (), stream: TextIO | None = None
) -> None:
    """Give this process's root logger its one handler, on standard error or `stream`. May be called again."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer(default=str)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            Redact(secrets),
            renderer,
        ],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):  # they bring handlers of their own
        own = logging.getLogger(name)
        # One that neither handles nor passes on was switched off (`--no-access-log`), and stays so.
        own.propagate |= bool(own.handlers)
        own.handlers.clear()


def ids() -> dict[str, Any]:
    """The ids that lines of this thread or task carry now: for a row or a process that goes on with the work."""
    return structlog.contextvars.get_contextvars()


@contextmanager
def bound(
    *,
    delivery: str | None = None,
    repository: str | None = None,
    number: int | None = None,
    run: int | None = None,
    stage: str | None = None,
) -> Iterator[None]:
    """Within the block, every line of this thread or task carries these ids."""
    given = {"delivery": delivery, "repository": repository, "number": number, "run": run, "stage": stage}
    with structlog.contextvars.bound_contextvars(
        **{key: value for key, value in given.items() if value is not None}
    ):
        yield
